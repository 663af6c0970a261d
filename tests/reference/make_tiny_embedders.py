"""Writes the embedders among the fixtures of crates/lore_llm/tests: tiny random encoders in the three
shapes that exist, and what sentence-transformers says of some texts.

    python tests/reference/make_tiny_embedders.py      (torch, transformers, sentence-transformers)

`tiny-bert-mean` is shaped as MiniLM (mean of all tokens), `tiny-bert-cls` as BGE (first token, an
instruction before queries), `tiny-qwen3-embedding` as Qwen3-Embedding (a decoder; last token, which the
tokenizer appends; an instruction before queries).
"""

import json
import shutil

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

from make_tiny import CORPUS, OUT, tokenizer
from tiny_models import randomise

TEXTS = [
    "put a clean mug in the coffee machine",
    "You are in the middle of a room. Looking quickly around you, you see a desk 1, a drawer 2.",
    "egg",
    "heat some egg and put it in the garbage can. > open fridge 1 > take egg 1 from fridge 1 > go to " * 3,
    "h\u00e9llo \u4e16\u754c",
]
INSTRUCTION = "Instruct: Find what helps with this task\nQuery:"


def word_pieces():
    inner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    inner.train_from_iterator(
        CORPUS + TEXTS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    )
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=48,
    )


def bert(seed):
    torch.manual_seed(seed)
    return BertModel(BertConfig(
        vocab_size=200, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
        max_position_embeddings=64, initializer_range=0.2,
    ))


def qwen3():
    torch.manual_seed(23)
    return Qwen3Model(Qwen3Config(
        vocab_size=300, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=256, initializer_range=0.3,
        rope_theta=10000.0, rms_norm_eps=1e-6, tie_word_embeddings=True,
    ))


def with_last_token():
    """The decoder's tokenizer, which ends every text with the token whose state is the vector."""
    tok = tokenizer()
    tok.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <|endoftext|>", special_tokens=[("<|endoftext|>", 0)]
    )
    tok.padding_side = "left"
    # sentence-transformers would embed chats instead of texts.
    tok.chat_template = None
    return tok


def write(name, model, tok, mode, prompts, max_length=None):
    randomise(model)
    path = OUT / name
    shutil.rmtree(path, ignore_errors=True)
    bare = OUT / f"{name}-bare"
    model.eval().save_pretrained(bare)
    tok.save_pretrained(bare)
    transformer = Transformer(str(bare))
    if max_length:
        transformer.max_seq_length = max_length
    pooling = Pooling(model.config.hidden_size, pooling_mode=mode)
    whole = SentenceTransformer(modules=[transformer, pooling, Normalize()], prompts=prompts, device="cpu")
    whole.save_pretrained(str(path), create_model_card=False)
    shutil.rmtree(bare)
    whole = SentenceTransformer(str(path), device="cpu")
    return [
        {"text": text, "key": key.tolist(), "query": query.tolist()}
        for text, key, query in zip(TEXTS, whole.encode_document(TEXTS), whole.encode_query(TEXTS))
    ]


def main():
    vectors = {
        "tiny-bert-mean": write("tiny-bert-mean", bert(21), word_pieces(), "mean", None, 40),
        "tiny-bert-cls": write("tiny-bert-cls", bert(22), word_pieces(), "cls", {"query": "find this: ", "document": ""}),
        "tiny-qwen3-embedding": write(
            "tiny-qwen3-embedding", qwen3(), with_last_token(), "lasttoken", {"query": INSTRUCTION, "document": ""}
        ),
    }
    rounded = json.loads(json.dumps(vectors), parse_float=lambda number: round(float(number), 6))
    (OUT / "embedders.json").write_text(json.dumps(rounded))


if __name__ == "__main__":
    main()
