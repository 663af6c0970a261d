"""Writes the references that `lore_train` is held to: crates/lore_train/tests/fixtures/tiny-lora*.

Base models: tiny random ones of `make_tiny.py`. On top of each PEFT's LoRA on all seven projections,
with random A and B so that both have gradients, plain, rank-stabilised (rsLoRA) and weight-decomposed
(DoRA). Stored: the adapter, the loss and the gradients of one batch; of Llama also the losses and the
adapter of a short training with PyTorch's AdamW.

    python tests/reference/make_tiny_lora.py        (torch, transformers, peft)
"""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASES = ROOT / "crates/lore_llm/tests/fixtures"
OUT = ROOT / "crates/lore_train/tests/fixtures"
# Folder of the reference, its base, and what the adapter has besides; logits capped for Gemma are not
# trained on. Qwen 2 has biases, which DoRA's magnitudes must leave alone.
CASES = [
    ("tiny-lora", "tiny-llama", {}),
    ("tiny-lora-qwen3", "tiny-qwen3", {}),
    ("tiny-lora-gemma3", "tiny-gemma3", {}),
    ("tiny-rslora", "tiny-llama", {"use_rslora": True}),
    ("tiny-dora", "tiny-llama", {"use_dora": True}),
    ("tiny-dora-qwen2", "tiny-qwen2", {"use_dora": True}),
]
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RECIPE = {"learning_rate": 5e-3, "weight_decay": 0.1, "max_grad_norm": 0.5, "steps": 5}


def make_model(name, options):
    torch.manual_seed(11)
    base = AutoModelForCausalLM.from_pretrained(BASES / name, dtype=torch.float32)
    base.config.final_logit_softcapping = None
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=TARGETS, task_type="CAUSAL_LM", **options)
    model = get_peft_model(base, config)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def make_batch():
    """Two chats of different lengths; every third stretch of four tokens is learned."""
    lengths = [37, 23]
    ids = [[(7 * i * i + 13 * i + 5 * n) % 300 for i in range(length)] for n, length in enumerate(lengths)]
    learned = [[i // 4 % 3 == 2 for i in range(length)] for length in lengths]
    return ids, learned


def batch_loss(model, ids, learned):
    """The mean over the learned tokens of the whole batch, as Hugging Face's trainer computes it."""
    total = sum(sum(mask[1:]) for mask in learned)
    loss = 0.0
    for row, mask in zip(ids, learned):
        logits = model(input_ids=torch.tensor([row])).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(row[1:]), reduction="none")
        loss = loss + (losses * torch.tensor(mask[1:])).sum() / total
    return loss


def peft_name(name):
    return name.replace(".default", "").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def write(out, base, options):
    model = make_model(base, options)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(out)
    (out / "README.md").unlink(missing_ok=True)
    ids, learned = make_batch()
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=RECIPE["learning_rate"], weight_decay=RECIPE["weight_decay"])
    losses, norms = [], []
    is_trained = base == "tiny-llama" and "use_rslora" not in options
    for step in range(RECIPE["steps"] if is_trained else 1):
        optimizer.zero_grad()
        loss = batch_loss(model, ids, learned)
        loss.backward()
        if step == 0:
            save_file({peft_name(n): p.grad.clone() for n, p in trained.items()}, out / "gradients.safetensors")
        norms.append(torch.nn.utils.clip_grad_norm_(trained.values(), RECIPE["max_grad_norm"]).item())
        losses.append(loss.item())
        optimizer.step()
    if is_trained:
        final = {n: t.clone().contiguous() for n, t in get_peft_model_state_dict(model).items()}
        save_file(final, out / "trained.safetensors")
    reference = {"recipe": RECIPE, "ids": ids, "learned": learned, "losses": losses, "grad_norms": norms}
    (out / "reference.json").write_text(json.dumps(reference) + "\n")


def main():
    for name, base, options in CASES:
        (OUT / name).mkdir(parents=True, exist_ok=True)
        write(OUT / name, base, options)


if __name__ == "__main__":
    main()
