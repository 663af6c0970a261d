"""Loads exported folders with transformers and PEFT and holds them to their certificates.

    python tests/reference/exports_transformers.py OUT BASE          (torch, transformers, peft, gguf)

OUT is what `cargo xtask bench export` wrote, BASE the base model: a GGUF file or a Hugging Face folder. Each
prompt of `parity.json` is given as tokens; printed, one JSON object a line: the largest difference between
the logits and the trained model's, over the 20 tokens that stand in the certificate, how many greedy
continuations agree, and on how many prompts the exported tokenizer makes the same tokens of the same text.
A bundle's script is run, too: it must build the prompt that this program builds.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

# Largest difference of a logit: adapters are exact, f16 rounds to 11 bits, bf16 to 8.
TOLERANCE = {"peft": 5e-3, "bundle": 5e-3, "safetensors_f16": 0.25, "safetensors_bf16": 2.0}


def load_base(path):
    if path.is_file():
        where = {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    else:
        where = {"pretrained_model_name_or_path": path}
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    return AutoTokenizer.from_pretrained(**where), model


def load(name, folder, base):
    if name in ("peft", "bundle"):
        tokenizer, model = load_base(base)
        adapter = folder / "adapter" if name == "bundle" else folder
        return tokenizer, PeftModel.from_pretrained(model, adapter).eval()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return AutoTokenizer.from_pretrained(folder), model.eval()


@torch.no_grad()
def check(name, tokenizer, model, prompts):
    largest, same, same_tokens = 0.0, 0, 0
    for prompt in prompts:
        ids = torch.tensor([prompt["tokens"]])
        logits = model(input_ids=ids).logits[0, -1]
        largest = max(largest, *(abs(logits[token].item() - logit) for token, logit in prompt["trained_logits"]))
        expected = prompt["trained_tokens"]
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=len(expected)
        )
        same += output[0, ids.shape[1] :].tolist() == expected
        text = tokenizer.decode(prompt["tokens"], clean_up_tokenization_spaces=False)
        same_tokens += tokenizer(text, add_special_tokens=False).input_ids == prompt["tokens"]
    answer = {
        "bench": "export-transformers",
        "case": name,
        "ours": largest,
        "reference": TOLERANCE[name],
        "ratio": largest / TOLERANCE[name],
        "unit": "logit",
        "samples": len(prompts),
        "same_text": f"{same}/{len(prompts)}",
        "same_tokens": f"{same_tokens}/{len(prompts)}",
    }
    print(json.dumps(answer), flush=True)
    return largest <= TOLERANCE[name] and same == len(prompts)


def run_bundle(folder, base, embedder):
    """The bundle's own script, on its own example."""
    example = json.loads((folder / "prompt.json").read_text())["example"]
    with tempfile.TemporaryDirectory() as saved:
        for part in load_base(base):
            part.save_pretrained(saved)
        command = [sys.executable, folder / "run.py", saved, example["task"], example["seen"], embedder]
        reply = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print(json.dumps({"bench": "export-bundle", "case": "run.py", "ours": reply, "reference": example["reply"]}))
    return reply == example["reply"].strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("base", type=pathlib.Path)
    parser.add_argument("--embedder", help="a local copy of the bundle's embedder")
    arguments = parser.parse_args()
    holds = True
    for path in sorted(arguments.out.glob("*/parity.json")):
        certificate = json.loads(path.read_text())
        name = certificate["format"]
        if name not in TOLERANCE:
            continue
        tokenizer, model = load(name, path.parent, arguments.base)
        holds &= check(name, tokenizer, model, certificate["parity"]["prompts"])
        if name == "bundle" and arguments.embedder:
            holds &= run_bundle(path.parent, arguments.base, arguments.embedder)
    sys.exit(0 if holds else "the reference computes something else")


if __name__ == "__main__":
    main()
