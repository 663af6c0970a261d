//! Adding seeds and arms to an experiment that was played.

use egui::Ui;
use lore_core::{Arm, ExperimentSpec};
use lore_protocol::{ExperimentInfo, ExperimentRequest, Request};

use super::new::on_servers;
use crate::command::Action;
use crate::context::Ctx;
use crate::widgets::{Button, Icon, Menu, menu_item};

/// The place of its errors.
pub(super) const WHAT: &str = "extend";

/// A button with what may be added.
pub(super) fn ui(ctx: &Ctx<'_>, ui: &mut Ui, info: &ExperimentInfo, place: &str) {
    let tokens = ctx.tokens;
    let button = Button::secondary("Add more")
        .icon(Icon::Plus)
        .hover(
            "More seeds make results surer, more arms ask further questions; what was played stays",
        )
        .busy(ctx.is_busy(place))
        .show(ui, tokens);
    Menu::show(&button, |ui| {
        if menu_item(ui, tokens, Icon::Refresh, "The same with another seed") {
            add(ctx, place, with_seed(&info.spec));
        }
        for arm in askable(&info.spec, on_servers(ctx)) {
            if menu_item(ui, tokens, Icon::Plus, &arm.name) {
                let mut spec = info.spec.clone();
                spec.arms.push(arm);
                add(ctx, place, spec);
            }
        }
    });
}

fn add(ctx: &Ctx<'_>, place: &str, spec: ExperimentSpec) {
    let spec = Box::new(spec);
    let request = Request::Experiment(ExperimentRequest::Extend { spec });
    ctx.act(Action::new(place.to_owned(), request).say("What is new waits for its turn"));
}

/// The seed behind the largest one.
fn with_seed(spec: &ExperimentSpec) -> ExperimentSpec {
    let mut spec = spec.clone();
    let largest = spec.seeds.iter().max().copied().unwrap_or(0);
    spec.seeds.push(largest.saturating_add(1));
    spec
}

/// Variants of an arm that is there and arms that models on servers play, but those that are there as well.
fn askable(spec: &ExperimentSpec, on_servers: Vec<Arm>) -> Vec<Arm> {
    let has = |arm: &Arm| spec.arms.iter().any(|own| own.id == arm.id);
    let may_vary = |arm: &Arm| {
        let own = spec.arms.iter();
        own.filter(|own| !own.is_variant())
            .any(|own| own.lora_with_memory == arm.lora_with_memory && own.retrieval)
    };
    let variants = Arm::variants().into_iter().filter(may_vary);
    let all = variants.chain(on_servers);
    all.filter(|arm| !has(arm)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::Preset;

    #[test]
    fn what_is_there_is_not_offered_again() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        let all = askable(&spec, Vec::new());
        assert_eq!(all, Arm::variants());
        spec.arms.push(all[0].clone());
        assert_eq!(askable(&spec, Vec::new()), all[1..]);
        spec.arms.retain(|arm| arm.id == "base");
        assert_eq!(askable(&spec, Vec::new()), []);
        assert_eq!(with_seed(&spec).seeds, [2025, 2026]);
    }
}
