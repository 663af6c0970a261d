"""Writes what Hugging Face computes with SmolLM2-135M-Instruct (GGUF, Q4_1) and all-MiniLM-L6-v2.

    LOREKEEPER_TEST_MODELS=DIR python tests/reference/smollm2.py

DIR holds smollm2-135m-instruct/*.gguf and all-minilm-l6-v2/. Needs torch, transformers, gguf and
sentence-transformers. Writes smollm2.json and minilm.json beside the other fixtures of lore_llm.
"""

import json
import os
import pathlib

import torch
from sentence_transformers import SentenceTransformer, models
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

MODELS = pathlib.Path(os.environ["LOREKEEPER_TEST_MODELS"])
OUT = pathlib.Path(__file__).parents[2] / "crates" / "lore_llm" / "tests" / "fixtures"
CHAT = [
    {"role": "system", "content": "You act in a household. Answer with one action."},
    {"role": "user", "content": "You are in the middle of a room. Looking around you, you see a "
     "cabinet 2, a cabinet 1, a fridge 1 and a sinkbasin 1.\nYour task is to: put a clean mug in cabinet."},
]
TRICKY = [
    "Hello, world! It's 2026; 12345 tokens.",
    "fn main() {\n    println!(\"h\u00e9llo \u4e16\u754c \U0001f642\");\n}\n",
    "   leading   spaces\t\ttabs\n\n\nnewlines \n x",
    "na\u00efve e\u0301 \u00bd 3.14 \u0664\u0662 100,000",
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n",
    "don't I'LL we've",
]
SENTENCES = [
    "put a clean mug in cabinet",
    "You are in the middle of a room. Looking around you, you see a fridge 1, a desk 2 and a shelf 1.",
    "Photosynthesis \u00e9t\u00e9 \u2014 " + "a very long text about many things, " * 60,
]


def language_model():
    folder = MODELS / "smollm2-135m-instruct"
    file = next(folder.glob("*.gguf")).name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    # transformers builds GPT-2's cutting for every byte-level GGUF file; SmolLM2's own
    # tokenizer.json (and llama.cpp for pre = "smollm") first cuts digits one by one.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    text = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False).input_ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=24, do_sample=False,
        )[0, len(ids):]
    rows = []
    for row in (0, 1, len(ids) // 2, len(ids) - 1):
        top = torch.topk(logits[row], 8)
        rows.append({
            "row": row,
            "tokens": top.indices.tolist(),
            "logits": [round(v, 4) for v in top.values.tolist()],
            "mean_magnitude": round(logits[row].abs().mean().item(), 5),
            "log_sum_exp": round(torch.logsumexp(logits[row], 0).item(), 4),
        })
    return {
        "chat": CHAT, "text": text, "ids": ids, "rows": rows, "greedy": greedy.tolist(),
        "greedy_text": tokenizer.decode(greedy, skip_special_tokens=True),
        "tricky": [{"text": t, "ids": tokenizer(t, add_special_tokens=False).input_ids} for t in TRICKY],
    }


def embedder():
    # Put together by hand: packages of the model leave out the folder 1_Pooling.
    encoder = models.Transformer(str(MODELS / "all-minilm-l6-v2"), max_seq_length=256)
    pooling = models.Pooling(encoder.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[encoder, pooling, models.Normalize()], device="cpu")
    vectors = model.encode(SENTENCES, normalize_embeddings=True)
    return [{"text": t, "vector": [round(float(v), 6) for v in x]} for t, x in zip(SENTENCES, vectors)]


def main():
    (OUT / "smollm2.json").write_text(json.dumps(language_model()))
    (OUT / "minilm.json").write_text(json.dumps(embedder()))


if __name__ == "__main__":
    main()
