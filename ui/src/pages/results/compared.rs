//! Pairs of arms on the same tasks, in words.

use egui::Ui;
use lore_core::{ExperimentResults, PairedComparison};

use crate::context::Ctx;
use crate::format;
use crate::widgets::{Card, help};

/// Below this a difference is called clear.
const CLEAR: f64 = 0.05;

/// One sentence a pair.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, results: &ExperimentResults) {
    if results.comparisons.is_empty() {
        return;
    }
    let tokens = ctx.tokens;
    Card::titled("The same tasks, two arms").show(ui, tokens, |ui| {
        ui.horizontal(|ui| {
            ui.label(tokens.muted("Only tasks that one arm won and the other lost tell them apart"));
            help(
                ui,
                tokens,
                "Exact McNemar test, tasks of several seeds kept together: p is how likely such a split of \
                 the wins would be if both arms were equally good, corrected for the number of comparisons",
            );
        });
        for pair in &results.comparisons {
            ui.label(tokens.body(sentence(pair, &name_of(results, &pair.a), &name_of(results, &pair.b))));
        }
    });
}

/// The name of an arm for people.
pub(super) fn name_of(results: &ExperimentResults, id: &str) -> String {
    let arm = results.arms.iter().find(|arm| arm.arm.id == id);
    arm.map_or_else(|| id.to_owned(), |arm| arm.arm.name.clone())
}

fn sentence(pair: &PairedComparison, a: &str, b: &str) -> String {
    let PairedComparison {
        only_a,
        only_b,
        n,
        p_corrected,
        split,
        ..
    } = pair;
    let tasks = format::counted(u64::from(*n), "task", "tasks");
    let on = format!("On {tasks} of {}", split.label());
    if only_a + only_b == 0 {
        return format!("{on}, {b} and {a} won and lost the same ones.");
    }
    let verdict = match (p_corrected < &CLEAR, only_b > only_a) {
        (false, _) => "no clear difference",
        (true, true) => "clearly better",
        (true, false) => "clearly worse",
    };
    format!(
        "{on}, {b} won {only_b} that {a} lost, and lost {only_a} that {a} won: {verdict} (p = {}).",
        format::number(*p_corrected)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::SplitKind;

    #[track_caller]
    fn check(only_a: u32, only_b: u32, p_value: f64, expected: &str) {
        let pair = PairedComparison {
            a: "base".into(),
            b: "lora".into(),
            split: SplitKind::Unseen,
            n: 12,
            only_a,
            only_b,
            p_value,
            p_corrected: p_value,
            ..PairedComparison::default()
        };
        assert_eq!(sentence(&pair, "Base model", "LoRA"), expected);
    }

    #[test]
    fn a_difference_is_clear_only_when_chance_is_unlikely() {
        check(
            1,
            3,
            0.625,
            "On 12 tasks of unseen types, LoRA won 3 that Base model lost, and lost 1 that Base \
             model won: no clear difference (p = 0.625).",
        );
        check(
            0,
            9,
            0.0039,
            "On 12 tasks of unseen types, LoRA won 9 that Base model lost, and lost 0 that Base \
             model won: clearly better (p = 0.0039).",
        );
        check(
            0,
            0,
            1.0,
            "On 12 tasks of unseen types, LoRA and Base model won and lost the same ones.",
        );
    }
}
