//! Byte-level BPE, in the variants that `tokenizer.ggml.pre` names.

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use tokenizers::Tokenizer;
use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

use crate::source::GgufFile;

/// Digits in groups of three.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Digits one by one.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Words also end where lower case turns to upper case.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// One name of each known way of cutting.
const NAMES: [&str; 6] = [
    "gpt-2",
    "smollm",
    "llama-bpe",
    "smaug-bpe",
    "qwen2",
    "tekken",
];

/// How a text is cut into words before merging.
struct Cutting {
    pre_tokenizer: PreTokenizerWrapper,
    /// Composes Unicode characters first.
    nfc: bool,
    /// Words that are tokens stay whole even where merges would not build them.
    ignore_merges: bool,
}

pub(super) fn build(file: &GgufFile, tokens: &[&str]) -> Result<Tokenizer> {
    // Without the name, the way of cutting would be a guess, and a wrong guess goes unnoticed.
    let pre = file
        .text("tokenizer.ggml.pre")
        .context("The file does not say how its tokenizer cuts words; get a newer GGUF file")?;
    let cutting = cutting(pre)?;
    let merges = file
        .texts("tokenizer.ggml.merges")
        .context("The file's tokenizer has no merges")?
        .into_iter()
        .map(|merge| {
            let (left, right) = merge.split_once(' ').context("A merge has one part only")?;
            Ok((left.to_owned(), right.to_owned()))
        })
        .collect::<Result<Vec<_>>>()?;
    let ids = tokens.iter().map(|token| (*token).to_owned()).zip(0u32..);
    let bpe = BPE::builder()
        .vocab_and_merges(ids.collect::<Vocab>(), merges)
        .ignore_merges(cutting.ignore_merges)
        .build()
        .map_err(|error| anyhow!("{error}"))
        .context("The file's tokenizer is damaged")?;
    let mut tokenizer = Tokenizer::new(bpe);
    if cutting.nfc {
        tokenizer
            .with_normalizer(Some(NFC))
            .map_err(|error| anyhow!("{error}"))?;
    }
    tokenizer.with_pre_tokenizer(Some(cutting.pre_tokenizer));
    tokenizer.with_decoder(Some(ByteLevel::default()));
    Ok(tokenizer)
}

/// The way of cutting with this name; names are llama.cpp's.
fn cutting(pre: &str) -> Result<Cutting> {
    let plain = |pre_tokenizer| Cutting {
        pre_tokenizer,
        nfc: false,
        ignore_merges: false,
    };
    Ok(match pre {
        "gpt-2" | "gpt2" => plain(ByteLevel::new(false, true, true).into()),
        "smollm" | "starcoder" | "refact" | "command-r" => plain(
            Sequence::new(vec![
                Digits::new(true).into(),
                ByteLevel::new(false, true, true).into(),
            ])
            .into(),
        ),
        "llama-bpe" | "llama3" | "llama-v3" | "falcon3" => Cutting {
            ignore_merges: true,
            ..plain(split(LLAMA3)?)
        },
        "smaug-bpe" | "dbrx" => plain(split(LLAMA3)?),
        "qwen2" | "deepseek-r1-qwen" | "megrez" => Cutting {
            nfc: true,
            ..plain(split(QWEN2)?)
        },
        "tekken" => Cutting {
            ignore_merges: true,
            ..plain(split(TEKKEN)?)
        },
        other => bail!(
            "The tokenizer {other:?} of this GGUF file is not supported; the same model as a \
             Hugging Face folder will work"
        ),
    })
}

/// llama.cpp's name of the way a `tokenizer.json` cuts words; `None` when it has none that is known.
pub(crate) fn gguf_name_of(tokenizer: &Value) -> Option<&'static str> {
    let given = comparable(&tokenizer["pre_tokenizer"]);
    let composes = tokenizer["normalizer"]["type"] == "NFC";
    let ignores = tokenizer["model"]["ignore_merges"] == true;
    if !composes && !tokenizer["normalizer"].is_null() {
        return None;
    }
    NAMES.into_iter().find(|name| {
        cutting(name).is_ok_and(|known| {
            let pre_tokenizer = serde_json::to_value(&known.pre_tokenizer).unwrap_or_default();
            known.nfc == composes
                && known.ignore_merges == ignores
                && comparable(&pre_tokenizer) == given
        })
    })
}

/// A pre-tokenizer without what does not change the tokens.
fn comparable(pre_tokenizer: &Value) -> Value {
    let mut steps = match &pre_tokenizer["pretokenizers"] {
        Value::Array(steps) => steps.clone(),
        _ => vec![pre_tokenizer.clone()],
    };
    for fields in steps.iter_mut().filter_map(Value::as_object_mut) {
        fields.remove("trim_offsets");
        if fields.get("type").is_some_and(|it| it == "ByteLevel") {
            fields.entry("use_regex").or_insert(true.into());
        }
    }
    Value::Array(steps)
}

fn split(pattern: &str) -> Result<PreTokenizerWrapper> {
    let split = Split::new(
        SplitPattern::Regex(pattern.to_owned()),
        SplitDelimiterBehavior::Isolated,
        false,
    )
    .map_err(|error| anyhow!("{error}"))?;
    Ok(Sequence::new(vec![
        split.into(),
        ByteLevel::new(false, true, false).into(),
    ])
    .into())
}
