//! In how many steps an agent would have done what was recorded: a table, and what it means.

use egui::Ui;
use lore_core::{Agreement, LeftOut, Proportion};
use lore_protocol::AgreementWork;

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, Cell, Column, DataTable, Row, card_row};

/// What the numbers say and what they do not.
const MEANING: &str = "A step counts when the agent would have done exactly what the record says. Another \
                       action may be as good, so the number says little by itself: compare agents by it. \
                       The range is where it would lie on other episodes of these kinds, 19 times in 20.";

/// The agent in words: its adapter or model, and whether it is reminded of anything.
pub(crate) fn agent_words(ctx: &Ctx<'_>, work: &AgreementWork) -> String {
    let name = if let Some(id) = &work.adapter {
        let mut adapters = ctx.adapters().ready().unwrap_or_default().iter();
        let known = adapters.find(|adapter| adapter.id == *id);
        known.map_or_else(|| id.to_string(), |adapter| adapter.name.clone())
    } else {
        let mut models = ctx.models().ready().unwrap_or_default().iter();
        let known = models.find(|model| model.id == work.model);
        known.map_or_else(|| work.model.to_string(), |model| model.name.clone())
    };
    match (&work.bank, work.retrieval.k) {
        (None, _) | (_, 0) => name,
        (Some(_), k) => format!(
            "{name} · {}",
            format::counted(k as u64, "memory", "memories")
        ),
    }
}

/// The card of one agent: in all, by split, by kind of task.
pub(crate) fn agreement_ui(ctx: &Ctx<'_>, ui: &mut Ui, agent: &str, agreement: &Agreement) {
    let tokens = ctx.tokens;
    let columns = [
        Column::flex("Kind of task", 2.0, 130.0),
        Column::exact("Split", 72.0)
            .help("Training may use seen kinds of task and never uses unseen ones"),
        Column::flex("Would have done the same", 2.0, 130.0),
        Column::exact("Range", 76.0).right().help(
            "Where the share would lie on other episodes, 19 times in 20; steps of one episode are \
                   kept together",
        ),
        Column::exact("Steps", 72.0).right(),
    ];
    let rows = rows(agreement);
    Card::titled("Would have done the same")
        .subtitle(agent)
        .tight()
        .show(ui, tokens, |ui| {
            DataTable::new("Agreement by kind of task", &columns, rows.len())
                .height(f32::INFINITY)
                .show(ui, tokens, |index| rows[index].clone());
            ui.add_space(tokens.space.s);
            card_row(ui, tokens, |ui| {
                ui.vertical(|ui| {
                    ui.add(egui::Label::new(tokens.small(MEANING)).wrap());
                    for note in notes(agreement) {
                        ui.add(egui::Label::new(tokens.small(note)).wrap());
                    }
                });
            });
        });
}

/// In all, the two sides of the split where both were asked about, then every kind.
fn rows(agreement: &Agreement) -> Vec<Row> {
    let is_unseen = |name: &str| {
        let mut all = agreement.trajectories.iter();
        let of_type = all.find(|one| one.task_type == name);
        of_type.is_some_and(|one| one.split == lore_core::SplitKind::Unseen)
    };
    let mut rows = vec![row("All", "", &agreement.all)];
    if agreement.seen.n > 0 && agreement.unseen.n > 0 {
        rows.push(row("Seen kinds", "seen", &agreement.seen));
        rows.push(row("Unseen kinds", "unseen", &agreement.unseen));
    }
    rows.extend(agreement.by_type.iter().map(|(name, rate)| {
        let split = if is_unseen(name) { "unseen" } else { "seen" };
        row(&format::task_type(name), split, rate)
    }));
    rows
}

fn row(name: &str, split: &str, rate: &Proportion) -> Row {
    let share = rate.rate().unwrap_or_default();
    Row::new(vec![
        Cell::Text(name.to_owned()),
        Cell::Muted(split.to_owned()),
        Cell::Bar(share as f32, format::percent(share)),
        Cell::Muted(format::percent_range(rate.low, rate.high)),
        Cell::Muted(format::count(u64::from(rate.n))),
    ])
}

/// What to know about the episodes it was asked about, one sentence each.
fn notes(agreement: &Agreement) -> Vec<String> {
    let LeftOut { learned, too_long } = agreement.left_out;
    let num_episodes = agreement.trajectories.len() as u64;
    let asked = format::counted(num_episodes, "successful episode", "successful episodes");
    let mut notes = vec![format!("Asked in every step of {asked}")];
    match learned {
        None => notes.push(
            "Nobody knows any more what this adapter learned from; some of these episodes may have been \
             among it"
                .to_owned(),
        ),
        Some(0) => {}
        Some(num) => {
            let learned = format::counted(num, "episode", "episodes");
            notes.push(format!("Not asked about {learned} that the adapter learned from"));
        }
    }
    if too_long > 0 {
        let long = format::counted(too_long, "episode", "episodes");
        notes.push(format!(
            "Not asked about {long} with more text than the model takes in at once"
        ));
    }
    let first_lines = agreement.trajectories.iter().map(|one| one.num_first_lines);
    let first_lines: u32 = first_lines.sum();
    if first_lines > 0 {
        notes.push(format!(
            "Recorded actions of several lines, of which the first was compared: {}",
            format::count(u64::from(first_lines))
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{SplitKind, TrajectoryAgreement};

    fn asked(task_type: &str, split: SplitKind) -> TrajectoryAgreement {
        TrajectoryAgreement {
            id: task_type.into(),
            task_type: task_type.into(),
            split,
            num_steps: 10,
            num_agreed: 4,
            num_first_lines: 1,
        }
    }

    #[test]
    fn one_side_of_the_split_is_not_told_twice() {
        let unseen = asked("heat", SplitKind::Unseen);
        let nothing = LeftOut {
            learned: Some(0),
            too_long: 0,
        };
        let one = Agreement::of(vec![unseen.clone()], nothing);
        assert_eq!(rows(&one).len(), 2);
        let both = Agreement::of(vec![unseen, asked("look", SplitKind::Seen)], nothing);
        assert_eq!(rows(&both).len(), 5);
    }

    #[test]
    fn what_was_left_out_is_said() {
        let about = |learned, too_long| {
            let left_out = LeftOut { learned, too_long };
            notes(&Agreement::of(
                vec![asked("look", SplitKind::Seen)],
                left_out,
            ))
        };
        assert_eq!(about(Some(0), 0).len(), 2);
        let said = about(Some(3), 1).join("\n");
        assert!(
            said.contains("3 episodes that the adapter learned"),
            "{said}"
        );
        assert!(said.contains("1 episode with more text"), "{said}");
        assert!(about(None, 0).join("\n").contains("Nobody knows"));
    }
}
