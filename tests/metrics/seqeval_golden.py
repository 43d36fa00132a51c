"""Prints seqeval's precision, recall and F1 of fixed cases as JSON; run with each version of seqeval on PYTHONPATH."""

import json
import random
import sys
import warnings

POS = [
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
]
ENTITIES = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
ODD = ["O", "B", "I", "B-a-b", "I-a-b", "I-a-c", "E-x", "S-x", "S", "E", ".", "X", "_", "B-", "I-MISC"]
SPECIAL = [
    ([["X"]], [["X"]]),
    ([["NOUN", "X"]], [["NOUN", "X"]]),
    ([["SYM", "SYM"]], [["SYM", "SYM"]]),
    ([["CCONJ", "SCONJ"]], [["CCONJ", "SCONJ"]]),
    ([["O"]], [["O"]]),
    ([["NOUN", "NOUN", "VERB", "DET", "NOUN"]], [["NOUN", "ADJ", "VERB", "DET", "NOUN"]]),
]


def cases():
    """75 random corpora over three tag sets, then the special ones."""
    draw = random.Random(7)
    for labels in (POS, ENTITIES, ODD):
        for _ in range(25):
            gold = [[draw.choice(labels) for _ in range(draw.randint(1, 9))] for _ in range(draw.randint(1, 4))]
            yield gold, [[tag if draw.random() < 0.6 else draw.choice(labels) for tag in line] for line in gold]
    yield from SPECIAL


if __name__ == "__main__":
    from seqeval.metrics import f1_score, precision_score, recall_score

    warnings.simplefilter("ignore")
    found = [
        {"gold": g, "said": s, "scores": [precision_score(g, s), recall_score(g, s), f1_score(g, s)]}
        for g, s in cases()
    ]
    json.dump(found, sys.stdout)
