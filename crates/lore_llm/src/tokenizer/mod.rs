//! Text to tokens and back.

mod bpe;
mod files;
mod gguf;
mod sentence_piece;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use tokenizers::Tokenizer;

use crate::source::GgufFile;

pub(crate) use bpe::gguf_name_of;

/// Names of tokens that end a turn, whichever the file names: instruction models end a turn with
/// one token and a document with another, and files often name only the second.
const END_OF_TURN: [&str; 8] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "</s>",
];

/// A model's tokenizer. Adds nothing of its own to a text: what stands around turns, the first token
/// included, is the chat template's.
pub struct TextTokenizer {
    inner: Tokenizer,
    end_of_turn: BTreeSet<u32>,
    /// Tokens that are found in a text before it is cut into words; sorted.
    special: Vec<u32>,
    bos: String,
    eos: String,
}

/// A token and the bytes of the text it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedToken {
    /// The token.
    pub id: u32,
    /// Bytes of the text.
    pub bytes: Range<usize>,
}

/// A text and its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlacedText {
    /// The text.
    pub(crate) text: String,
    /// Its tokens.
    pub(crate) tokens: Vec<PlacedToken>,
}

/// The names of special tokens, as a file tells them.
#[derive(Debug, Default)]
struct SpecialNames {
    bos: Option<String>,
    eos: Option<String>,
    end_of_turn: Vec<u32>,
}

impl TextTokenizer {
    /// Reads `tokenizer.json` and what surrounds it in a Hugging Face folder.
    pub(crate) fn from_folder(dir: &Path) -> Result<Self> {
        let (inner, names) = files::read(dir)?;
        Self::new(inner, names)
    }

    /// Builds the tokenizer from the tables of a GGUF file.
    pub(crate) fn from_gguf(file: &GgufFile) -> Result<Self> {
        let (inner, names) = gguf::build(file)?;
        Self::new(inner, names)
    }

    fn new(mut inner: Tokenizer, names: SpecialNames) -> Result<Self> {
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|error| anyhow!("{error}"))?;
        // Post-processors add first tokens, which are the template's, and move offsets.
        inner.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        let known = END_OF_TURN
            .iter()
            .filter_map(|name| inner.token_to_id(name));
        let eos = names.eos.as_deref().and_then(|eos| inner.token_to_id(eos));
        let end_of_turn = known.chain(eos).chain(names.end_of_turn).collect();
        let added = inner.get_added_tokens_decoder();
        let mut special: Vec<u32> = added
            .iter()
            .filter(|(_, token)| token.special && !token.normalized)
            .map(|(id, _)| *id)
            .collect();
        special.sort_unstable();
        Ok(Self {
            special,
            end_of_turn,
            bos: names.bos.unwrap_or_default(),
            eos: names.eos.unwrap_or_default(),
            inner,
        })
    }

    /// The tokens of a text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text, false);
        let encoding = encoding.map_err(|error| anyhow!("{error}"));
        Ok(encoding
            .context("Could not turn the text into tokens")?
            .get_ids()
            .to_vec())
    }

    /// The tokens of a text, each with the bytes it stands for.
    pub fn encode_placed(&self, text: &str) -> Result<Vec<PlacedToken>> {
        let encoding = self.inner.encode(text, false);
        let encoding = encoding
            .map_err(|error| anyhow!("{error}"))
            .context("Could not turn the text into tokens")?;
        let tokens = encoding.get_ids().iter().zip(encoding.get_offsets());
        Ok(tokens
            .map(|(id, (start, end))| PlacedToken {
                id: *id,
                bytes: *start..*end,
            })
            .collect())
    }

    /// A text and its tokens; faster where the text begins like one whose tokens are known.
    ///
    /// Words do not reach over a special token: what stands before the last one that both texts have in
    /// common has the same tokens in both.
    pub(crate) fn encode_placed_like(
        &self,
        known: &PlacedText,
        text: String,
    ) -> Result<PlacedText> {
        let pairs = known.text.bytes().zip(text.bytes());
        let alike = pairs.take_while(|(a, b)| a == b).count();
        let cut = known.tokens.iter().rposition(|token| {
            token.bytes.end <= alike && self.special.binary_search(&token.id).is_ok()
        });
        let cut = cut.unwrap_or(0);
        let start = known.tokens.get(cut).map_or(0, |token| token.bytes.start);
        let mut tokens = known.tokens[..cut].to_vec();
        let rest = self.encode_placed(&text[start..])?;
        tokens.extend(rest.into_iter().map(|token| PlacedToken {
            id: token.id,
            bytes: token.bytes.start + start..token.bytes.end + start,
        }));
        Ok(PlacedText { text, tokens })
    }

    /// The text of tokens, without special ones.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner
            .decode(ids, true)
            .map_err(|error| anyhow!("{error}"))
            .context("Could not turn tokens into text")
    }

    /// How a token looks on its own, special ones by their name.
    pub fn token_text(&self, id: u32) -> String {
        self.inner
            .decode(&[id], false)
            .ok()
            .filter(|text| !text.is_empty())
            .or_else(|| self.inner.id_to_token(id))
            .unwrap_or_default()
    }

    /// True for tokens that end an assistant turn.
    pub fn is_end_of_turn(&self, id: u32) -> bool {
        self.end_of_turn.contains(&id)
    }

    /// The tokens that end an assistant turn, in order.
    pub fn end_of_turn(&self) -> impl Iterator<Item = u32> + '_ {
        self.end_of_turn.iter().copied()
    }

    /// The content of a `tokenizer.json`.
    pub(crate) fn to_json(&self) -> Result<String> {
        let text = self.inner.to_string(true);
        text.map_err(|error| anyhow!("{error}"))
            .context("Could not write the tokenizer")
    }

    /// The name of the token that begins a text; empty when the model has none.
    pub fn bos(&self) -> &str {
        &self.bos
    }

    /// The name of the token that ends a text; empty when the model has none.
    pub fn eos(&self) -> &str {
        &self.eos
    }

    /// The number of a token.
    pub fn id_of(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }
}

impl std::fmt::Debug for TextTokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.inner.get_vocab_size(true);
        write!(f, "TextTokenizer({size} tokens)")
    }
}
