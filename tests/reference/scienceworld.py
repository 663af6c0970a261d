"""Plays the gold paths of every kind of task in the official ScienceWorld wrapper and writes down what came of it.

    python tests/reference/scienceworld.py [--out DIR] [--variations N]

N training variations of each of the 30 kinds (the first, the last, and those between at even distances). One line an
episode lands in DIR/episodes.jsonl: {task, variation, initial, steps: [{action, observation, score, done}]}. The JARs of
the wrapper and of py4j are copied beside it, for the comparison. An episode that is there already is not played again.

Every replay has a JVM of its own: the simulator numbers its objects from its start on and goes through them in an
order that follows from the numbers, so that scores depend on what the same JVM played before (in which of two steps
a lamp lights up, which flower is pollinated). Alone, an episode is the same every time.

The wrapper's own step decides about scores and ends. The list of all valid actions, which it makes at every step and which
changes nothing, is left out: it takes most of the time.
"""

import argparse
import json
import pathlib
import shutil
import sys

# This script has the package's name, and must not be taken for it.
sys.path.pop(0)

from py4j.java_gateway import find_jar_path
from scienceworld import ScienceWorldEnv
from scienceworld.constants import JAR_PATH


def variations(env, count):
    """`count` training variations, evenly spread."""
    every = env.get_variations_train()
    if count >= len(every):
        return every
    return sorted({every[round(i * (len(every) - 1) / max(count - 1, 1))] for i in range(count)})


def open_env():
    env = ScienceWorldEnv(envStepLimit=10_000)
    env.get_valid_action_object_combinations = list
    return env


def gold_path(env, task, variation):
    env.load(task, variation, "", generateGoldPath=True)
    env.reset()
    return env.get_gold_action_sequence()


def play(actions, task, variation):
    """One gold path, replayed in a JVM that knows nothing."""
    env = open_env()
    env.load(task, variation, "", generateGoldPath=False)
    initial, _ = env.reset()
    steps = []
    for action in actions:
        observation, _, done, info = env.step(action)
        steps.append({"action": action, "observation": observation, "score": info["score"], "done": done})
        if done:
            break
    env.close()
    return {"task": task, "variation": variation, "initial": initial, "steps": steps}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("target/reference/scienceworld"))
    parser.add_argument("--variations", type=int, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(JAR_PATH, options.out / "scienceworld.jar")
    shutil.copy(find_jar_path(), options.out / "py4j.jar")
    path = options.out / "episodes.jsonl"
    known = set()
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if line.endswith("}")]
        path.write_text("".join(line + "\n" for line in lines))
        known = {(episode["task"], episode["variation"]) for episode in map(json.loads, lines)}
    env = open_env()
    with path.open("a") as file:
        for task in env.get_task_names():
            env.load(task, 0, "")
            for variation in variations(env, options.variations):
                if (task, variation) in known:
                    continue
                episode = play(gold_path(env, task, variation), task, variation)
                file.write(json.dumps(episode) + "\n")
                file.flush()
                last = episode["steps"][-1]["score"] if episode["steps"] else None
                print(f"{task} {variation}: {len(episode['steps'])} steps, score {last}", file=sys.stderr)
    env.close()


if __name__ == "__main__":
    main()
