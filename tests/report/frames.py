"""A frame of a whole study made by hand: every column of the contract, every role, every family of attacks."""

import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from adaptstilts.report.frame.examination import Examination

LANGUAGES = ("en", "ar", "de", "hi", "th", "zh")
TARGETS = ("pawsx", "xnli", "xquad")
TASKS = ("squad", "mnli", "hellaswag", "qqp", "csqa", "cosmosqa", "anli", "ccg", "squad2")
DOSES = (0, 1, 2, 4, 9)
ATTACKS = {
    "swap": ("static", (0.05, 0.1)),
    "drop": ("static", (0.1,)),
    "homoglyph": ("static", (0.1,)),
    "distract": ("static", (0.0,)),
    "greedy": ("search", (0.0,)),
    "random": ("search", (0.0,)),
    "pgd": ("white", (0.1, 0.2, 0.5)),
    "gaussian": ("white", (0.1, 0.2, 0.5)),
}
STRENGTH = {
    "swap": 0.5,
    "drop": 0.4,
    "homoglyph": 0.7,
    "distract": 0.3,
    "greedy": 1.2,
    "random": 0.7,
    "pgd": 1.5,
    "gaussian": 0.15,
}
PLACE = ("role", "composition", "k", "ordering", "head", "target", "seed", "transfer")
ASKED = ("score", "attack", "severity", "budget", "texts_from", "language")
RISE = 0.06
"""The cost's slope on log2 k that is planted."""


@dataclass
class Planted:
    """A frame's tables, and rows drawn for them."""

    cells: pd.DataFrame
    clean: pd.DataFrame
    transfers: pd.DataFrame
    challenges: pd.DataFrame
    store: Path = Path("runs")
    sweep: str = ""
    digest: str = "0123456789abcdef"
    planned: tuple = ()
    preregistrations: dict = field(default_factory=dict)
    precisions: dict = field(default_factory=dict)
    pending: tuple = ()
    problems: tuple = ()
    examination: Examination = field(default_factory=Examination)

    def clean_of(self, score):
        return ""

    def rows(self, transfer=None, attack=None, roles=None):
        chosen = self.cells[self.cells["attacked"].notna()]
        if transfer is not None:
            chosen = chosen[chosen["transfer"] == transfer]
        if attack is not None:
            chosen = chosen[chosen["attack"] == attack]
        if roles is not None:
            chosen = chosen[chosen["role"].isin(roles)]
        return pd.concat([_rows(cell) for cell in chosen.to_dict("records")], ignore_index=True)


def planted(doses=DOSES, targets=TARGETS, languages=LANGUAGES, orderings=4, seed=1):
    """A study in which the cost rises by RISE for each doubling of k, and controls lie flat."""
    draw = np.random.default_rng(seed)
    transfers = list(_transfers(doses, targets, orderings, draw))
    cells = [line for made in transfers for line in _cells(made, languages, draw)]
    cells += list(_replays(transfers, languages, draw))
    clean = [line for made in transfers for line in _clean(made, languages)]
    hidden = {"base"}
    tables = [
        pd.DataFrame([{k: v for k, v in line.items() if k not in hidden} for line in lines])
        for lines in (cells, clean, transfers)
    ]
    return Planted(*tables, tables[1].iloc[:0].assign(challenge=""))


def _transfers(doses, targets, orderings, draw):
    for target in targets:
        level = {"pawsx": 1.2, "xnli": 0.8, "xquad": 0.6}.get(target, 0.9)
        for ordering in range(orderings):
            order = [str(task) for task in np.random.default_rng(ordering).permutation(TASKS)]
            for k in doses:
                yield _transfer("k", "fuse" if k else "none", k, order[:k], ordering, target, level, draw)
        for k in (2, 9):
            yield _transfer("control", "random", k, [], 0, target, level, draw)
            yield _transfer("control", "copies", k, ["mnli"], 0, target, level, draw)
        for task in TASKS[:4]:
            yield _transfer("baseline", "single", 1, [task], 0, target, level, draw)
        yield _transfer("baseline", "full", 0, [], 0, target, level + 0.2, draw)
        for share in range(6):
            yield _transfer("reference", "none", 0, [], share, target, level - 0.12 * share, draw)


