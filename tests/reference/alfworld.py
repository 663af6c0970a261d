"""Plays official ALFWorld games in TextWorld and writes down everything an agent would read.

    python -I tests/reference/alfworld.py [--games N] [--data DIR] [--out DIR] [--jobs N] [--only TEXT] [--plain]
    python -I tests/reference/alfworld.py --time FILE
    python -I tests/reference/alfworld.py --transcribe FILE

N games of the training set, spread over all of it, and every game of valid_seen; each in both wordings (the grammar
of the released games, and that of the installed package) and with two walks: a random one from a seed, and one of the
official hand-coded expert. DIR of the data holds `alfworld_games_{train,valid_seen}.jsonl.gz`, `alfred.pddl` and
`alfred.twl2`. One file a game lands in the folder `--out`, beside `games.txt` with their names; a game whose file is
there already is not played again.

A file's first line is {record}, the game; the others are walks: {wording, walk, seed, initial, admissible, steps:
[{action, observation, admissible, won}]}. Playing goes on for three steps after a win.

The hand-coded expert understands the package's wording only, so its walk in the other wording is the same actions said
in its words. TextWorld does the same work over and over: translating the same problem, parsing the same rule. This
script remembers the results of these pure functions unless it is told `--plain`, which takes much longer.

`--time` takes the given actions in the given games, {record, actions} a line, with TextWorld as it is, and prints for
each {load, steps}: the seconds of processor time until the first observation, and for all actions. `--transcribe`
makes `tests/fixtures/generated_episodes.jsonl` of lore_env from what its example `generated_games` prints.
"""

import argparse
import copy
import functools
import gzip
import json
import multiprocessing
import os
import pathlib
import random
import sys
import tempfile
import time

import textworld
from alfworld.agents.environment.alfred_tw_env import AlfredDemangler, AlfredExpert
from alfworld.info import ALFRED_PDDL_PATH, ALFRED_TWL2_PATH
from textworld.envs.pddl import PddlEnv, logic, textgen
from textworld.generator.game import EntityInfo
from textworld.logic import Placeholder, Variable

ROOT = pathlib.Path(__file__).resolve().parents[2]
RANDOM_STEPS = 40
EXPERT_STEPS = 100
STEPS_AFTER_WIN = 3
# What no game understands, or not in this form: whatever is asked, the answer is part of the engine.
NONSENSE = ["", "help me", "go to", "go to the moon 1", "open", "take", "put", "use lamp", "LOOK", "examine  desk 1"]


def remember_pure_functions():
    """Keeps results of TextWorld's parsers and of the translation of a problem, and lets copies of a context share the
    names in it, which nothing changes once a game is loaded."""
    translate = logic.fast_downward.pddl2sas

    @functools.lru_cache(maxsize=4)
    def translated(domain, problem):
        return translate(domain, problem)

    # The other form, which `optimize` asks for, is used by the planner only, which is never asked here.
    logic.fast_downward.pddl2sas = lambda domain, problem, verbose=False, optimize=False: translated(domain, problem)
    for module in (textgen, logic):
        parse = functools.lru_cache(maxsize=None)(module._parse_and_convert)
        # Symbols are given a context when they are used: each use gets its own.
        module._parse_and_convert = functools.partial(_fresh, parse)
    query = functools.lru_cache(maxsize=None)(textgen.Rule.parse_conjunctive_query)
    textgen.Rule.parse_conjunctive_query = query
    for kind in (EntityInfo, Placeholder, Variable):
        kind.__deepcopy__ = lambda self, _: self


    textgen.ContextSensitiveGrammar.derive = _remembering(textgen.ContextSensitiveGrammar.derive)


def _remembering(derive):
    """The command of an action depends on what the action is about and on where receptacles stand, which never
    changes: it is derived once a game. Feedback, whose rules start with a hash sign, is derived each time."""

    def remembering(grammar, start, context):
        if start.startswith("#"):
            return derive(grammar, start, context)
        known = context["state"].__dict__.setdefault("known_commands", {})
        key = (start, *((name.name, thing.name) for name, thing in context["mapping"].items()))
        if key not in known:
            known[key] = derive(grammar, start, context)
        return known[key]

    return remembering


