//! What is filled in, and the training that comes of it.

use lore_core::{
    AdapterId, AgentConfig, BankId, ClusterId, DatasetId, DatasetInfo, DatasetKind, ExperimentSpec,
    MemoryMix, ModelId, ModelInfo, ModelKind, Preset, RetrievalConfig, TrainConfig, TrialPlan,
    WorldSpec,
};
use lore_protocol::{TrainWork, Trials};

use crate::context::Ctx;

/// What is filled in. What nobody chose follows from what there is.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// The adapter's name; made from the choices when empty.
    pub(super) name: String,
    /// The chosen data set.
    pub(super) dataset: Option<DatasetId>,
    /// The chosen model.
    pub(super) model: Option<ModelId>,
    /// The chosen bank.
    pub(super) bank: Option<BankId>,
    /// The recipe that the numbers came from.
    pub(super) recipe: Recipe,
    /// True for memories in the training context: `ExpRAG-LoRA`.
    pub(super) with_memory: bool,
    /// The numbers.
    pub(super) config: TrainConfig,
    /// Retrieval, when memories are on.
    pub(super) retrieval: RetrievalConfig,
    /// Task types to keep unseen; the data set's own until someone changes them.
    pub(super) unseen: Option<Vec<String>>,
    /// How the adapter is tried on the way.
    pub(super) trials: TrialPlan,
    /// Whose tasks it is tried on.
    pub(super) trial_world: WorldSpec,
    /// The other computer that trains, if not this one.
    pub(super) cluster: Option<ClusterId>,
    /// Every number is shown.
    pub(super) advanced: bool,
    /// The data set that another page sent along, once.
    offered: Option<DatasetId>,
}

/// A set of numbers with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// Minutes: shows that it works.
    Quick,
    /// The paper's.
    Paper,
    /// Somebody's own.
    Own,
}

impl Recipe {
    fn config(self) -> Option<TrainConfig> {
        match self {
            Self::Quick => Some(ExperimentSpec::preset(Preset::Smoke).train),
            Self::Paper => Some(TrainConfig::default()),
            Self::Own => None,
        }
    }

    /// One sentence about it.
    pub(super) fn explanation(self) -> &'static str {
        match self {
            Self::Quick => "A few steps with a higher learning rate. Minutes on a small machine",
            Self::Paper => "Nine passes over the data at a learning rate of 0.00005",
            Self::Own => "Your own numbers, under “All numbers”",
        }
    }
}

impl Default for Form {
    fn default() -> Self {
        Self {
            name: String::new(),
            dataset: None,
            model: None,
            bank: None,
            recipe: Recipe::Quick,
            with_memory: false,
            config: ExperimentSpec::preset(Preset::Smoke).train,
            retrieval: RetrievalConfig::default(),
            unseen: None,
            trials: TrialPlan::default(),
            trial_world: WorldSpec::default(),
            cluster: None,
            advanced: false,
            offered: None,
        }
    }
}

impl Form {
    /// Takes a data set that another page sent along, unless it was taken before.
    pub(super) fn offer_dataset(&mut self, dataset: &DatasetId) {
        if self.offered.as_ref() != Some(dataset) {
            self.offered = Some(dataset.clone());
            self.dataset = Some(dataset.clone());
            self.unseen = None;
        }
    }

    /// Takes the numbers of a recipe.
    pub(super) fn apply_recipe(&mut self) {
        if let Some(config) = self.recipe.config() {
            self.config = config;
        }
    }

    /// Notes that numbers were changed by hand.
    pub(super) fn note_change(&mut self) {
        if self
            .recipe
            .config()
            .is_some_and(|config| config != self.config)
        {
            self.recipe = Recipe::Own;
        }
    }

    /// The data set: the chosen one, else the newest with trajectories.
    pub(super) fn dataset_of<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a DatasetInfo> {
        let mut candidates = ctx
            .datasets()
            .ready()?
            .iter()
            .filter(|dataset| dataset.kind == DatasetKind::Trajectories);
        match &self.dataset {
            Some(id) => candidates.find(|dataset| dataset.id == *id),
            None => candidates.next(),
        }
    }

    /// The model: the chosen one, else the first that can be trained.
    pub(super) fn model_of<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a ModelInfo> {
        let mut candidates = ctx
            .models()
            .ready()?
            .iter()
            .filter(|model| model.kind == ModelKind::Language && model.problem.is_empty());
        match &self.model {
            Some(id) => candidates.find(|model| model.id == *id),
            None => candidates.next(),
        }
    }

    /// The bank: the chosen one, else the first that holds something.
    pub(super) fn bank_of(&self, ctx: &Ctx<'_>) -> Option<BankId> {
        let banks = ctx.banks().ready()?;
        let chosen = self.bank.as_ref();
        banks
            .iter()
            .find(|bank| match chosen {
                Some(id) => bank.id == *id,
                None => bank.num_experiences > 0,
            })
            .map(|bank| bank.id.clone())
    }

    /// Task types that training must not see.
    pub(super) fn unseen_of(&self, dataset: &DatasetInfo) -> Vec<String> {
        self.unseen
            .clone()
            .unwrap_or_else(|| dataset.unseen_types.clone())
    }

    /// Successes of seen types: what is trained on.
    pub(super) fn num_examples(&self, dataset: &DatasetInfo) -> u64 {
        let unseen = self.unseen_of(dataset);
        dataset
            .types
            .iter()
            .filter(|kind| !unseen.contains(&kind.name))
            .map(|kind| kind.successes)
            .sum()
    }

