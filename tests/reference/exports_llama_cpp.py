"""Loads exported GGUF files with llama.cpp and holds them to their certificates.

    python tests/reference/exports_llama_cpp.py OUT BASE.gguf        (llama-cpp-python, numpy)

OUT is what `cargo xtask bench export` wrote, BASE.gguf the base model. Each prompt of `parity.json` is given to
llama.cpp as tokens; printed, one JSON object a line: the largest difference between llama.cpp's logits and
the trained model's, over the 20 tokens that stand in the certificate, how many greedy continuations agree,
and on how many prompts llama.cpp's own tokenizer makes the same tokens of the same text. The base model
without the adapter comes first, to show what the adapter changes.

llama.cpp multiplies quantised weights with activations rounded to 8 bits, which this program does not, so
files with quantised weights differ by more than rounding. Files that hold only f16 and f32 do not.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from llama_cpp import Llama

# Largest difference of a logit that a file of each form may show under llama.cpp.
TOLERANCE = {"gguf_f16": 0.25, "gguf_lora": 3.0, "gguf_q8_0": 3.0, "ollama": 3.0}


def load(path, lora=None):
    return Llama(
        str(path), lora_path=lora and str(lora), n_ctx=2048, n_batch=512, logits_all=True, verbose=False, seed=0
    )


def ask(model, tokens, count):
    """Logits behind the prompt and the greedy continuation of `count` tokens."""
    model.reset()
    model.eval(tokens)
    first = np.array(model.scores[model.n_tokens - 1])
    said = []
    while len(said) < count:
        token = int(np.argmax(model.scores[model.n_tokens - 1]))
        said.append(token)
        if len(said) < count:
            model.eval([token])
    return first, said


def check(name, model, prompts):
    largest, same, same_tokens = 0.0, 0, 0
    for prompt in prompts:
        expected = prompt["trained_tokens"]
        logits, said = ask(model, prompt["tokens"], len(expected))
        largest = max(largest, *(abs(float(logits[token]) - logit) for token, logit in prompt["trained_logits"]))
        same += said == expected
        text = model.detokenize(prompt["tokens"], special=True)
        same_tokens += model.tokenize(text, add_bos=False, special=True) == prompt["tokens"]
    answer = {
        "bench": "export-llama.cpp",
        "case": name,
        "ours": largest,
        "reference": TOLERANCE.get(name),
        "unit": "logit",
        "samples": len(prompts),
        "same_text": f"{same}/{len(prompts)}",
        "same_tokens": f"{same_tokens}/{len(prompts)}",
    }
    print(json.dumps(answer), flush=True)
    return name not in TOLERANCE or largest <= TOLERANCE[name]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("base", type=pathlib.Path)
    arguments = parser.parse_args()
    certificates = sorted(arguments.out.glob("*/parity.json"))
    holds = True
    for path in certificates:
        certificate = json.loads(path.read_text())
        name, prompts = certificate["format"], certificate["parity"]["prompts"]
        files = sorted(path.parent.glob("*.gguf"))
        if not files:
            continue
        if name == "gguf_lora":
            check("base without adapter", load(arguments.base), prompts)
            model = load(arguments.base, lora=files[0])
        else:
            model = load(files[0])
        holds &= check(name, model, prompts)
    sys.exit(0 if holds else "llama.cpp computes something else")


if __name__ == "__main__":
    main()
