"""The texts that a pass by word importance chooses against TextAttack's own (recorded by textattack_golden.py, which says how)."""

import importlib.util
import json
from pathlib import Path

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks.task import Task

TASK = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))
HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("textattack_golden", HERE / "textattack_golden.py")
recorded = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorded)


class OneMinusP:
    """The recorded victim as TextAttack scores it: by the gold label's probability, not its logit."""

    def __init__(self, golds):
        self.golds = golds

    def margins(self, rows):
        ones = [recorded.probability(row.first) for row in rows]
        return [(2 * p - 1) * (1 if self.golds[row.id] else -1) for row, p in zip(rows, ones, strict=True)]


def test_wir_chooses_the_texts_of_textattack():
    """The same candidates, ranking and limit of edits: at least 95 of 100 texts are the same, and as many attacks succeed."""
    golden = json.loads((HERE / "textattack_search.json").read_text("utf-8"))["found"]
    texts = recorded.sentences()
    rows = [ClassificationRow(str(i), "en", str(i), text, None, 0) for i, text in enumerate(texts)]
    scene = Scene(TASK, kind_of("single"), "en", 0, 0.1, lambda before, after: before != after)
    victim = OneMinusP({row.id: recorded.gold(row.first) for row in rows})
    found = attack_rows(ATTACKS.get("wir"), rows, scene, victim, 10**6)
    same = sum(after.row.first == other["after"] for after, other in zip(found, golden, strict=True))
    fooled = [margin < 0 for margin in victim.margins([after.row for after in found])]
    assert len(golden) == len(rows) == 200
    assert same >= 0.95 * len(rows), same
    assert abs(sum(fooled) - sum(other["fooled"] for other in golden)) <= 0.02 * len(rows)
    assert 0 < sum(fooled) < len(rows)
