"""The tiny random models of `make_tiny.py`, one for each family of decoders."""

import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Ministral3Config,
    Ministral3ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

SHAPE = dict(
    vocab_size=300, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=256, initializer_range=0.3, bos_token_id=1, eos_token_id=2,
)
SMALL = SHAPE | dict(hidden_size=16, intermediate_size=24)


def llama():
    """What the GGUF file of it stores is float16; the folder float32."""
    return LlamaForCausalLM(LlamaConfig(
        **SHAPE, hidden_size=24, intermediate_size=40,
        rope_theta=10000.0, rms_norm_eps=1e-5, tie_word_embeddings=True,
    ))


def qwen2():
    return Qwen2ForCausalLM(Qwen2Config(**SMALL, rope_theta=5000.0, rms_norm_eps=1e-6, tie_word_embeddings=False))


def llama3_rope():
    scaling = dict(
        rope_type="llama3", rope_theta=10000.0, factor=4.0, low_freq_factor=1.0,
        high_freq_factor=4.0, original_max_position_embeddings=32,
    )
    return LlamaForCausalLM(LlamaConfig(**SMALL, rope_parameters=scaling, rms_norm_eps=1e-5, tie_word_embeddings=True))


def mistral():
    """A window shorter than the text, in every layer."""
    return MistralForCausalLM(MistralConfig(
        **SMALL, head_dim=6, sliding_window=9, rope_theta=10000.0, rms_norm_eps=1e-5, tie_word_embeddings=False,
    ))


def qwen3():
    return Qwen3ForCausalLM(Qwen3Config(
        **SMALL, head_dim=8, rope_theta=10000.0, rms_norm_eps=1e-6, tie_word_embeddings=True,
    ))


def gemma3():
    """Heads that are not as the hidden size says, scores not as the heads say, a window shorter than
    the text in every other layer, two ways of rotating, capped logits."""
    rotary = {
        "full_attention": dict(rope_type="linear", factor=2.0, rope_theta=1000000.0),
        "sliding_attention": dict(rope_type="default", rope_theta=10000.0),
    }
    return Gemma3ForCausalLM(Gemma3TextConfig(
        **SMALL | dict(num_hidden_layers=3), head_dim=8, query_pre_attn_scalar=10, sliding_window=7,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=rotary, final_logit_softcapping=20.0, rms_norm_eps=1e-6,
    ))


def ministral3():
    """`YaRN` with a ramp between the second and the fourth pair; queries that grow within the text."""
    rotary = dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=24,
        beta_fast=1.0, beta_slow=0.25, mscale=1.0, mscale_all_dim=0.5, llama_4_scaling_beta=0.1,
    )
    return Ministral3ForCausalLM(Ministral3Config(
        **SMALL, head_dim=16, rope_parameters=rotary, rms_norm_eps=1e-5, tie_word_embeddings=False,
    ))


# Name, precision on disk, how it is made. The seed of each is its place here.
FAMILIES = [
    ("tiny-llama", torch.float32, llama),
    ("tiny-qwen2", torch.bfloat16, qwen2),
    ("tiny-llama3-rope", torch.float16, llama3_rope),
    ("tiny-mistral", torch.bfloat16, mistral),
    ("tiny-qwen3", torch.bfloat16, qwen3),
    ("tiny-gemma3", torch.float16, gemma3),
    ("tiny-ministral3", torch.bfloat16, ministral3),
]


def randomise(model):
    """Norms and biases start at one and zero, which would hide their absence."""
    for _, weight in model.named_parameters():
        if weight.dim() == 1:
            with torch.no_grad():
                weight.add_(0.3 * torch.randn_like(weight))


def make(seed, precision, build):
    """A model whose numbers are those of its file: float16 where the GGUF file stores that."""
    torch.manual_seed(seed)
    model = build()
    randomise(model)
    model = model.to(torch.float16 if precision == torch.float32 else precision)
    return model.to(precision).eval()
