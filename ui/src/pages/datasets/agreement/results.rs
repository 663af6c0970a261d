//! Agents that were asked about a data set, beside each other.

use egui::Ui;
use lore_core::{AgreementLead, DatasetId, JobId, Proportion};
use lore_protocol::{AgreementWork, JobState, Work};

use crate::context::Ctx;
use crate::format;
use crate::parts::{agent_words, agreement_ui, loaded_ui};
use crate::store::Loaded;
use crate::widgets::{Card, Cell, Column, DataTable, Row, card_row};

/// View state.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// The job whose answers are shown; the newest when nobody chose.
    chosen: Option<JobId>,
}

impl Results {
    /// Nothing while there are none.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetId) {
        let asked = asked(ctx, dataset);
        let known = asked
            .iter()
            .find(|(job, _)| Some(*job) == self.chosen.as_ref());
        let Some((job, work)) = known.or_else(|| asked.first()).copied() else {
            return;
        };
        if asked.len() > 1 {
            self.table_ui(ctx, ui, &asked, job);
        }
        let agent = agent_words(ctx, work);
        loaded_ui(
            ctx,
            ui,
            ctx.agreement(job),
            "Fetching the table",
            |ui, agreement| {
                agreement_ui(ctx, ui, &agent, agreement);
            },
        );
    }

    /// A click on an agent shows its answers and compares it with the others.
    fn table_ui(
        &mut self,
        ctx: &Ctx<'_>,
        ui: &mut Ui,
        asked: &[(&JobId, &AgreementWork)],
        chosen: &JobId,
    ) {
        let tokens = ctx.tokens;
        Card::titled("Agents beside each other")
            .subtitle("Share of steps in which each would have done the same")
            .tight()
            .show(ui, tokens, |ui| {
                let columns = columns();
                let clicked = DataTable::new("Agents beside each other", &columns, asked.len())
                    .height(f32::INFINITY)
                    .show(ui, tokens, |index| {
                        let (job, work) = asked[index];
                        row(ctx, job, work, chosen)
                    })
                    .clicked;
                if let Some(index) = clicked {
                    self.chosen = Some(asked[index].0.clone());
                }
                ui.add_space(tokens.space.s);
                card_row(ui, tokens, |ui| {
                    ui.label(tokens.small("Click an agent to compare it with the others"));
                });
            });
    }
}

/// Jobs that asked about the data set and are done, newest first, with what they asked.
fn asked<'a>(ctx: &Ctx<'a>, dataset: &DatasetId) -> Vec<(&'a JobId, &'a AgreementWork)> {
    ctx.jobs_loaded();
    let jobs = ctx.store.jobs().iter();
    jobs.filter_map(
        |record| match (&record.info.spec.work, &record.info.state) {
            (Work::Agreement(work), JobState::Finished { .. }) if work.dataset == *dataset => {
                Some((&record.info.spec.id, work))
            }
            _ => None,
        },
    )
    .collect()
}

fn columns() -> [Column<'static>; 6] {
    [
        Column::flex("Agent", 2.0, 120.0),
        Column::exact("Episodes", 70.0).right().optional(),
        Column::exact("All", 56.0).right(),
        Column::exact("Seen", 56.0).right(),
        Column::exact("Unseen", 60.0).right(),
        Column::exact("Chosen leads by", 124.0)
            .right()
            .help("In how many more steps of a hundred the chosen agent would have done the same, on the \
                   episodes that both were asked about, and where that would lie on other episodes, 19 \
                   times in 20. Fainter when it may be chance"),
    ]
}

fn row(ctx: &Ctx<'_>, job: &JobId, work: &AgreementWork, chosen: &JobId) -> Row {
    let mut cells = vec![Cell::Text(agent_words(ctx, work))];
    match ctx.agreement(job) {
        Loaded::Ready(agreement) => {
            let num_episodes = agreement.trajectories.len() as u64;
            cells.push(Cell::Muted(format::count(num_episodes)));
            cells.extend([&agreement.all, &agreement.seen, &agreement.unseen].map(rate));
        }
        Loaded::Waiting => cells.push(Cell::Muted("…".to_owned())),
        Loaded::Failed(_) => cells.push(Cell::Muted("gone".to_owned())),
    }
    cells.resize(5, Cell::Empty);
    cells.push(if job == chosen {
        Cell::Empty
    } else {
        ctx.agreement_lead(chosen, job).map_or(Cell::Empty, lead)
    });
    Row::new(cells).selected(job == chosen)
}

fn rate(proportion: &Proportion) -> Cell {
    let rate = proportion.rate();
    rate.map_or(Cell::Empty, |rate| Cell::Text(format::percent(rate)))
}

/// `+12 (+5 … +19)`, in steps of a hundred.
fn lead(lead: &AgreementLead) -> Cell {
    let lead = lead.lead;
    let [value, low, high] = [lead.value, lead.low, lead.high].map(|share| {
        // No minus in front of nothing.
        let steps = (share * 100.0).round() + 0.0;
        format!("{steps:+.0}")
    });
    let words = format!("{value} ({low} … {high})");
    if lead.low > 0.0 || lead.high < 0.0 {
        Cell::Text(words)
    } else {
        Cell::Muted(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::stats::Estimate;

    #[test]
    fn a_lead_that_may_be_chance_is_faint() {
        let of = |value, low, high| {
            lead(&AgreementLead {
                num_trajectories: 9,
                num_steps: 80,
                lead: Estimate { value, low, high },
            })
        };
        assert_eq!(of(0.124, 0.05, 0.19), Cell::Text("+12 (+5 … +19)".into()));
        assert_eq!(of(-0.03, -0.081, 0.02), Cell::Muted("-3 (-8 … +2)".into()));
        assert_eq!(of(-0.001, -0.1, 0.1), Cell::Muted("+0 (-10 … +10)".into()));
    }
}