def _transfer(role, composition, k, tasks, ordering, target, level, draw):
    key = f"{zlib.crc32(f'{role}{composition}{k}{ordering}{target}{tasks}'.encode()):08x}" * 2
    weights = draw.dirichlet([4.0] * len(tasks), size=4).tolist() if len(tasks) > 1 and composition == "fuse" else None
    return {
        "role": role,
        "composition": composition,
        "k": k,
        "ordering": ordering,
        "head": target,
        "target": target,
        "seed": ordering,
        "transfer": key,
        "tasks": tuple(tasks),
        "title": f"{composition}({', '.join(tasks)}) → {target}",
        "seconds": 300.0 + 12 * k + 40 * (composition == "full"),
        "train_seconds": 280.0,
        "peak_memory": 9e8,
        "trainable": 280_000,
        "total": 1_900_000,
        "members": tuple(tasks),
        "attention": weights,
        "forgetting": None,
        "comparable": True,
        "why": "",
        "flagged": "",
        "base": level + draw.normal(0, 0.04) + 0.02 * min(k, 4),
    }


def _identity(made):
    names = (
        "role",
        "composition",
        "k",
        "ordering",
        "head",
        "target",
        "seed",
        "transfer",
        "tasks",
        "comparable",
        "why",
        "flagged",
        "base",
    )
    return {name: made[name] for name in names}


def _clean(made, languages):
    for i, language in enumerate(languages):
        yield {
            **_identity(made),
            "score": made["transfer"][::-1],
            "challenge": "",
            "language": language,
            "source": language == "en",
            "n": 400,
            "value": float(ndtr(made["base"] - 0.12 * i)),
            "chance": 0.5,
            "metric": "accuracy",
            "exposure": "unseen",
        }


def _cells(made, languages, draw):
    for attack, (family, severities) in ATTACKS.items():
        for severity in severities:
            rise = RISE * np.log2(made["k"]) if made["role"] == "k" and made["k"] > 1 else 0.0
            for i, language in enumerate(languages):
                yield _cell(
                    made,
                    attack,
                    family,
                    severity,
                    language,
                    i,
                    STRENGTH[attack] * (0.5 + 2 * severity)
                    + rise * (1 + 0.4 * np.sin(made["ordering"] + len(made["target"])))
                    + draw.normal(0, 0.05),
                )


def _cell(made, attack, family, severity, language, i, cost, texts=""):
    clean, absent = float(ndtr(made["base"] - 0.12 * i)), attack == "homoglyph" and language in ("hi", "zh")
    attacked = float(ndtr(ndtri(clean) - cost))
    numbers = {
        "n": 400,
        "reached": 390,
        "clean": clean,
        "attacked": attacked,
        "worst_case": attacked - 0.01,
        "success_rate": max(0.0, 1 - attacked / clean),
        "queries": 20.0 if family == "search" else 0.0,
        "edit_rate": 0.08 + severity / 2,
        "survival": 0.9 - 0.02 * i,
        "unknown": 0.3 if attack == "homoglyph" else 0.0,
        "blank": 0.0,
    }
    told = {
        **_identity(made),
        "score": f"{zlib.crc32(f'{attack}{severity}{texts}'.encode()):08x}{made['transfer'][:8]}",
        "attack": attack,
        "family": family,
        "severity": severity,
        "budget": 50 if family == "search" else 0,
        "noise": 0.0,
        "texts_from": texts,
        "language": language,
        "source": language == "en",
        "chance": 0.5,
        "metric": "accuracy",
    }
    if absent:
        return (
            told
            | dict.fromkeys(numbers, float("nan"))
            | {"comparable": False, "why": "no such script", "flagged": "n/a"}
        )
    return told | numbers


def _replays(transfers, languages, draw):
    """Greedy's texts of the first ordering's models, read by each other."""
    for target in sorted({made["target"] for made in transfers}):
        models = [
            made for made in transfers if made["target"] == target and made["role"] == "k" and made["ordering"] == 0
        ]
        for found in models:
            for reader in models:
                if found is not reader:
                    for i, language in enumerate(languages):
                        yield _cell(
                            reader, "greedy", "search", 0.0, language, i, 0.35 + draw.normal(0, 0.02), found["transfer"]
                        )


def _rows(cell):
    draw = np.random.default_rng(zlib.crc32(f"{cell['score']}{cell['language']}".encode()))
    n = 40
    margins = draw.normal(ndtri(cell["clean"]), 1.0, n) * 2
    after = margins - 2 * (ndtri(cell["clean"]) - ndtri(cell["attacked"]))
    ids = [str(i) for i in range(n)]
    table = {name: [cell[name]] * n for name in (*PLACE, *ASKED, "tasks")}
    table |= {"id": ids, "source_id": ids, "outcome": ["edited"] * n}
    table |= {"s_clean": (margins > 0).astype(float), "s_adv": (after > 0).astype(float)}
    table |= {"margin_clean": margins, "margin_adv": after, "edits": draw.integers(1, 5, n)}
    table |= {"queries": draw.integers(1, 50, n), "rate": expit(draw.normal(-2, 0.5, n))}
    return pd.DataFrame(table)
