"""Records of one cell as `work` writes them, made from real steps with numbers that a test can foretell."""

import json

from adaptstilts import ids
from adaptstilts.settings import AdapterSettings, Limits, Recipe
from adaptstilts.steps.spec import described
from adaptstilts.steps.step import Score, Shelved, TrainAdapter, Transfer
from tests.store.filled import whole

BACKBONE = {"content": "0123456789abcdef0123456789abcdef"}
POCKET = {"pocket": 1}
HUB = {"hub": [["paws-x", "en", "train", "8a04d940a42cd40658986fdd8e3da561533a3646"]]}
LANGUAGES = ("en", "qaa", "qab", "qac", "qad", "qae", "qaf")
ATTACKS = ("swap", "drop", "mix_fields", "distract", "greedy")
RECIPE, SHAPE, LIMITS = Recipe(steps=500), AdapterSettings(), Limits()


def steps(languages=LANGUAGES, attacks=ATTACKS, tasks=("squad", "mnli", "hellaswag"), target="pawsx", data=POCKET):
    """A transfer and its scores; the last adapter was trained here, the others come from a zoo."""
    backbone, data = json.dumps(BACKBONE), json.dumps(data)
    trained = [TrainAdapter(task, 1, data, "en", backbone, SHAPE, RECIPE, LIMITS) for task in tasks[-1:]]
    shelved = [Shelved(task, f"{i:032x}") for i, task in enumerate(tasks[:-1])]
    composition, adapters = "fuse" if tasks else "none", (*shelved, *trained)
    transfer = Transfer(target, 1, "en", backbone, composition, 1, adapters, SHAPE, LIMITS, data=data, recipe=RECIPE)
    clean = Score(transfer, data, languages, LIMITS, rows=400)
    attacked = [
        Score(transfer, data, languages, LIMITS, clean, attack=name, rows=400, severity=0.1) for name in attacks
    ]
    return transfer, [clean, *attacked]


def record(step, made, config="pocket", backbone=BACKBONE):
    """A record as `work` writes it."""
    provenance = {
        "config": config,
        "backbone": {"name": config, **backbone},
        "packages": {"adaptstilts": "0.1.0", "adapters": "1.3.0", "torch": "2.13.0+cpu", "numpy": None},
        "commit": "89abcdef" * 5,
        "dirty": False,
        "python": "3.11.2",
        "platform": "Linux x86_64",
        "cores": 2,
        "device": "cpu",
    }
    return whole(step.kind, **described(step), **made, cost={"seconds": 12.345}, provenance=provenance)


def transfer_record(step, **more):
    parts = {
        "backbone": 2_345_678,
        "adapters": 98_304,
        "fusion": 147_456,
        "gate": 0,
        "target_adapter": 32_768,
        "head": 1_026,
    }
    training = {
        "examples": 4000, "origin": HUB, "truncated": 3, "steps": 500, "tokens": 812_345, "seconds": 41.2,
        "loss": [[10, 0.71], [500, 0.233]], "peak_memory": 900 * 2**20, "resumed_at": 0, "tokens_per_second": 19_717.1,
    }  # fmt: skip
    made = {
        "parts": {**parts, "trainable": 181_250, "added": 279_554, "total": sum(parts.values())},
        "training": training,
        "target": step.target,
        "composition": step.composition,
        "method": None,
        "tasks": list(step.tasks),
        "members": list(step.members),
        "seed": step.seed,
        "adapters": {task: f"{i:032x}" for i, task in enumerate(step.tasks)},
        "standins": {},
        "notes": [],
    }
    return record(step, made, **more)


def clean_scores(i, language):
    accuracy = 0.9137 - 0.0613 * i
    return {
        "n": 400, "split": "test" if language != "qab" else "dev", "truncated": 0, "chance": 0.5525 + i / 1000,
        "accuracy": accuracy, "balanced_accuracy": accuracy - 0.01,
    }  # fmt: skip


def attacked_scores(i, name):
    accuracy = 0.80119 - 0.05 * i if name != "greedy" else 0.31 - 0.02 * i
    return {
        "n": 400, "reached": min(371 + i, 400), "clean": 0.9 - 0.06 * i, "accuracy": accuracy, "balanced_accuracy": accuracy,
        "worst_case": accuracy - 0.04, "success_rate": 0.1234 if i else None, "edit_rate": 0.0871,
        "queries": 23.45 if name == "greedy" else 0.0, "survival": 0.75 if name != "mix_fields" else None,
        "unknown": 0.25 if name != "mix_fields" else None, "blank": 0.0 if name != "mix_fields" else None,
    }  # fmt: skip


def score_record(step, **more):
    scores = {
        language: clean_scores(i, language) if not step.attack else attacked_scores(i, step.attack)
        for i, language in enumerate(step.languages)
    }
    made = {
        "target": step.transfer.target, "challenge": step.challenge or None, "metric": "accuracy", "attack": step.attack or None,
        "exposure": "related", "standins": step.transfer.standins({}), "scores": scores,
    }  # fmt: skip
    return record(step, made, **more)


def records(**shape):
    transfer, scores = steps(**shape)
    return transfer_record(transfer), [score_record(step) for step in scores]


def challenge_record(transfer, name, accuracy, exposure="related", **facts):
    """A challenge set's record: 30 rows a language, and the given accuracies."""
    cells = {"n": 30, "split": "test", "truncated": 0, "chance": 0.5, **facts}
    return whole(
        "score",
        key=ids.digest(name),
        title=f"score {name}",
        upstream=[transfer["key"]],
        challenge=name,
        exposure=exposure,
        scores={language: {**cells, "accuracy": value} for language, value in accuracy.items()},
        provenance=transfer["provenance"],
    )