def _fresh(parse, text, rule_name, trace=False):
    del trace  # shows how the parser works
    return copy.deepcopy(parse(text, rule_name=rule_name))


class Game:
    """A game's files in the form the official package wants, and its environments."""

    def __init__(self, record, wordings, folder):
        self.record = record
        self.wordings = wordings
        self.folder = folder
        self.file = folder / "game.tw-pddl"

    def environment(self, wording):
        domain, grammar = self.wordings[wording]
        # The text of a task ends with the full stop that the grammar has too.
        task = self.record["task"].removesuffix(".")
        game = {
            "pddl_domain": domain,
            "grammar": grammar.replace("UNKNOWN GOAL", task),
            "pddl_problem": self.record["pddl_problem"],
            "solvable": True,
        }
        self.file.write_text(json.dumps(game))
        return AlfredDemangler(PddlEnv(textworld.EnvInfos(won=True, admissible_commands=True)))

    def write_parameters(self):
        """Tells the hand-coded expert what the task is about, from the name of an official game's folder."""
        kind, thing, moved, place, _ = self.record["id"].split("/")[1].split("-")
        is_lamp = kind == "look_at_obj_in_light"
        parameters = {
            "object_target": thing,
            "parent_target": "" if is_lamp else place,
            "toggle_target": place if is_lamp else "",
            "mrecep_target": "" if moved == "None" else moved,
            "object_sliced": False,
        }
        parameters = {key: value.lower() if isinstance(value, str) else value for key, value in parameters.items()}
        described = {"task_type": kind, "pddl_params": parameters}
        (self.folder / "traj_data.json").write_text(json.dumps(described))


def play(environment, choose, max_steps, left_after_win=STEPS_AFTER_WIN):
    """Plays from the start: `choose(state)` names each action, or None to stop."""
    state = environment.reset()
    walk = {"initial": state.feedback, "admissible": state["admissible_commands"], "steps": []}
    while len(walk["steps"]) < max_steps and left_after_win > 0:
        action = choose(state)
        if action is None:
            break
        try:
            state, _, _ = environment.step(action)
        except Exception as error:
            # The hand-coded expert now and then stumbles over itself; the game goes no further then.
            print(f"the expert gave up: {error!r}", file=sys.stderr)
            break
        won = bool(state["won"])
        step = {"action": action, "observation": state.feedback, "admissible": state["admissible_commands"], "won": won}
        walk["steps"].append(step)
        left_after_win -= won
    return walk


def wanderer(seed):
    """Chooses a verb, then a command with it, so that rare actions are not drowned by going about. One in ten is
    something that cannot be done now: nonsense, or what could be done before."""
    generator = random.Random(seed)
    before = []

    def choose(state):
        admissible = state["admissible_commands"]
        impossible = sorted(set(before) - set(admissible)) + NONSENSE
        before.extend(admissible)
        if generator.random() < 0.1:
            return generator.choice(impossible)
        verbs = sorted({command.split()[0] for command in admissible})
        # Looking around is always possible and teaches little.
        weights = [1 if verb in ("look", "inventory", "help") else 5 for verb in verbs]
        verb = generator.choices(verbs, weights)[0]
        return generator.choice([command for command in admissible if command.split()[0] == verb])

    return choose


def in_released_words(action):
    if action.startswith("move "):
        thing, place = action.removeprefix("move ").split(" to ")
        return f"put {thing} in/on {place}"
    return action


def walks(record, wordings, seed):
    """Every walk through a game."""
    with tempfile.TemporaryDirectory() as folder:
        game = Game(record, wordings, pathlib.Path(folder))
        random.seed(seed)  # the expert throws dice when it is stuck
        environment = game.environment("revised")
        game.write_parameters()
        with_expert = AlfredExpert(environment)
        with_expert.load(str(game.file))
        expert = play(with_expert, lambda state: state["extra.expert_plan"][0], EXPERT_STEPS)
        yield {"seed": seed, "wording": "revised", "walk": "expert"} | expert
        wander = play(environment, wanderer(seed), RANDOM_STEPS)
        yield {"seed": seed, "wording": "revised", "walk": "random"} | wander
        environment = game.environment("released")
        environment.load(str(game.file))
        actions = iter([in_released_words(step["action"]) for step in expert["steps"]])
        yield {"seed": seed, "wording": "released", "walk": "expert"} | play(
            environment, lambda _: next(actions, None), EXPERT_STEPS
        )
        wander = play(environment, wanderer(seed + 1), RANDOM_STEPS)
        yield {"seed": seed, "wording": "released", "walk": "random"} | wander


