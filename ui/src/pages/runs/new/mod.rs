//! A new experiment: sizes to start from, what is compared, on what, and what it will take.

mod choices;
mod cost;

use egui::Ui;
use lore_core::{Arm, ExperimentSpec, Preset};

use super::START;
use crate::context::Ctx;
use crate::parts::{action_error_ui, run_on_ui};
use crate::widgets::{Card, columns, explained_switch, segmented, switch, text_field};

/// What is filled in.
#[derive(Debug)]
pub(super) struct NewExperiment {
    spec: ExperimentSpec,
    /// The name; made from the size when empty.
    name: String,
    /// Seeds as they are written.
    seeds: String,
    advanced: bool,
}

impl Default for NewExperiment {
    fn default() -> Self {
        let spec = ExperimentSpec::preset(Preset::Smoke);
        Self {
            seeds: written(&spec.seeds),
            spec,
            name: String::new(),
            advanced: false,
        }
    }
}

impl NewExperiment {
    /// The experiment.
    pub(super) fn spec(&self) -> ExperimentSpec {
        let mut spec = self.spec.clone();
        spec.seeds = read(&self.seeds).unwrap_or_default();
        let name = self.name.trim();
        if !name.is_empty() {
            name.clone_into(&mut spec.name);
        }
        spec
    }

    /// Why it cannot start.
    pub(super) fn problem(&self) -> Option<String> {
        if self.spec.arms.is_empty() {
            return Some("Choose at least one arm".to_owned());
        }
        if read(&self.seeds).is_none_or(|seeds| seeds.is_empty()) {
            return Some("Write one or more seeds: whole numbers with commas between".to_owned());
        }
        if self.spec.tasks.seen_test + self.spec.tasks.unseen_test == 0 {
            return Some("Choose at least one test task".to_owned());
        }
        self.spec.mix_problem().map(str::to_owned)
    }

    /// The form.
    pub(super) fn ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        action_error_ui(ctx, ui, START);
        columns(ui, ctx.tokens, &[3.0, 2.0], 300.0, |ui, column| {
            ui.spacing_mut().item_spacing.y = ctx.tokens.space.m;
            if column == 0 {
                self.size_ui(ctx, ui);
                self.arms_ui(ctx, ui);
                choices::ui(ctx, ui, &mut self.spec, &mut self.seeds, self.advanced);
            } else {
                cost::ui(ctx, ui, &self.spec(), self.problem());
            }
        });
    }

    fn size_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("Size").show(ui, tokens, |ui| {
            let sizes = Preset::ALL.map(|preset| (preset, capitalised(preset)));
            let mut preset = self.spec.preset;
            if segmented(ui, tokens, &mut preset, &sizes, "Size").changed() {
                self.take_preset(preset);
            }
            ui.label(tokens.small(match preset {
                Preset::Smoke => "Minutes. Shows that everything works and proves nothing",
                Preset::Laptop => "An evening on a laptop",
                Preset::Paper => "As in the paper; wants a GPU or days",
            }));
            text_field(
                ui,
                tokens,
                &mut self.name,
                "Name of the experiment",
                &self.spec.name,
            );
            run_on_ui(ctx, ui, &mut self.spec.cluster);
            switch(ui, tokens, &mut self.advanced, "All choices");
        });
    }

    /// Takes the numbers of a size; what was chosen about models and arms stays.
    fn take_preset(&mut self, preset: Preset) {
        let old = std::mem::replace(&mut self.spec, ExperimentSpec::preset(preset));
        self.spec.model = old.model;
        self.spec.embedder = old.embedder;
        self.spec.arms = old.arms;
        self.spec.cluster = old.cluster;
        self.seeds = written(&self.spec.seeds);
    }

    fn arms_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let tokens = ctx.tokens;
        Card::titled("What is compared").show(ui, tokens, |ui| {
            for arm in Arm::paper() {
                self.arm_ui(ctx, ui, &arm);
            }
        });
        self.servers_ui(ctx, ui);
        if !self.advanced {
            return;
        }
        Card::titled("Harder questions for ExpRAG-LoRA")
            .subtitle("How it does when memories are missing, misleading, fewer or more")
            .show(ui, tokens, |ui| {
                for arm in Arm::variants() {
                    self.arm_ui(ctx, ui, &arm);
                }
            });
    }

    /// Arms that models on servers play, where there are such models.
    fn servers_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui) {
        let arms = on_servers(ctx);
        if arms.is_empty() {
            return;
        }
        Card::titled("Played by models on servers")
            .subtitle(
                "A server cannot say how likely given actions are, so its model writes them in its own words. \
                 Its weights are not here, so nothing is trained on it",
            )
            .show(ui, ctx.tokens, |ui| {
                for arm in arms {
                    self.arm_ui(ctx, ui, &arm);
                }
            });
    }

    fn arm_ui(&mut self, ctx: &Ctx<'_>, ui: &mut Ui, arm: &Arm) {
        let mut on = self.spec.arms.contains(arm);
        let why = arm.explanation();
        if explained_switch(ui, ctx.tokens, &mut on, &arm.name, why).changed() {
            self.set_arm(arm, on, on_servers(ctx));
        }
    }

    /// Arms stay in the paper's order, variants and those on servers behind: comparisons are with the last of the
    /// paper's.
    fn set_arm(&mut self, arm: &Arm, on: bool, on_servers: Vec<Arm>) {
        let chosen = |candidate: &Arm| {
            if candidate == arm {
                on
            } else {
                self.spec.arms.contains(candidate)
            }
        };
        let all = [Arm::paper(), Arm::variants(), on_servers].concat();
        self.spec.arms = all.into_iter().filter(chosen).collect();
    }
}

