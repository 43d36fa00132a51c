"""Prints the chunks that seqeval finds in fixed tag sequences as JSON; run with each version of seqeval on PYTHONPATH.

PYTHONPATH=<seqeval 0.0.12> python entities_golden.py    # old
PYTHONPATH=<seqeval 1.2.2 with scikit-learn> python entities_golden.py    # new
"""

import json
import random
import sys
import warnings

TAGS = [
    "O",
    "B",
    "I",
    "B-a-b",
    "I-a-b",
    "B-b",
    "I-b",
    "I-a-c",
    "E-x",
    "I-x",
    "S-x",
    "S",
    "E",
    ".",
    "X",
    "_",
    "B-",
    "I-_",
    "NOUN",
]


def sequences():
    """300 random sequences; seeds go through `random()` alone, whose values no Python version changes."""
    draw = random.Random(11).random
    return [[TAGS[int(draw() * len(TAGS))] for _ in range(1 + int(draw() * 8))] for _ in range(300)]


if __name__ == "__main__":
    from seqeval.metrics.sequence_labeling import get_entities

    warnings.simplefilter("ignore")
    json.dump([[list(chunk) for chunk in get_entities(tags)] for tags in sequences()], sys.stdout)
