"""GGUF files of the tiny models, written as llama.cpp's converter writes them, and one tensor of each
quantisation with the numbers it stands for."""

import json

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Quantisation
from safetensors.numpy import save_file
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

ARCHITECTURES = {
    "llama": ("llama", gguf.MODEL_ARCH.LLAMA),
    "qwen2": ("qwen2", gguf.MODEL_ARCH.QWEN2),
    "qwen3": ("qwen3", gguf.MODEL_ARCH.QWEN3),
    "gemma3_text": ("gemma3", gguf.MODEL_ARCH.GEMMA3),
    "ministral3": ("mistral3", gguf.MODEL_ARCH.MISTRAL3),
}
QUANTISATIONS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16"]


def write_gguf(model, tok, special, path):
    config = model.config
    name, architecture = ARCHITECTURES[config.model_type]
    writer = gguf.GGUFWriter(path, name)
    writer.add_name("tiny")
    write_shape(writer, config)
    write_rotary(writer, config)
    write_tokenizer(writer, tok, special)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        write_tensor(writer, config, names, name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_shape(writer, config):
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if config.model_type == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)
        writer.add_sliding_window_pattern(2)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    else:
        writer.add_rope_dimension_count(head_dim)


def write_rotary(writer, config):
    rotary = config.rope_parameters
    rotary = rotary.get("full_attention", rotary)
    writer.add_rope_freq_base(rotary["rope_theta"])
    if rotary["rope_type"] == "llama3":
        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config)
        head_dim = 2 * len(scaled)
        plain = rotary["rope_theta"] ** (-torch.arange(0, head_dim, 2) / head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / scaled).float().numpy())
    if rotary["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rotary["factor"])
    if rotary["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rotary["factor"])
        writer.add_rope_scaling_orig_ctx_len(rotary["original_max_position_embeddings"])
        writer.add_rope_scaling_yarn_beta_fast(rotary["beta_fast"])
        writer.add_rope_scaling_yarn_beta_slow(rotary["beta_slow"])
        writer.add_rope_scaling_yarn_log_mul(rotary["mscale_all_dim"])
        writer.add_attn_temperature_scale(rotary["llama_4_scaling_beta"])


def write_tokenizer(writer, tok, special):
    vocab = sorted(tok.get_vocab().items(), key=lambda item: item[1])
    merges = json.loads(tok.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([token for token, _ in vocab])
    writer.add_token_types([3 if token in special else 1 for token, _ in vocab])
    writer.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(tok.chat_template)


def write_tensor(writer, config, names, name, weight):
    """Matrices in the precision of the folder, rows of Llama's q and k for interleaved rotation,
    Gemma's norms as factors."""
    values = weight.float().numpy()
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for part, count in heads.items():
        if part in name and config.model_type in ("llama", "ministral3"):
            values = interleave(values, count)
    if name.endswith("norm.weight") and config.model_type == "gemma3_text":
        values = values + np.float32(1.0)
    suffix = ".bias" if name.endswith(".bias") else ".weight"
    stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
    assert stored.endswith(suffix), stored
    values = np.ascontiguousarray(values)
    if values.ndim == 1:
        writer.add_tensor(stored, values)
    elif config.dtype == torch.bfloat16:
        writer.add_tensor(stored, gguf.quants.quantize(values, Quantisation.BF16), raw_dtype=Quantisation.BF16)
    else:
        writer.add_tensor(stored, values.astype(np.float16))


def interleave(values, heads):
    rows, cols = values.shape
    return values.reshape(heads, 2, rows // heads // 2, cols).swapaxes(1, 2).reshape(rows, cols)


def write_quantisations(out):
    """`quants.gguf` holds a matrix of each quantisation, `quants.safetensors` what the `gguf` package
    says its numbers are."""
    random = np.random.default_rng(5)
    writer = gguf.GGUFWriter(out / "quants.gguf", "llama")
    numbers = {}
    for name in QUANTISATIONS:
        kind = Quantisation[name]
        packed = quantised(random, kind)
        writer.add_tensor(name, packed, raw_dtype=kind)
        numbers[name] = gguf.quants.dequantize(packed, kind).astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(numbers, out / "quants.safetensors")


def quantised(random, kind):
    """Two rows of 512 numbers. The package packs no K-quants: those are random bytes with scales of a
    sensible size."""
    values = random.standard_normal((2, 512)).astype(np.float32)
    scales_at = {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}.get(kind.name)
    if scales_at is None:
        return gguf.quants.quantize(values, kind)
    block, size = gguf.GGML_QUANT_SIZES[kind]
    packed = random.integers(0, 256, (2, 512 // block, size), dtype=np.uint8)
    for at in scales_at:
        scales = random.uniform(0.001, 0.01, packed.shape[:2]).astype(np.float16)
        packed[..., at:at + 2] = scales[..., None].view(np.uint8)
    return packed.reshape(2, -1)