/// The arms that models on servers can play.
pub(super) fn on_servers(ctx: &Ctx<'_>) -> Vec<Arm> {
    let models = ctx.served_models().ready().unwrap_or_default();
    models
        .iter()
        .flat_map(|info| Arm::on_server(&info.model))
        .collect()
}

fn capitalised(preset: Preset) -> &'static str {
    match preset {
        Preset::Smoke => "Quick look",
        Preset::Laptop => "Laptop",
        Preset::Paper => "Paper",
    }
}

fn written(seeds: &[u64]) -> String {
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    seeds.join(", ")
}

/// The seeds; `None` when something is not a whole number.
fn read(text: &str) -> Option<Vec<u64>> {
    text.split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_as_they_are_written() {
        assert_eq!(read(&written(&[1, 2025])), Some(vec![1, 2025]));
        assert_eq!(read("7,8 9"), Some(vec![7, 8, 9]));
        assert_eq!(read("7, x"), None);
    }

    #[test]
    fn arms_keep_the_paper_s_order() {
        let mut form = NewExperiment::default();
        let base = Arm::paper()[0].clone();
        form.set_arm(&base, false, Vec::new());
        assert_eq!(form.spec.arms.len(), 4);
        let variant = Arm::variants()[0].clone();
        form.set_arm(&variant, true, Vec::new());
        form.set_arm(&base, true, Vec::new());
        assert_eq!(
            form.spec.arms,
            [Arm::paper(), vec![variant.clone()]].concat()
        );
        let server = lore_core::ServedModel::default();
        let served = Arm::on_server(&server);
        form.set_arm(&served[1], true, served.clone());
        let all = [Arm::paper(), vec![variant, served[1].clone()]].concat();
        assert_eq!(form.spec.arms, all);
    }

    #[test]
    fn an_experiment_needs_arms_and_seeds() {
        let mut form = NewExperiment::default();
        assert_eq!(form.problem(), None);
        form.seeds.clear();
        assert!(form.problem().is_some());
        form.seeds = "1".into();
        form.spec.arms.clear();
        assert!(form.problem().is_some());
    }
}
