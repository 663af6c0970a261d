"""Writes crates/lore_train/tests/fixtures/smollm2_lora.json: loss and gradient norms of SmolLM2-135M-Instruct
under PEFT, for one chat and an adapter given by a formula.

    LOREKEEPER_TEST_MODELS=DIR python tests/reference/smollm2_lora.py

DIR holds smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf. Needs torch, transformers, peft and gguf.
"""

import json
import math
import os
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "crates/lore_train/tests/fixtures"
OUT = FIXTURES / "smollm2_lora.json"
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"]
LENGTH = 160


def make_model(models, dropout=0.0):
    folder = models / "smollm2-135m-instruct"
    base = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf", dtype=torch.float32
    )
    base.config.use_cache = False
    config = LoraConfig(r=8, lora_alpha=16, lora_dropout=dropout, target_modules=TARGETS, task_type="CAUSAL_LM")
    return get_peft_model(base, config)


def fill(parameter, amplitude):
    """The formula the Rust test uses as well."""
    values = [amplitude * math.sin(0.7 * i + 0.3) for i in range(parameter.numel())]
    with torch.no_grad():
        parameter.copy_(torch.tensor(values).reshape(parameter.shape))


def example(length):
    ids = [(i * 7919) % 40000 for i in range(length)]
    learned = [i % 32 >= 24 for i in range(length)]
    return ids, learned


def loss_of(model, ids, learned):
    """As Hugging Face's trainer: labels of -100 where nothing is learned."""
    labels = [token if mask else -100 for token, mask in zip(ids, learned)]
    return model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss


def write_reference(models):
    model = make_model(models)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            fill(parameter, 0.02 if "lora_A" in name else 0.01)
    ids, learned = example(LENGTH)
    loss = loss_of(model, ids, learned)
    loss.backward()
    norms = {
        name.replace(".default", ""): parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    reference = {"ids": ids, "learned": learned, "loss": loss.item(), "grad_norms": norms}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(reference, sort_keys=True) + "\n")


def main():
    write_reference(pathlib.Path(os.environ["LOREKEEPER_TEST_MODELS"]))


if __name__ == "__main__":
    main()
