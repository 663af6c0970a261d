//! Arms: the settings that an experiment compares.

use serde::{Deserialize, Serialize};

use crate::{BankAtTest, MemoryMix, ModelId, ServedModel};

/// One setting of what is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name on disk, for example `exprag_lora`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Fine-tuned with LoRA; `Some(true)` with memories in the training context.
    pub lora_with_memory: Option<bool>,
    /// Retrieves at test.
    pub retrieval: bool,
    /// What is otherwise than the experiment says. Not written when nothing is: arms of before there was
    /// a choice stay the same text.
    #[serde(default, skip_serializing_if = "Variation::is_none")]
    pub variation: Variation,
    /// The model that plays, when it is not the experiment's. Adapters are trained on the experiment's model
    /// all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
}

/// What an arm does otherwise than its experiment says; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variation {
    /// The bank that serves a test episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_at_test: Option<BankAtTest>,
    /// Memories of a test episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// Only so many of a hundred experiences of the bank serve a test episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_percent: Option<u8>,
    /// How memories of training examples are mixed; arms with the same mix share their adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mix: Option<MemoryMix>,
}

impl Variation {
    /// True when everything is as the experiment says.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Share of examples that show no memory when memory dropout is switched on without choosing one.
const DROPOUT: f64 = 0.3;

impl Arm {
    /// The five that every experiment compares.
    pub fn paper() -> Vec<Self> {
        let arm = |id: &str, name: &str, lora_with_memory, retrieval| Self {
            id: id.to_owned(),
            name: name.to_owned(),
            lora_with_memory,
            retrieval,
            variation: Variation::default(),
            model: None,
        };
        vec![
            arm("base", "Base model", None, false),
            arm("exprag", "ExpRAG", None, true),
            arm("lora", "LoRA", Some(false), false),
            arm("lora_exprag", "LoRA + ExpRAG", Some(false), true),
            arm("exprag_lora", "ExpRAG-LoRA", Some(true), true),
        ]
    }

    /// Further arms that ask how ExpRAG-LoRA does when its memories fail it, or are fewer or more.
    pub fn variants() -> Vec<Self> {
        let dropout = MemoryMix {
            without: DROPOUT,
            ..MemoryMix::default()
        };
        let bank = |bank| Variation {
            bank_at_test: Some(bank),
            ..Variation::default()
        };
        let memories = |k| Variation {
            k: Some(k),
            ..Variation::default()
        };
        let share = |percent| Variation {
            bank_percent: Some(percent),
            ..Variation::default()
        };
        let dropped = |variation| Variation {
            memory_mix: Some(dropout),
            ..variation
        };
        let arm = |id: &str, name: &str, variation| Self {
            id: format!("exprag_lora_{id}"),
            name: format!("ExpRAG-LoRA, {name}"),
            lora_with_memory: Some(true),
            retrieval: true,
            variation,
            model: None,
        };
        vec![
            arm("empty", "empty bank", bank(BankAtTest::Empty)),
            arm("others", "other types", bank(BankAtTest::Mismatched)),
            arm("k1", "one memory", memories(1)),
            arm("k4", "four memories", memories(4)),
            arm("tenth", "a tenth of the bank", share(10)),
            arm("third", "a third of the bank", share(33)),
            arm("dropout", "dropout", dropped(Variation::default())),
            arm(
                "dropout_empty",
                "dropout, empty bank",
                dropped(bank(BankAtTest::Empty)),
            ),
            arm(
                "dropout_others",
                "dropout, other types",
                dropped(bank(BankAtTest::Mismatched)),
            ),
        ]
    }

    /// The paper's arms, played by a model on a server: those that need no training, and the others where
    /// the server loads adapters.
    pub fn on_server(server: &ServedModel) -> Vec<Self> {
        let (id, model) = (server.short_id().replace('-', "_"), &server.id);
        let arms = Self::paper().into_iter();
        arms.filter(|arm| arm.lora_with_memory.is_none() || server.loads_adapters)
            .map(|arm| Self {
                id: format!("{}_{id}", arm.id),
                name: format!("{}, {}", arm.name, server.name),
                model: Some(model.clone()),
                ..arm
            })
            .collect()
    }

    /// True when something is otherwise than the experiment says.
    pub fn is_variant(&self) -> bool {
        !self.variation.is_none() || self.model.is_some()
    }

