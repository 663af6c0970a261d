"""Times a training step of SmolLM2-135M-Instruct under PEFT: what `cargo xtask bench train` compares with.

    LOREKEEPER_TEST_MODELS=DIR python tests/reference/train.py TOKENS [--bf16] [--samples N] [--threads T]

A step is the gradient of the last TOKENS tokens of crates/lore_train/tests/fixtures/trajectory.json. `--bf16` computes
it under torch.autocast. Prints one JSON object with medians after a step to warm up. Needs what smollm2_lora.py needs.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import time

import torch

from smollm2_lora import FIXTURES, loss_of, make_model


def trajectory(length):
    stored = json.loads((FIXTURES / "trajectory.json").read_text())
    learned = [False] * len(stored["ids"])
    for start, end in stored["learned"]:
        learned[start:end] = [True] * (end - start)
    return stored["ids"][-length:], learned[-length:]


def time_step(models, arguments):
    torch.set_num_threads(arguments.threads)
    model = make_model(models, dropout=0.1)
    model.train()
    ids, learned = trajectory(arguments.tokens)
    times = []
    for _ in range(arguments.samples + 1):
        start, start_cpu = time.perf_counter(), time.process_time()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16):
            loss = loss_of(model, ids, learned)
        loss.backward()
        times.append((time.perf_counter() - start, time.process_time() - start_cpu))
        model.zero_grad()
    secs, cpu_secs = (statistics.median(column) for column in zip(*times[1:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"secs": secs, "cpu_secs": cpu_secs, "peak_bytes": peak, "loss": loss.item()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tokens", type=int)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    models = pathlib.Path(os.environ["LOREKEEPER_TEST_MODELS"])
    print(json.dumps(time_step(models, parser.parse_args())), flush=True)


if __name__ == "__main__":
    main()
