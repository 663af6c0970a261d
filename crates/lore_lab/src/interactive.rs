//! Single questions that need a model or a world.

use anyhow::Result;

use lore_core::{
    DataDir, Embedder as _, Experience, ExperienceId, Hit, LanguageModel as _, ModelId,
    RetrievalConfig, Trajectory,
};
use lore_protocol::{Answer, Question, Said};
use lore_train::{ExampleRecipe, ExampleSource};

use crate::loaded::Loaded;
use crate::person::Playing;
use crate::{measure, served_model, talk, templates};

/// Answers questions with models that stay loaded.
pub struct Interactive {
    loaded: Loaded,
    playing: Playing,
}

impl Interactive {
    /// Nothing loaded yet.
    pub fn new(data: DataDir) -> Self {
        Self {
            loaded: Loaded::new(data),
            playing: Playing::default(),
        }
    }

    /// Answers one question. `tell` hears answers that are not the last word and says whether to go on.
    pub fn answer(
        &mut self,
        question: Question,
        tell: &mut dyn FnMut(Answer) -> bool,
    ) -> Result<Answer> {
        match question {
            Question::Embed {
                embedder,
                texts,
                kind,
            } => Ok(Answer::Vectors(
                self.loaded.embedder(&embedder)?.embed(&texts, kind)?,
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
                let model = self.loaded.chat(&model, adapter.as_ref())?;
                Ok(Answer::Scores(model.score(&messages, &candidates)?))
            }
            Question::Talk { turns, sampling } => {
                let mut tell = |turn, said: &Said| {
                    let said = said.clone();
                    tell(Answer::Saying { turn, said })
                };
                let said = talk::answer(&mut self.loaded, &turns, &sampling, &mut tell)?;
                Ok(Answer::Said(said))
            }
            Question::Measure { model } => {
                let base = self.loaded.base(&model)?;
                Ok(Answer::Speed(measure::speed(&base)?))
            }
            Question::World(question) => {
                let answer = self.playing.answer(self.loaded.data(), question)?;
                Ok(Answer::World(answer))
            }
            Question::TryServed { model, key } => {
                let tried = served_model::try_out(self.loaded.data(), &model, key.as_ref())?;
                Ok(Answer::Served(tried))
            }
        }
    }

    fn paint(
        &mut self,
        model: &ModelId,
        trajectory: &Trajectory,
        memories: Vec<Trajectory>,
        retrieval: &RetrievalConfig,
        max_tokens: usize,
    ) -> Result<Answer> {
        let base = self.loaded.base(model)?;
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
