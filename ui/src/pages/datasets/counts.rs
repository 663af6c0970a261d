//! What is in a data set, counted: how episodes ended, where they were played, how long they are, which
//! goals come again, and what stands there twice.

use egui::Ui;
use lore_core::{DatasetInfo, DatasetStats, LengthCount};

use crate::context::Ctx;
use crate::format;
use crate::parts::loaded_ui;
use crate::widgets::{Card, CountBar, count_bar, segmented};

/// Bars of a kind at most.
const MAX_BARS: u64 = 10;

/// View state.
#[derive(Debug, Default)]
pub(super) struct Counts {
    view: View,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum View {
    #[default]
    Outcomes,
    Worlds,
    Actions,
    Tokens,
    Attempts,
    Copies,
}

const VIEWS: [(View, &str); 6] = [
    (View::Outcomes, "Outcome"),
    (View::Worlds, "World"),
    (View::Actions, "Actions"),
    (View::Tokens, "Tokens"),
    (View::Attempts, "Attempts"),
    (View::Copies, "Copies"),
];

impl Counts {
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, dataset: &DatasetInfo) {
        let tokens = ctx.tokens;
        Card::new().show(ui, tokens, |ui| {
            ui.label(tokens.subtitle("Counted by"));
            segmented(ui, tokens, &mut self.view, &VIEWS, "Counted by");
            let stats = ctx.dataset_stats(&dataset.id);
            loaded_ui(ctx, ui, stats, "Counting", |ui, stats| {
                let bars = self.view.bars(dataset, stats);
                let note = self.view.note(bars.is_empty());
                let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1);
                for bar in bars {
                    count_bar(ui, tokens, &CountBar { most, ..bar });
                }
                ui.label(tokens.small(note));
            });
        });
    }
}

impl View {
    /// What is shown, the longest bar not known yet.
    fn bars(self, dataset: &DatasetInfo, stats: &DatasetStats) -> Vec<CountBar> {
        match self {
            Self::Outcomes => {
                let outcomes = stats.outcomes.iter();
                outcomes
                    .map(|(end, count)| bar(format::goal(end.label()), *count))
                    .collect()
            }
            Self::Worlds => stats
                .environments
                .iter()
                .map(|world| CountBar {
                    successes: Some(world.successes),
                    ..bar(world.name.clone(), world.count)
                })
                .collect(),
            Self::Actions => bins(&stats.steps)
                .into_iter()
                .map(|(range, count)| bar(range, count))
                .collect(),
            Self::Tokens => {
                let lengths = stats.tokens.iter();
                lengths
                    .map(|one| bar(format!("Up to {}", format::count(one.length)), one.count))
                    .collect()
            }
            Self::Attempts => {
                let attempts = stats.attempts.iter().take(MAX_BARS as usize);
                attempts
                    .map(|one| {
                        bar(
                            format::counted(one.length, "attempt", "attempts"),
                            one.count,
                        )
                    })
                    .collect()
            }
            Self::Copies => copies(dataset),
        }
    }

    /// What the numbers mean, or why there are none.
    fn note(self, is_empty: bool) -> &'static str {
        match self {
            Self::Outcomes => "Episodes by how they ended",
            Self::Worlds if is_empty => {
                "Worlds were not counted when this set was made; bring it in again to see them"
            }
            Self::Worlds => "Episodes by the world they were played in, solved ones in green",
            Self::Actions => "Episodes by how many actions they have",
            Self::Tokens if is_empty => {
                "Tokens were not counted when this set was made; bring it in again to see them"
            }
            Self::Tokens => "Episodes by about how many tokens they have, four letters a token",
            Self::Attempts if is_empty => "No goal occurs more than once",
            Self::Attempts => "Goals that occur more than once, by how many attempts there are",
            Self::Copies => {
                "Episodes by whether their text, or nearly the same text, stands elsewhere in the set"
            }
        }
    }
}

fn bar(label: String, count: u64) -> CountBar {
    CountBar {
        label,
        count,
        successes: None,
        most: count,
    }
}

fn copies(dataset: &DatasetInfo) -> Vec<CountBar> {
    let copies = dataset.num_duplicates + dataset.num_near_duplicates;
    vec![
        bar("Only once".into(), dataset.num_items.saturating_sub(copies)),
        bar("Nearly the same".into(), dataset.num_near_duplicates),
        bar("Exactly the same".into(), dataset.num_duplicates),
    ]
}

/// Lengths in at most [`MAX_BARS`] ranges of one width, each with its words.
fn bins(lengths: &[LengthCount]) -> Vec<(String, u64)> {
    let Some(longest) = lengths.iter().map(|one| one.length).max() else {
        return Vec::new();
    };
    let width = width(longest);
    let num_bins = longest.saturating_sub(1) / width + 1;
    let bins = (0..num_bins).map(|bin| {
        let (first, last) = (bin * width + 1, (bin + 1) * width);
        // What has no action at all stands with the shortest.
        let is_within = |length: u64| length.max(1) >= first && length.max(1) <= last;
        let within = lengths.iter().filter(|one| is_within(one.length));
        let words = if width == 1 {
            format::count(last)
        } else {
            format!("{} to {}", format::count(first), format::count(last))
        };
        (words, within.map(|one| one.count).sum())
    });
    bins.collect()
}

/// The narrowest of 1, 2, 5, 10, 20, 50, … with which [`MAX_BARS`] ranges reach `longest`.
fn width(longest: u64) -> u64 {
    let mut scale = 1;
    loop {
        for step in [1, 2, 5] {
            if scale * step * MAX_BARS >= longest {
                return scale * step;
            }
        }
        scale *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lengths: &[(u64, u64)]) -> Vec<String> {
        let lengths: Vec<LengthCount> = lengths
            .iter()
            .map(|(length, count)| LengthCount {
                length: *length,
                count: *count,
            })
            .collect();
        let bins = bins(&lengths).into_iter();
        bins.map(|(words, count)| format!("{words}: {count}"))
            .collect()
    }

    #[test]
    fn lengths_fall_into_few_round_ranges() {
        assert_eq!(shown(&[(0, 1), (1, 2), (3, 4)]), ["1: 3", "2: 0", "3: 4"]);
        let wide = shown(&[(1, 5), (5, 1), (6, 2), (50, 3)]);
        assert_eq!(wide.len(), 10);
        assert_eq!(
            (&*wide[0], &*wide[1], &*wide[9]),
            ("1 to 5: 6", "6 to 10: 2", "46 to 50: 3")
        );
        assert!(shown(&[]).is_empty());
        assert_eq!(shown(&[(1001, 1)]).len(), 6);
    }
}
