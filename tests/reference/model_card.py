"""Reads the model cards of exported folders as the hub does.

    python tests/reference/model_card.py OUT [--online]              (huggingface_hub, pyyaml)

OUT is what `cargo xtask bench export` wrote. `huggingface_hub` parses the front matter, evaluation results
included, and refuses what it cannot make sense of. With `--online` the hub's own validator is asked as
well, which needs a network.
"""

import argparse
import json
import pathlib
import sys

from huggingface_hub import ModelCard

LIBRARIES = {"peft", "transformers", "gguf", "mlx"}


def check(path, online):
    card = ModelCard.load(path, ignore_metadata_errors=False)
    data = card.data
    problems = []
    if data.library_name not in LIBRARIES:
        problems.append(f"library {data.library_name!r}")
    if data.pipeline_tag != "text-generation":
        problems.append(f"pipeline {data.pipeline_tag!r}")
    if not data.base_model or "/" not in data.base_model:
        problems.append(f"base model {data.base_model!r}")
    if not data.license:
        problems.append("no licence")
    for result in data.eval_results or []:
        if not 0.0 <= result.metric_value <= 1.0 or result.metric_type != "success_rate":
            problems.append(f"result {result}")
    # What is read must be written the same again.
    again = ModelCard(str(card))
    if again.data.to_dict() != data.to_dict():
        problems.append("the front matter does not survive a round trip")
    if online:
        card.validate(repo_type="model")
    answer = {"card": path.parent.name, "results": len(data.eval_results or []), "problems": problems}
    print(json.dumps(answer))
    return not problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--online", action="store_true")
    arguments = parser.parse_args()
    cards = sorted(arguments.out.glob("*/README.md"))
    holds = [check(path, arguments.online) for path in cards]
    sys.exit(0 if holds and all(holds) else "a card does not hold")


if __name__ == "__main__":
    main()
