"""Loads an exported adapter with PEFT and prints what the model then says, as one JSON object.

    python tests/reference/peft_load.py MODEL ADAPTER PROMPT [--tokens N]     (torch, transformers, peft)

MODEL is a Hugging Face folder or a GGUF file, ADAPTER the exported folder, PROMPT a text file or `-`. Printed:
`text`, the greedy continuation of the prompt's raw text (no chat template); `ids`, its tokens; `prompt_ids`;
`logits`, those of the first new token, of the 20 most likely; `logits_norm`, the length of the whole vector.
"""

import argparse
import json
import pathlib
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


def load(path, adapter):
    if path.is_file():
        where = {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    else:
        where = {"pretrained_model_name_or_path": path}
    base = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    return AutoTokenizer.from_pretrained(**where), PeftModel.from_pretrained(base, adapter).eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("adapter", type=pathlib.Path)
    parser.add_argument("prompt")
    parser.add_argument("--tokens", type=int, default=16)
    arguments = parser.parse_args()
    if arguments.prompt == "-":
        prompt = sys.stdin.read()
    else:
        prompt = pathlib.Path(arguments.prompt).read_text()
    tokenizer, model = load(arguments.model, arguments.adapter)
    prompt_ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
    with torch.no_grad():
        logits = model(input_ids=prompt_ids).logits[0, -1]
        output = model.generate(input_ids=prompt_ids, do_sample=False, max_new_tokens=arguments.tokens)
    new_ids = output[0, prompt_ids.shape[1] :]
    top = torch.topk(logits, min(20, logits.numel()))
    answer = {
        "text": tokenizer.decode(new_ids, skip_special_tokens=True),
        "ids": new_ids.tolist(),
        "prompt_ids": prompt_ids[0].tolist(),
        "logits": dict(zip(map(str, top.indices.tolist()), top.values.tolist())),
        "logits_norm": logits.norm().item(),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