    /// Why it cannot start, one sentence each.
    pub(super) fn problems(&self, ctx: &Ctx<'_>) -> Vec<String> {
        let mut problems = Vec::new();
        match self.dataset_of(ctx) {
            None => problems.push("Choose a data set with episodes".to_owned()),
            Some(dataset) if self.num_examples(dataset) == 0 => problems.push(
                "No episode of a seen task type reached its goal, so there is nothing to learn from"
                    .to_owned(),
            ),
            Some(_) => {}
        }
        if self.model_of(ctx).is_none() {
            problems.push("Choose a language model".to_owned());
        }
        if self.with_memory && self.bank_of(ctx).is_none() {
            problems.push("Choose an experience bank to take memories from".to_owned());
        }
        if self.with_memory && self.lacks_unrelated(ctx) {
            problems.push(
                "Unrelated memories are of another task type; let at least two types be learned"
                    .to_owned(),
            );
        }
        let is_tried_here = !self.trials.is_off() && !self.trial_world.is_in_the_data_folder();
        if self.cluster.is_some() && is_tried_here {
            problems.push(
                "Only this computer reaches the world of the new tasks; choose another world or run it here"
                    .to_owned(),
            );
        }
        if self.config.lora.target_modules.is_empty() {
            problems.push("Choose at least one part of the model to adapt".to_owned());
        }
        problems
    }

    /// True when unrelated memories are asked for and the bank has one task type to take memories from.
    fn lacks_unrelated(&self, ctx: &Ctx<'_>) -> bool {
        let unseen = self
            .dataset_of(ctx)
            .map_or_else(Vec::new, |dataset| self.unseen_of(dataset));
        let chosen = self.bank_of(ctx);
        let mut banks = ctx.banks().ready().unwrap_or_default().iter();
        let bank = banks.find(|bank| Some(&bank.id) == chosen.as_ref());
        self.config.memory_mix.unrelated > 0.0
            && bank.is_some_and(|bank| {
                let types = bank.task_types.iter();
                types.filter(|name| !unseen.contains(name)).count() < 2
            })
    }

    /// The name the adapter gets.
    pub(super) fn name_of(&self, dataset: Option<&DatasetInfo>) -> String {
        let name = self.name.trim();
        if !name.is_empty() {
            return name.to_owned();
        }
        let recipe = if self.with_memory {
            "ExpRAG-LoRA"
        } else {
            "LoRA"
        };
        match dataset {
            Some(dataset) => format!("{recipe} on {}", dataset.name),
            None => recipe.to_owned(),
        }
    }

    /// The training.
    pub(super) fn work(&self, ctx: &Ctx<'_>) -> TrainWork {
        let dataset = self.dataset_of(ctx);
        let mut config = self.config.clone();
        config.retrieval = self.with_memory.then(|| self.retrieval.clone());
        if !self.with_memory {
            config.memory_mix = MemoryMix::default();
        }
        TrainWork {
            // The core finds a free identifier.
            adapter: AdapterId::default(),
            name: self.name_of(dataset),
            model: self
                .model_of(ctx)
                .map(|model| model.id.clone())
                .unwrap_or_default(),
            config,
            dataset: dataset
                .map(|dataset| dataset.id.clone())
                .unwrap_or_default(),
            unseen_types: dataset
                .map(|dataset| self.unseen_of(dataset))
                .unwrap_or_default(),
            bank: self.with_memory.then(|| self.bank_of(ctx)).flatten(),
            trials: (!self.trials.is_off()).then(|| Trials {
                plan: self.trials,
                world: self.trial_world.clone(),
                agent: self.trial_agent(),
            }),
        }
    }

    /// How tasks are played on the way. The least a model can do is to choose among what is possible.
    pub(super) fn trial_agent(&self) -> AgentConfig {
        AgentConfig {
            max_steps: self.trial_world.default_max_steps(),
            ..ExperimentSpec::preset(Preset::Smoke).agent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::TypeCount;

    fn dataset() -> DatasetInfo {
        let kind = |name: &str, successes| TypeCount {
            name: name.to_owned(),
            count: 10,
            successes,
        };
        DatasetInfo {
            name: "Kitchen".into(),
            types: vec![kind("heat", 7), kind("cool", 5)],
            unseen_types: vec!["cool".into()],
            ..DatasetInfo::default()
        }
    }

    #[test]
    fn only_successes_of_seen_types_are_trained_on() {
        let mut form = Form::default();
        assert_eq!(form.num_examples(&dataset()), 7);
        form.unseen = Some(Vec::new());
        assert_eq!(form.num_examples(&dataset()), 12);
    }

    #[test]
    fn changed_numbers_are_somebody_s_own() {
        let mut form = Form {
            recipe: Recipe::Paper,
            ..Form::default()
        };
        form.apply_recipe();
        assert_eq!(form.config, TrainConfig::default());
        form.note_change();
        assert_eq!(form.recipe, Recipe::Paper, "nothing was changed");
        form.config.seed = 1;
        form.note_change();
        assert_eq!(form.recipe, Recipe::Own);
    }

    #[test]
    fn a_name_is_made_from_the_choices() {
        let mut form = Form {
            with_memory: true,
            ..Form::default()
        };
        assert_eq!(form.name_of(Some(&dataset())), "ExpRAG-LoRA on Kitchen");
        form.name = " Mine ".into();
        assert_eq!(form.name_of(None), "Mine");
    }
}
