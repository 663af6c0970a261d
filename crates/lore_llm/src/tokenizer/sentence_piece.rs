//! `SentencePiece` BPE with byte fallback, as Llama 2, `TinyLlama` and Mistral 7B have it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow, ensure};
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as DecoderSequence;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::utils::Sequence as NormalizerSequence;
use tokenizers::normalizers::{NormalizerWrapper, Prepend, Replace};
use tokenizers::{DecoderWrapper, Tokenizer};

use crate::source::GgufFile;

/// What `SentencePiece` writes for a space.
const SPACE: &str = "\u{2581}";

pub(super) fn build(file: &GgufFile, tokens: &[&str]) -> Result<Tokenizer> {
    let scores = file
        .reals("tokenizer.ggml.scores")
        .context("The file's tokenizer has no scores")?;
    ensure!(
        scores.len() == tokens.len(),
        "The file's tokenizer is damaged: it does not have one score for each token"
    );
    let unknown = file.number("tokenizer.ggml.unknown_token_id").unwrap_or(0);
    let unknown = tokens.get(unknown as usize).copied().unwrap_or("<unk>");
    let ids = tokens.iter().map(|token| (*token).to_owned()).zip(0u32..);
    let bpe = BPE::builder()
        .vocab_and_merges(ids.collect::<Vocab>(), merges(tokens, &scores))
        .unk_token(unknown.to_owned())
        .fuse_unk(true)
        .byte_fallback(true)
        .build()
        .map_err(|error| anyhow!("{error}"))
        .context("The file's tokenizer is damaged")?;
    let mut tokenizer = Tokenizer::new(bpe);
    let with_prefix = file.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
    let mut normalizers: Vec<NormalizerWrapper> = Vec::new();
    if with_prefix {
        normalizers.push(Prepend::new(SPACE.to_owned()).into());
    }
    normalizers.push(replace(" ", SPACE)?.into());
    tokenizer
        .with_normalizer(Some(NormalizerSequence::new(normalizers)))
        .map_err(|error| anyhow!("{error}"))?;
    let mut decoders: Vec<DecoderWrapper> = vec![
        replace(SPACE, " ")?.into(),
        ByteFallback::default().into(),
        Fuse::default().into(),
    ];
    if with_prefix {
        decoders.push(Strip::new(' ', 1, 0).into());
    }
    tokenizer.with_decoder(Some(DecoderSequence::new(decoders)));
    Ok(tokenizer)
}

fn replace(from: &str, to: &str) -> Result<Replace> {
    Replace::new(from, to).map_err(|error| anyhow!("{error}"))
}

/// `SentencePiece` merges whichever neighbours make the token with the highest score; as a list, that
/// is every way to put a token together, best token first, ties by the parts' numbers.
fn merges(tokens: &[&str], scores: &[f32]) -> Vec<(String, String)> {
    let ids: BTreeMap<&str, usize> = tokens.iter().copied().zip(0..).collect();
    let mut merges = Vec::new();
    for (token, score) in tokens.iter().zip(scores) {
        for (cut, _) in token.char_indices().skip(1) {
            let (left, right) = token.split_at(cut);
            if let (Some(left_id), Some(right_id)) = (ids.get(left), ids.get(right)) {
                merges.push((*score, *left_id, *right_id, left, right));
            }
        }
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    merges
        .into_iter()
        .map(|(_, _, _, left, right)| (left.to_owned(), right.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_tokens_are_merged_first() {
        let tokens = ["a", "b", "c", "bc", "ab", "abc"];
        let merged = merges(&tokens, &[0.0, 0.0, 0.0, -1.0, -2.0, -3.0]);
        let expected = [("b", "c"), ("a", "b"), ("a", "bc"), ("ab", "c")];
        let expected = expected.map(|(l, r)| (l.to_owned(), r.to_owned()));
        assert_eq!(merged, expected);
    }
}
