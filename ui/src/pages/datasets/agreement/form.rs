//! Which agent is asked, and the work that comes of it. Pure but for what there is to choose from.

use lore_core::{
    Adapter, AdapterId, BankId, BankInfo, DatasetInfo, ModelId, ModelInfo, ModelKind,
    RetrievalConfig,
};
use lore_protocol::{
    AgreementWork, MachineSpeed, TrainWork, Work, estimate_agreement, tokens_of_memories,
};

use crate::context::Ctx;

/// The seed that picks the episodes: the same ones for every agent, so that they can be compared.
const SEED: u64 = 7;

/// What is filled in. What nobody chose follows from what there is.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// The agent; the first model when nobody chose.
    agent: Option<Agent>,
    /// The bank it is reminded from, if somebody chose one or none.
    #[expect(clippy::option_option, reason = "none may be chosen, too")]
    bank: Option<Option<BankId>>,
    /// Memories; what the adapter learned with when nobody chose.
    k: Option<usize>,
    /// Episodes at most.
    pub(super) max_trajectories: usize,
}

/// A model, or an adapter on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) model: ModelId,
    pub(super) adapter: Option<AdapterId>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            agent: None,
            bank: None,
            k: None,
            max_trajectories: 50,
        }
    }
}

/// What there is to choose from.
#[derive(Clone, Copy, Debug)]
pub(super) struct There<'a> {
    pub(super) models: &'a [ModelInfo],
    pub(super) adapters: &'a [Adapter],
    pub(super) banks: &'a [BankInfo],
}

impl<'a> There<'a> {
    pub(super) fn of(ctx: &Ctx<'a>) -> Self {
        Self {
            models: ctx.models().ready().unwrap_or_default(),
            adapters: ctx.adapters().ready().unwrap_or_default(),
            banks: ctx.banks().ready().unwrap_or_default(),
        }
    }

    /// Models that can act, each followed by its adapters.
    pub(super) fn agents(self) -> Vec<(Agent, String)> {
        let acts =
            |model: &&ModelInfo| model.kind == ModelKind::Language && model.problem.is_empty();
        let mut agents = Vec::new();
        for model in self.models.iter().filter(acts) {
            let agent = |adapter| Agent {
                model: model.id.clone(),
                adapter,
            };
            agents.push((agent(None), format!("{}, as it is", model.name)));
            let own = self.adapters.iter().filter(|it| it.base_model == model.id);
            agents.extend(own.map(|it| (agent(Some(it.id.clone())), it.name.clone())));
        }
        agents
    }
}

impl Form {
    /// The agent that is asked; `None` when there is no model.
    pub(super) fn agent(&self, there: There<'_>) -> Option<Agent> {
        let mut agents = there.agents().into_iter().map(|(agent, _)| agent);
        match &self.agent {
            Some(chosen) => agents.find(|agent| agent == chosen),
            None => agents.next(),
        }
    }

    /// Another agent brings its own habits along.
    pub(super) fn choose_agent(&mut self, agent: Agent) {
        *self = Self {
            agent: Some(agent),
            max_trajectories: self.max_trajectories,
            ..Self::default()
        };
    }

    /// The bank: the chosen one, else the one that the adapter learned with.
    pub(super) fn bank(&self, there: There<'_>, learned: Option<&TrainWork>) -> Option<BankId> {
        let bank = match &self.bank {
            Some(chosen) => chosen.as_ref(),
            None => learned.and_then(|work| work.bank.as_ref()),
        };
        let is_there = |id: &&BankId| there.banks.iter().any(|bank| bank.id == **id);
        bank.filter(is_there).cloned()
    }

    pub(super) fn choose_bank(&mut self, bank: Option<BankId>) {
        self.bank = Some(bank);
    }

    /// How it is reminded: as when its adapter learned, so that prompts look as they did then.
    pub(super) fn retrieval(&self, learned: Option<&TrainWork>) -> RetrievalConfig {
        let habit = learned.and_then(|work| work.config.retrieval.clone());
        let mut retrieval = habit.unwrap_or_default();
        retrieval.k = self.k.unwrap_or(retrieval.k);
        retrieval
    }

    pub(super) fn choose_k(&mut self, k: usize) {
        self.k = Some(k);
    }

