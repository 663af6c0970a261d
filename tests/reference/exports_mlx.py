"""Loads an exported MLX adapter with mlx-lm and holds it to its certificate.

    python tests/reference/exports_mlx.py OUT BASE                   (mlx[cpu] or mlx, mlx-lm, torch, transformers, gguf)

OUT is what `cargo xtask bench export` wrote, BASE a Hugging Face folder of the base model in f32. Printed, one JSON
object a line: the largest difference between mlx-lm's logits and the trained model's, over the 20 tokens that
stand in the certificate for each prompt, and how many greedy continuations agree. The base model without
the adapter comes first, to show what the adapter changes.
"""

import argparse
import json
import pathlib
import sys

import mlx.core as mx
from mlx_lm import load

TOLERANCE = 5e-3


def ask(model, tokens, count):
    ids, said, first = list(tokens), [], None
    for _ in range(count):
        logits = model(mx.array([ids]))[0, -1].astype(mx.float32)
        first = logits if first is None else first
        said.append(int(mx.argmax(logits)))
        ids.append(said[-1])
    return first, said


def check(name, model, prompts):
    largest, same = 0.0, 0
    for prompt in prompts:
        logits, said = ask(model, prompt["tokens"], len(prompt["trained_tokens"]))
        largest = max(largest, *(abs(float(logits[token]) - logit) for token, logit in prompt["trained_logits"]))
        same += said == prompt["trained_tokens"]
    answer = {"bench": "export-mlx", "case": name, "ours": largest, "reference": TOLERANCE, "unit": "logit"}
    print(json.dumps(answer | {"samples": len(prompts), "same_text": f"{same}/{len(prompts)}"}), flush=True)
    return largest <= TOLERANCE and same == len(prompts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("base", type=pathlib.Path)
    arguments = parser.parse_args()
    folder = arguments.out / "mlx"
    prompts = json.loads((folder / "parity.json").read_text())["parity"]["prompts"]
    check("base without adapter", load(str(arguments.base))[0], prompts)
    model, _ = load(str(arguments.base), adapter_path=str(folder))
    sys.exit(0 if check("mlx", model, prompts) else "mlx-lm computes something else")


if __name__ == "__main__":
    main()
