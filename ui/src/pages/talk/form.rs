//! Who answers, and what is compared.

use lore_core::{
    Adapter, AdapterId, BankId, BankInfo, Message, ModelId, ModelInfo, ModelKind, RetrievalConfig,
    Sampling, prompt,
};
use lore_protocol::Speaker;

use crate::context::Ctx;
use crate::widgets::Icon;

/// What is filled in. What nobody chose follows from what there is.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) model: Option<ModelId>,
    /// `None` until somebody chose.
    #[expect(clippy::option_option, reason = "none may be chosen, too")]
    pub(super) adapter: Option<Option<AdapterId>>,
    /// How much of it is applied.
    pub(super) strength: f64,
    /// `None` until somebody chose.
    #[expect(clippy::option_option, reason = "none may be chosen, too")]
    pub(super) bank: Option<Option<BankId>>,
    pub(super) k: usize,
    pub(super) compare: Compare,
    /// The system prompt, without memories.
    pub(super) instructions: String,
    pub(super) temperature: f64,
    pub(super) max_tokens: usize,
    /// True while every choice is in view.
    pub(super) all_choices: bool,
    /// The adapter of the route that was taken over last.
    offered: Option<AdapterId>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            model: None,
            adapter: None,
            strength: 1.0,
            bank: None,
            k: RetrievalConfig::default().k,
            compare: Compare::default(),
            instructions: prompt::instructions(&[]),
            temperature: 0.0,
            max_tokens: 128,
            all_choices: false,
            offered: None,
        }
    }
}

/// What is answered side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Compare {
    /// One answer.
    #[default]
    Nothing,
    /// With memories and without.
    Memories,
    /// With the adapter and without.
    Adapter,
}

impl Compare {
    pub(super) const ALL: [Self; 3] = [Self::Nothing, Self::Memories, Self::Adapter];

    /// The word of the choice.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Nothing => "One answer",
            Self::Memories => "Memories",
            Self::Adapter => "Adapter",
        }
    }

    /// The same as a command.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "One answer",
            Self::Memories => "With and without memories side by side",
            Self::Adapter => "With and without the adapter side by side",
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Self::Nothing => Icon::Chat,
            Self::Memories => Icon::Bank,
            Self::Adapter => Icon::Flask,
        }
    }
}

/// One of the answers that are asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Voice {
    /// What stands above it; empty when it is the only one.
    pub(super) title: &'static str,
    pub(super) speaker: Speaker,
}

impl Form {
    /// Takes over an adapter that a page sent here, once.
    pub(super) fn offer_adapter(&mut self, adapter: &AdapterId) {
        if self.offered.as_ref() != Some(adapter) {
            self.offered = Some(adapter.clone());
            self.adapter = Some(Some(adapter.clone()));
            self.model = None;
        }
    }

    /// Chooses what follows from what there is.
    pub(super) fn complete(&mut self, ctx: &Ctx<'_>) {
        let models = models(ctx);
        let is_there = |id: &ModelId| models.iter().any(|model| model.id == *id);
        self.model = self.model.take().filter(is_there);
        if self.model.is_some() {
            return;
        }
        let adapters = ctx.adapters().ready().unwrap_or_default();
        let offered = adapters
            .iter()
            .find(|adapter| self.offered.as_ref() == Some(&adapter.id));
        let of_adapter = offered.map(|adapter| &adapter.base_model);
        self.model = of_adapter
            .filter(|id| is_there(id))
            .or(models.first().map(|model| &model.id))
            .cloned();
    }

    /// The model, once there is one.
    pub(super) fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    /// Adapters of the model.
    pub(super) fn adapters<'a>(&self, ctx: &Ctx<'a>) -> Vec<&'a Adapter> {
        let all = ctx.adapters().ready().unwrap_or_default();
        all.iter()
            .filter(|adapter| Some(&adapter.base_model) == self.model.as_ref())
            .collect()
    }

    /// The adapter: the newest, if nobody chose.
    pub(super) fn adapter<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a Adapter> {
        let adapters = self.adapters(ctx);
        match &self.adapter {
            None => adapters.first().copied(),
            Some(chosen) => {
                let chosen = chosen.as_ref()?;
                adapters.into_iter().find(|adapter| adapter.id == *chosen)
            }
        }
    }

    /// The bank: the first, if nobody chose.
    pub(super) fn bank<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a BankInfo> {
        let banks = ctx.banks().ready().unwrap_or_default();
        match &self.bank {
            None => banks.first(),
            Some(chosen) => {
                let chosen = chosen.as_ref()?;
                banks.iter().find(|bank| bank.id == *chosen)
            }
        }
    }

    /// Who answers, as it is filled in.
    pub(super) fn speaker(&self, ctx: &Ctx<'_>) -> Option<Speaker> {
        Some(Speaker {
            adapter: self.adapter(ctx).map(|adapter| adapter.id.clone()),
            strength: self.strength,
            bank: self.bank(ctx).map(|bank| bank.id.clone()),
            retrieval: RetrievalConfig {
                k: self.k,
                ..RetrievalConfig::default()
            },
            ..Speaker::plain(self.model.clone()?)
        })
    }

    /// What is compared, as far as there is something to compare.
    pub(super) fn compared(&self, ctx: &Ctx<'_>) -> Compare {
        match self.compare {
            Compare::Memories if self.bank(ctx).is_none() => Compare::Nothing,
            Compare::Adapter if self.adapter(ctx).is_none() => Compare::Nothing,
            compare => compare,
        }
    }

    /// Everyone who answers the next message, from left to right.
    pub(super) fn voices(&self, ctx: &Ctx<'_>) -> Vec<Voice> {
        let Some(speaker) = self.speaker(ctx) else {
            return Vec::new();
        };
        let voice = |title, speaker| Voice { title, speaker };
        match self.compared(ctx) {
            Compare::Nothing => vec![voice("", speaker)],
            Compare::Memories => {
                let without = Speaker {
                    bank: None,
                    ..speaker.clone()
                };
                vec![
                    voice("With memories", speaker),
                    voice("Without memories", without),
                ]
            }
            Compare::Adapter => {
                let without = Speaker {
                    adapter: None,
                    ..speaker.clone()
                };
                vec![
                    voice("With the adapter", speaker),
                    voice("Without the adapter", without),
                ]
            }
        }
    }

    /// The system prompt as the first message of a chat, if there is one.
    pub(super) fn opening(&self) -> Option<Message> {
        let text = self.instructions.trim();
        (!text.is_empty()).then(|| Message::system(text))
    }

    /// How tokens are picked.
    pub(super) fn sampling(&self, seed: u64) -> Sampling {
        Sampling {
            temperature: self.temperature,
            max_new_tokens: self.max_tokens,
            seed,
            ..Sampling::default()
        }
    }
}

/// Models that can answer.
pub(super) fn models<'a>(ctx: &Ctx<'a>) -> Vec<&'a ModelInfo> {
    let all = ctx.models().ready().unwrap_or_default();
    all.iter()
        .filter(|model| model.kind == ModelKind::Language && model.problem.is_empty())
        .collect()
}