def write_game(job):
    path, record, wordings, seed = job
    partial = path.with_suffix(".partial")
    with gzip.open(partial, "wt", compresslevel=3) as out:
        out.write(json.dumps({"record": record}) + "\n")
        for walk in walks(record, wordings, seed):
            out.write(json.dumps(walk) + "\n")
    partial.rename(path)
    return path.name


def chosen(data, num_train):
    """Rows and records of the games to play: all of valid_seen, `num_train` of the training set at even distances."""
    for split, count in (("valid_seen", None), ("train", num_train)):
        with gzip.open(data / f"alfworld_games_{split}.jsonl.gz", "rt") as lines:
            records = [json.loads(line) for line in lines]
        count = len(records) if count is None else min(count, len(records))
        for number in range(count):
            row = number * len(records) // count
            yield split, row, records[row]


def transcribe(jobs, wordings, seed):
    """Takes given actions in given games, {record, wording, actions}, goes on at random for a while after the win, and
    prints what the tests of the engine replay: {record, wording, initial, steps: [{admissible, action, observation,
    won}]}, where the admissible actions are those before the step."""
    for job in jobs:
        with tempfile.TemporaryDirectory() as folder:
            game = Game(job["record"], wordings, pathlib.Path(folder))
            environment = game.environment(job["wording"])
            environment.load(str(game.file))
            actions, wander = iter(job["actions"]), wanderer(seed)
            walk = play(environment, lambda state: next(actions, None) or wander(state), 100, left_after_win=20)
        before = walk.pop("admissible")
        for step in walk["steps"]:
            step["admissible"], before = before, step["admissible"]
        print(json.dumps({"record": job["record"], "wording": job["wording"]} | walk))


def time_games(jobs, wordings):
    """Plays given actions with TextWorld as it is and prints how long that took. TextWorld has one thread, so that its
    processor time is what it takes on an idle machine."""
    for job in jobs:
        with tempfile.TemporaryDirectory() as folder:
            game = Game(job["record"], wordings, pathlib.Path(folder))
            environment = game.environment("revised")
            start = time.process_time()
            environment.load(str(game.file))
            environment.reset()
            loaded = time.process_time()
            for action in job["actions"]:
                environment.step(action)
            done = time.process_time()
        print(json.dumps({"load": loaded - start, "steps": done - loaded}), flush=True)


def read_jobs(path):
    with path.open() as lines:
        return [json.loads(line) for line in lines]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=200, help="of the training set")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data" / "alfworld")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target" / "reference" / "alfworld")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="games whose name holds this")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--time", type=pathlib.Path, help="games and actions to measure")
    parser.add_argument("--transcribe", type=pathlib.Path, help="games and actions for the tests of the engine")
    arguments = parser.parse_args()
    wordings = {"revised": (pathlib.Path(ALFRED_PDDL_PATH).read_text(), pathlib.Path(ALFRED_TWL2_PATH).read_text())}
    if arguments.time:
        return time_games(read_jobs(arguments.time), wordings)
    released = arguments.data / "alfred.pddl", arguments.data / "alfred.twl2"
    wordings["released"] = tuple(path.read_text() for path in released)
    if arguments.transcribe:
        return transcribe(read_jobs(arguments.transcribe), wordings, arguments.seed)
    if not arguments.plain:
        remember_pure_functions()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names, jobs = [], []
    for split, row, record in chosen(arguments.data, arguments.games):
        if arguments.only in record["id"]:
            names.append(f"{split}-{row:04}-seed{arguments.seed}.jsonl.gz")
            if not (arguments.out / names[-1]).exists():
                jobs.append((arguments.out / names[-1], record, wordings, arguments.seed + 2 * row))
    (arguments.out / "games.txt").write_text("\n".join(names) + "\n")
    print(f"{len(jobs)} games to play", file=sys.stderr)
    with multiprocessing.Pool(arguments.jobs) as pool:
        for done, name in enumerate(pool.imap_unordered(write_game, jobs), start=1):
            print(f"{done} of {len(jobs)}: {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
