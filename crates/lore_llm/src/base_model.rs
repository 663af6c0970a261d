//! A language model in memory: weights, tokenizer and chat template.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::ModelConfig;
use crate::chat::{ChatEncoder, ChatTemplate};
use crate::source::{GgufFile, HfFolder, Location, Naming, assemble};
use crate::tokenizer::TextTokenizer;
use crate::weights::{PackedWeights, WeightForm, Weights};

/// A language model, frozen. Shared by everything that runs or trains it.
#[derive(Debug)]
pub struct BaseModel {
    /// The name for records: the maker's where known, else that of the file.
    pub name: String,
    /// The numbers.
    pub weights: Weights,
    /// The same numbers in the file's own small format.
    pub(crate) packed: PackedWeights,
    /// Text to tokens.
    pub tokenizer: TextTokenizer,
    /// Chats to text.
    pub template: ChatTemplate,
}

impl BaseModel {
    /// Loads a GGUF file, a Hugging Face folder, or a folder that holds one GGUF file. Weights are
    /// converted to f32: see [`crate::required_memory`].
    pub fn load(path: &Path) -> Result<Arc<Self>> {
        Self::load_as(path, WeightForm::Unpacked)
    }

    /// The same, with matrices in this form.
    pub fn load_as(path: &Path, form: WeightForm) -> Result<Arc<Self>> {
        let model = match Location::of(path)? {
            Location::Gguf(file) => Self::load_gguf(&file, form),
            Location::Folder(dir) => Self::load_folder(&dir, form),
        };
        Ok(Arc::new(model.with_context(|| {
            format!("Could not load the model {}", path.display())
        })?))
    }

    fn load_gguf(path: &Path, form: WeightForm) -> Result<Self> {
        let mut file = GgufFile::open(path)?;
        let config = file.config()?;
        let tokenizer = TextTokenizer::from_gguf(&file)?;
        let template = ChatTemplate::from_gguf(&file, &tokenizer);
        let name = file.name_for_records();
        let (weights, packed) = assemble(config, Naming::Gguf, form, &mut file)?;
        Ok(Self {
            name,
            weights,
            packed,
            tokenizer,
            template,
        })
    }

    fn load_folder(dir: &Path, form: WeightForm) -> Result<Self> {
        let mut folder = HfFolder::open(dir)?;
        let config = folder.model_config()?;
        let tokenizer = TextTokenizer::from_folder(dir)?;
        let template = ChatTemplate::from_folder(dir, &tokenizer)?;
        let name = folder.name_for_records();
        let (weights, packed) = assemble(config, Naming::HuggingFace, form, &mut folder)?;
        Ok(Self {
            name,
            weights,
            packed,
            tokenizer,
            template,
        })
    }

    /// The shape.
    pub fn config(&self) -> &ModelConfig {
        &self.weights.config
    }

    /// Turns chats into tokens.
    pub fn encoder(&self) -> ChatEncoder<'_> {
        ChatEncoder::new(&self.tokenizer, &self.template)
    }
}