    /// Why it cannot start.
    pub(super) fn problem(
        &self,
        there: There<'_>,
        learned: Option<&TrainWork>,
        dataset: &DatasetInfo,
    ) -> Option<&'static str> {
        if self.agent(there).is_none() {
            return Some("There is no language model. Get one on the Models page");
        }
        if dataset.num_successes == 0 {
            return Some(
                "No episode reached its goal, so nothing shows what would have been right",
            );
        }
        let knows_all = learned.is_some_and(|work| {
            let knows = |name: &String| !work.unseen_types.contains(name);
            let mut solved = dataset.types.iter().filter(|kind| kind.successes > 0);
            work.dataset == dataset.id && solved.all(|kind| knows(&kind.name))
        });
        knows_all.then_some(
            "The adapter learned from every kind of task here. Keep some unseen and train it again",
        )
    }

    /// The work; `None` when there is no model.
    pub(super) fn work(
        &self,
        there: There<'_>,
        learned: Option<&TrainWork>,
        dataset: &DatasetInfo,
    ) -> Option<AgreementWork> {
        let agent = self.agent(there)?;
        Some(AgreementWork {
            model: agent.model,
            adapter: agent.adapter,
            bank: self.bank(there, learned),
            retrieval: self.retrieval(learned),
            dataset: dataset.id.clone(),
            max_trajectories: self.max_trajectories,
            seed: SEED,
        })
    }
}

/// The training that made the agent's adapter, while it is on the list of jobs.
pub(super) fn learned<'a>(ctx: &Ctx<'a>, agent: &Agent) -> Option<&'a TrainWork> {
    let adapter = agent.adapter.as_ref()?;
    let mut trainings = ctx.store.jobs().iter();
    trainings.find_map(|record| match &record.info.spec.work {
        Work::Train(work) if work.adapter == *adapter => Some(work),
        _ => None,
    })
}

/// About how many seconds it takes on a machine of this speed.
pub(super) fn secs(work: &AgreementWork, dataset: &DatasetInfo, speed: MachineSpeed) -> f64 {
    let num_episodes = (dataset.num_successes as usize).min(work.max_trajectories) as f64;
    let tokens = dataset.mean_tokens();
    let num_memories = work.bank.as_ref().map_or(0, |_| work.retrieval.k);
    let memories = tokens_of_memories(num_memories as f64, tokens);
    num_episodes * estimate_agreement(dataset.mean_steps(), tokens, memories, speed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Sample;
    use lore_core::TypeCount;

    fn check(test: impl FnOnce(There<'_>, &TrainWork)) {
        let sample = Sample::busy();
        let there = There {
            models: &sample.models,
            adapters: &sample.adapters,
            banks: &sample.banks,
        };
        let training = sample.jobs.iter().find_map(|job| match &job.spec.work {
            Work::Train(work) => Some(work),
            _ => None,
        });
        test(there, training.expect("one is under way"));
    }

    fn dataset() -> DatasetInfo {
        let kind = |name: &str| TypeCount {
            name: name.to_owned(),
            count: 10,
            successes: 8,
        };
        DatasetInfo {
            id: "kitchen".into(),
            num_items: 20,
            num_successes: 16,
            num_steps: 200,
            types: vec![kind("heat"), kind("cool")],
            ..DatasetInfo::default()
        }
    }

    #[test]
    fn an_adapter_is_reminded_as_when_it_learned_unless_somebody_chose() {
        check(|there, learned| {
            let mut form = Form::default();
            let model = form.agent(there).expect("there is a model").model;
            let adapter = Some(learned.adapter.clone());
            form.choose_agent(Agent { model, adapter });
            assert_eq!(form.bank(there, Some(learned)), learned.bank);
            let habit = learned.config.retrieval.clone().expect("with memories");
            assert_eq!(form.retrieval(Some(learned)), habit);
            form.choose_k(5);
            assert_eq!(
                form.retrieval(Some(learned)),
                RetrievalConfig { k: 5, ..habit }
            );
            form.choose_bank(None);
            assert_eq!(form.bank(there, Some(learned)), None);
            assert_eq!(Form::default().bank(there, None), None);
        });
    }

    #[test]
    fn what_was_learned_whole_cannot_be_asked_about() {
        check(|there, learned| {
            let dataset = dataset();
            let form = Form::default();
            let mut learned = learned.clone();
            let problem =
                |learned: &TrainWork| form.problem(there, Some(learned), &dataset).is_some();
            assert!(!problem(&learned), "another data set");
            learned.dataset = dataset.id.clone();
            learned.unseen_types = vec!["heat".into()];
            assert!(!problem(&learned), "one kind was kept unseen");
            learned.unseen_types.clear();
            assert!(problem(&learned));
        });
    }

    #[test]
    fn more_episodes_and_memories_take_longer() {
        check(|there, learned| {
            let (dataset, speed) = (dataset(), MachineSpeed::guess(135_000_000, 4));
            let mut work = Form::default()
                .work(there, None, &dataset)
                .expect("a model");
            let plain = secs(&work, &dataset, speed);
            work.max_trajectories = 8;
            assert!(
                (secs(&work, &dataset, speed) - plain / 2.0).abs() < 1e-9,
                "of 16"
            );
            work.bank.clone_from(&learned.bank);
            assert!(secs(&work, &dataset, speed) > plain / 2.0);
        });
    }
}
