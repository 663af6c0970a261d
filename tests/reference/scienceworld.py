"""Plays the gold paths of every kind of task in the official ScienceWorld wrapper and writes down what came of it.

    python tests/reference/scienceworld.py [--out DIR] [--variations N]

N training variations of each of the 30 kinds (the first, the last, and those between at even distances). One line an
episode lands in DIR/episodes.jsonl: {task, variation, goal, initial, steps: [{action, observation, score, done}]}. The
JARs of the wrapper and of py4j are copied beside it, for the comparison. An episode that is there already is not played
again.

The wrapper and its JAR are as published; only Java is told to give all objects one hash. By itself it draws these
numbers from a sequence that goes on as long as it runs. The simulator keeps its things in sets ordered by them, so that
scores would depend on what was played before, and the wrapper would not agree with itself.

The wrapper's own step decides about scores and ends. The list of all valid actions, which it makes at every step and which
changes nothing, is left out: it takes most of the time. Gold paths come from a JVM of their own, because a wrapper
that made one makes it again at every reset.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys

# This script has the package's name, and must not be taken for it.
sys.path.pop(0)

from py4j.java_gateway import find_jar_path
from scienceworld import ScienceWorldEnv
from scienceworld.constants import JAR_PATH

ONE_HASH = "-XX:+UnlockExperimentalVMOptions -XX:hashCode=2"


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
    return env.get_gold_action_sequence()


def play(env, actions, task, variation):
    """One gold path, replayed."""
    env.load(task, variation, "", generateGoldPath=False)
    initial, _ = env.reset()
    goal = env.get_task_description()
    steps = []
    for action in actions:
        observation, _, done, info = env.step(action)
        steps.append({"action": action, "observation": observation, "score": info["score"], "done": done})
        if done:
            break
    return {"task": task, "variation": variation, "goal": goal, "initial": initial, "steps": steps}


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
    os.environ["JAVA_TOOL_OPTIONS"] = ONE_HASH
    guide, env = open_env(), open_env()
    with path.open("a") as file:
        for task in env.get_task_names():
            env.load(task, 0, "")
            for variation in variations(env, options.variations):
                if (task, variation) in known:
                    continue
                episode = play(env, gold_path(guide, task, variation), task, variation)
                file.write(json.dumps(episode) + "\n")
                file.flush()
                last = episode["steps"][-1]["score"] if episode["steps"] else None
                print(f"{task} {variation}: {len(episode['steps'])} steps, score {last}", file=sys.stderr)
    guide.close()
    env.close()


if __name__ == "__main__":
    main()
