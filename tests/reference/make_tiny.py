"""Writes the fixtures of crates/lore_llm/tests: tiny random models and what Hugging Face says of them.

    python tests/reference/make_tiny.py          needs torch, transformers, peft, gguf, tokenizers

Everything is seeded; the same versions write the same bytes. The models have a byte-level BPE
tokenizer with 300 entries that is trained here on a few sentences.
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tiny_gguf import ARCHITECTURES, write_gguf, write_quantisations
from tiny_models import FAMILIES, make

OUT = pathlib.Path(__file__).parents[2] / "crates" / "lore_llm" / "tests" / "fixtures"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SMOLLM_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
STRICT_TEMPLATE = """{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Roles must alternate') }}
    {%- endif %}
    {%- if message['role'] == 'user' %}
        {%- if loop.last and system is defined %}
            {{- '[INST] ' + system + '\n\n' + message['content'] + ' [/INST]' }}
        {%- else %}
            {{- '[INST] ' + message['content'] + ' [/INST]' }}
        {%- endif %}
    {%- else %}
        {{- ' ' + message['content'].strip() + eos_token }}
    {%- endif %}
{%- endfor %}
"""
CORPUS = [
    "go to cabinet 1", "take apple 2 from fridge 1", "you are in the middle of a room",
    "open drawer 3", "put the mug in the coffee machine", "you see a desk lamp and a book",
    "examine the shelf", "Your task is to: heat some egg and put it in the garbage can.",
]
TRICKY = [
    "Hello, world! It's 2026; 12345 tokens.",
    "   leading   spaces\t\ttabs\n\n\nnewlines \n x",
    "h\u00e9llo \u4e16\u754c \U0001f642 na\u00efve e\u0301",
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n",
    "take mug 1 from coffeemachine 1",
    "don't I'LL we've",
    "",
]
CHATS = [
    [("user", "You are in a room.")],
    [("system", "Act."), ("user", "You see a mug."), ("assistant", "take mug 1"), ("user", "Done?")],
    [("user", " spaced "), ("assistant", "go"), ("user", "a\nb"), ("assistant", "look <b>")],
]


def tokenizer():
    inner = Tokenizer(models.BPE())
    # The cutting of SmolLM2: digits one by one, then GPT-2's words.
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    inner.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<|im_start|>", eos_token="<|im_end|>",
        unk_token="<|endoftext|>", pad_token="<|im_end|>", chat_template=SMOLLM_TEMPLATE,
    )


def reference(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        greedy = model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=24, do_sample=False, eos_token_id=None, pad_token_id=0,
        )[0, len(ids):]
    rows = [0, len(ids) // 2, len(ids) - 1]
    return {
        "ids": ids,
        "rows": rows,
        "logits": [[round(v, 5) for v in logits[row].tolist()] for row in rows],
        "greedy": greedy.tolist(),
    }


def messages(chat):
    return [{"role": role, "content": content} for role, content in chat]


def chat_reference(tok):
    out = {"tricky": [{"text": t, "ids": tok(t, add_special_tokens=False).input_ids} for t in TRICKY]}
    out["templates"] = {"smollm": SMOLLM_TEMPLATE, "llama3": LLAMA3_TEMPLATE, "strict": STRICT_TEMPLATE}
    out["chats"] = []
    for chat in CHATS:
        rendered = {
            name: {
                str(prompt).lower(): tok.apply_chat_template(
                    messages(chat), chat_template=source, tokenize=False, add_generation_prompt=prompt
                )
                for prompt in (False, True)
            }
            for name, source in out["templates"].items()
        }
        out["chats"].append({"messages": messages(chat), "rendered": rendered})
    return out


def write_adapter(model, ids, dir):
    """A LoRA adapter with random matrices, and the logits of the model that carries it."""
    torch.manual_seed(4)
    config = LoraConfig(
        r=4, lora_alpha=8, lora_dropout=0.1, task_type="CAUSAL_LM",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    )
    adapted = get_peft_model(model, config).eval()
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            weight.data.normal_(0.0, 0.1)
    adapted.peft_config["default"].base_model_name_or_path = "tiny/llama"
    adapted.save_pretrained(dir)
    (dir / "README.md").unlink(missing_ok=True)
    result = reference(adapted, ids)
    adapted.unload()
    return result


def main():
    for old in OUT.glob("tiny-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    OUT.mkdir(parents=True, exist_ok=True)
    tok = tokenizer()
    ids = tok("Your task is to: put the mug 12 in the fridge.\n> take mug 1\n", add_special_tokens=False).input_ids
    reference_values = {}
    for seed, (name, precision, build) in enumerate(FAMILIES, start=1):
        model = make(seed, precision, build)
        # Gemma's in several files, as large models come.
        model.save_pretrained(OUT / name, max_shard_size="16KB" if name == "tiny-gemma3" else "5GB")
        stored = model.config.dtype
        # Loaded anew: casting the model also rounded its rotary frequencies.
        model = type(model).from_pretrained(OUT / name, dtype=torch.float32).eval()
        tok.save_pretrained(OUT / name)
        reference_values[name] = reference(model, ids)
        if name == "tiny-llama":
            reference_values["tiny-adapter"] = write_adapter(model, ids, OUT / "tiny-adapter")
        if model.config.model_type in ARCHITECTURES:
            model.config.dtype = stored
            write_gguf(model, tok, SPECIAL, OUT / f"{name}.gguf")
    write_quantisations(OUT)
    for path in OUT.rglob("generation_config.json"):
        path.unlink()
    (OUT / "reference.json").write_text(json.dumps(reference_values))
    (OUT / "chats.json").write_text(json.dumps(chat_reference(tok), indent=1))


if __name__ == "__main__":
    main()
