//! Single questions that need a model or a world.

use std::sync::Arc;

use anyhow::{Context as _, Result};

use lore_core::{
    AdapterId, DataDir, Embedder as _, Experience, ExperienceId, GenerateRequest, Hit,
    LanguageModel as _, ModelId, RetrievalConfig, Trajectory,
};
use lore_llm::{BaseModel, ChatModel, SentenceEmbedder};
use lore_protocol::{Answer, Question};
use lore_train::{ExampleRecipe, ExampleSource};

use crate::person::Playing;
use crate::{measure, models, templates};

/// Answers questions with models that stay loaded: one language model, one embedder and one pairing of
/// model and adapter at a time, since memory is what small machines lack.
pub struct Interactive {
    data: DataDir,
    base: Option<(ModelId, String, Arc<BaseModel>)>,
    chat: Option<(ChatKey, ChatModel)>,
    embedder: Option<(ModelId, String, SentenceEmbedder)>,
    playing: Playing,
}

/// What a loaded pairing is known by; a model or adapter that was made anew is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ChatKey {
    digest: String,
    adapter: Option<(AdapterId, u64)>,
}

impl Interactive {
    /// Nothing loaded yet.
    pub fn new(data: DataDir) -> Self {
        Self {
            data,
            base: None,
            chat: None,
            embedder: None,
            playing: Playing::default(),
        }
    }

    /// Answers one question.
    pub fn answer(&mut self, question: Question) -> Result<Answer> {
        match question {
            Question::Embed {
                embedder,
                texts,
                kind,
            } => Ok(Answer::Vectors(
                self.embedder(&embedder)?.embed(&texts, kind)?,
            )),
            Question::Paint {
                model,
                trajectory,
                memories,
                retrieval,
                max_tokens,
            } => self.paint(&model, &trajectory, memories, &retrieval, max_tokens),
            Question::Score {
                model,
                adapter,
                messages,
                candidates,
            } => {
                let model = self.chat(&model, adapter.as_ref())?;
                Ok(Answer::Scores(model.score(&messages, &candidates)?))
            }
            Question::Generate {
                model,
                adapter,
                messages,
                sampling,
            } => {
                let model = self.chat(&model, adapter.as_ref())?;
                let request = GenerateRequest { messages, sampling };
                let completion = model
                    .generate(std::slice::from_ref(&request))?
                    .pop()
                    .context("The model returned nothing.")?;
                Ok(Answer::Text(completion.text))
            }
            Question::Measure { model } => {
                let base = self.base(&model)?;
                Ok(Answer::Speed(measure::speed(&base)?))
            }
            Question::World(question) => {
                Ok(Answer::World(self.playing.answer(&self.data, question)?))
            }
        }
    }

    fn embedder(&mut self, id: &ModelId) -> Result<&mut SentenceEmbedder> {
        let digest = models::info(&self.data, id)?.digest;
        let loaded = self
            .embedder
            .take()
            .filter(|(name, of, _)| name == id && *of == digest);
        let entry = match loaded {
            Some(entry) => entry,
            None => (id.clone(), digest, models::embedder(&self.data, id)?),
        };
        Ok(&mut self.embedder.insert(entry).2)
    }

    fn base(&mut self, id: &ModelId) -> Result<Arc<BaseModel>> {
        let digest = models::info(&self.data, id)?.digest;
        if let Some((name, of, model)) = &self.base
            && name == id
            && *of == digest
        {
            return Ok(Arc::clone(model));
        }
        // The old one goes first: two models may not fit into memory.
        self.base = None;
        self.chat = None;
        let (model, _) = models::base(&self.data, id)?;
        self.base = Some((id.clone(), digest, Arc::clone(&model)));
        Ok(model)
    }

    fn chat(&mut self, id: &ModelId, adapter: Option<&AdapterId>) -> Result<&mut ChatModel> {
        let info = models::info(&self.data, id)?;
        let key = ChatKey {
            digest: info.digest.clone(),
            adapter: adapter
                .map(|id| {
                    anyhow::Ok((id.clone(), models::adapter_info(&self.data, id)?.created_ms))
                })
                .transpose()?,
        };
        let base = self.base(id)?;
        let loaded = self.chat.take().filter(|(of, _)| *of == key);
        let entry = if let Some(entry) = loaded {
            entry
        } else {
            let weights = adapter
                .map(|id| models::adapter_for(&self.data, id, &info))
                .transpose()?;
            (key, ChatModel::new(base, weights.map(Arc::new))?)
        };
        Ok(&mut self.chat.insert(entry).1)
    }

    fn paint(
        &mut self,
        model: &ModelId,
        trajectory: &Trajectory,
        memories: Vec<Trajectory>,
        retrieval: &RetrievalConfig,
        max_tokens: usize,
    ) -> Result<Answer> {
        let base = self.base(model)?;
        let hits: Vec<Hit> = memories.into_iter().zip(0..).map(as_hit).collect();
        let action_templates = templates::of(trajectory);
        let recipe = ExampleRecipe {
            tokens: base.as_ref(),
            action_templates: &action_templates,
            retrieval: Some(retrieval),
            max_tokens,
        };
        let source = ExampleSource {
            trajectory,
            memories: &hits,
        };
        let painted = lore_train::paint(&recipe, source)?;
        Ok(Answer::Painted(Box::new(painted)))
    }
}

/// A memory as retrieval would return it; its score plays no part in a painted example.
fn as_hit((trajectory, rank): (Trajectory, u32)) -> Hit {
    Hit {
        experience: Experience {
            id: ExperienceId(trajectory.id.0.clone()),
            trajectory,
            num_tokens: 0,
            pinned: false,
            never_use: false,
            lesson: String::new(),
        },
        score: 0.0,
        rank,
    }
}