    /// Two arms that play with the same adapter, if any.
    pub fn shares_adapter(&self, other: &Self) -> bool {
        self.lora_with_memory == other.lora_with_memory
            && self.variation.memory_mix == other.variation.memory_mix
    }

    /// One sentence for people who do not know the method.
    pub fn explanation(&self) -> &'static str {
        match (self.lora_with_memory, self.retrieval) {
            (None, false) if self.model.is_some() => {
                "The server's model as it is, with nothing to remember"
            }
            (None, true) if self.model.is_some() => {
                "The server's model as it is, shown similar past episodes"
            }
            (Some(_), _) if self.model.is_some() => {
                "The server's model with an adapter that is trained here and loaded there"
            }
            (Some(true), true) if self.is_variant() => self.variation.explanation(),
            (None, false) => "The model as it is, with nothing to remember",
            (None, true) => "The model as it is, shown similar past episodes",
            (Some(false), false) => "Fine-tuned on past episodes, shown none while acting",
            (Some(false), true) => {
                "Fine-tuned without memories, shown similar past episodes while acting"
            }
            (Some(true), true) => {
                "Fine-tuned with similar past episodes in view, and shown them while acting"
            }
            (Some(true), false) => "Fine-tuned with past episodes in view, shown none while acting",
        }
    }
}

impl Variation {
    fn explanation(&self) -> &'static str {
        match (self.memory_mix.is_some(), self.bank_at_test) {
            (false, Some(BankAtTest::Empty)) => {
                "The same adapter when there is nothing to remember: does it still act by itself?"
            }
            (false, Some(BankAtTest::Mismatched)) => {
                "The same adapter when memories are of other task types: do they lead it astray?"
            }
            (false, _) => "The same adapter with another number of memories, or another bank",
            (true, Some(BankAtTest::Empty)) => {
                "Trained with some examples without memories, then given nothing to remember"
            }
            (true, Some(BankAtTest::Mismatched)) => {
                "Trained with some examples without memories, then given memories of other task types"
            }
            (true, _) => {
                "Trained with some examples without memories, so that it leans on them less"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn arms_of_before_variants_stay_the_same_text() {
        let arm = &Arm::paper()[4];
        let text = serde_json::to_string(arm).unwrap();
        assert!(!text.contains("variation"), "{text}");
        assert_eq!(&serde_json::from_str::<Arm>(&text).unwrap(), arm);
    }

    #[test]
    fn variants_have_names_of_their_own_and_are_read_as_written() {
        let all: Vec<Arm> = [Arm::paper(), Arm::variants()].concat();
        let ids: BTreeSet<&str> = all.iter().map(|arm| arm.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for arm in Arm::variants() {
            assert!(arm.is_variant());
            let text = serde_json::to_string(&arm).unwrap();
            assert_eq!(serde_json::from_str::<Arm>(&text).unwrap(), arm);
        }
    }

    #[test]
    fn a_server_plays_what_needs_no_training_unless_it_loads_adapters() {
        let mut server = ServedModel {
            id: ModelId::served("big-one"),
            name: "Big one".into(),
            ..ServedModel::default()
        };
        let ids = |server: &ServedModel| {
            let arms = Arm::on_server(server).into_iter();
            arms.map(|arm| arm.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&server), ["base_big_one", "exprag_big_one"]);
        server.loads_adapters = true;
        assert_eq!(ids(&server).len(), 5);
        let arms = Arm::on_server(&server);
        assert!(arms.iter().all(Arm::is_variant));
        let with_memory = arms
            .iter()
            .filter(|arm| arm.shares_adapter(&Arm::paper()[4]));
        assert_eq!(with_memory.count(), 1, "it is trained once for both");
    }

    #[test]
    fn adapters_are_shared_by_recipe() {
        let [plain, dropped] = ["exprag_lora", "exprag_lora_dropout"];
        let all: Vec<Arm> = [Arm::paper(), Arm::variants()].concat();
        for arm in &all {
            let with = |id| {
                all.iter()
                    .find(|it| it.id == id)
                    .unwrap()
                    .shares_adapter(arm)
            };
            assert!(!(with(plain) && with(dropped)), "{}", arm.id);
            if arm.is_variant() {
                assert_eq!(with(dropped), arm.id.contains("dropout"), "{}", arm.id);
            }
        }
    }
}
