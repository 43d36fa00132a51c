"""Laws that hold for every kind: an oracle scores 1, margins have the score's sign, edits keep gold answers, nothing is heavy."""

import math
import subprocess
import sys

import numpy as np
import pytest

from adaptstilts.kinds import KINDS, kind_of
from adaptstilts.kinds.kind import Edited, Limits
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow

LONG = "the black cat sat on the mat in 1990 and the dog did not like it at all . " * 3
ROWS = {
    "single": [ClassificationRow(str(i), "en", "s", f"the cat {i}", None, i % 3) for i in range(5)],
    "pair": [ClassificationRow(str(i), "en", "s", f"the cat {i}", "a dog", i % 3) for i in range(5)],
    "choice": [
        ChoiceRow(str(i), "en", "s", "the cat", "who ?", ("mat", "dog", "book")[: 2 + i % 2], i % 2) for i in range(4)
    ],
    "span": [
        SpanRow("0", "en", "s", LONG, "who sat ?", (Answer("black cat", 4),)),
        SpanRow(
            "1",
            "en",
            "s",
            LONG,
            "who ?",
            (Answer("dog", LONG.rindex("dog")), Answer("the dog", LONG.rindex("the dog"))),
        ),
        SpanRow("2", "zh", "s", "the cat sat on the mat", "where ?", (Answer("mat", 19),)),
    ],
    "tagging": [
        TaggingRow("0", "en", "s", tuple(LONG.split()), tuple(i % 3 for i in range(len(LONG.split())))),
        TaggingRow("1", "en", "s", ("nobody",), (0,)),
    ],
    "retrieval": [RetrievalRow(str(i), "sw", "s", "" if i == 2 else f"the cat {i}", f"кошка {i}") for i in range(4)],
}
METRIC = {
    "single": "accuracy",
    "pair": "accuracy",
    "choice": "accuracy",
    "span": "squad_f1",
    "tagging": "chunk_f1",
    "retrieval": "retrieval_accuracy",
}
LIMITS = Limits(max_length=40, stride=8)


@pytest.fixture
def task(facts):
    def made(name, **options):
        return facts(labels=("O", "B-PER", "I-PER"), metric=METRIC[name], options=options)

    return made


def oracle(name, head, encodings):
    """Outputs that say exactly what the targets say, plus a little noise."""
    rng = np.random.default_rng(3)
    for position, encoding in enumerate(encodings):
        length = len(encoding.ids) + 3  # padding
        noise = rng.normal(scale=0.01, size=(length, max(head.outputs, 1))).astype(np.float32)
        if head.loss == "label":
            noise[0, encoding.target] += 9
        elif head.loss == "choice":
            noise[0, 0] += 9 * (sum(e.row == encoding.row for e in encodings[:position]) == encoding.target)
        elif head.loss == "span":
            noise[encoding.target[0], 0] += 9
            noise[encoding.target[1], 1] += 9
        elif head.loss == "tags":
            for place, tag in enumerate(encoding.target):
                if tag >= 0:
                    noise[place, tag] += 9
        yield noise if head.level == "token" else noise[0]


def outputs_of(name, kind, facts, encodings):
    if name == "retrieval":
        return [np.eye(8, dtype=np.float32)[e.row] * (2 + (e.notes == "query")) for e in encodings]
    return list(oracle(name, kind.head(facts), encodings))


@pytest.mark.parametrize("name", KINDS)
def test_an_oracle_scores_one(name, task, tokenizer):
    kind, facts, rows = kind_of(name), task(name), ROWS[name]
    encodings = kind.encode(rows, facts, tokenizer, LIMITS)
    assert all(len(e.ids) <= LIMITS.max_length for e in encodings)
    assert [e.row for e in encodings] == sorted(e.row for e in encodings)
    predictions = kind.decode(rows, facts, encodings, outputs_of(name, kind, facts, encodings))
    asked = [i for i, row in enumerate(rows) if getattr(row, "query", "?")]
    assert len(predictions) == len(rows)
    assert [predictions[i].score for i in asked] == pytest.approx([1.0] * len(asked))
    assert all(predictions[i].margin > 0.5 for i in asked)
    golds = [kind.gold(row) for row in rows]
    assert all(predictions[i].value == golds[i] or predictions[i].value in golds[i] for i in asked), "in the same terms"
    assert not any(golds[i] for i in range(len(rows)) if i not in asked)
    scores = kind.score(rows, predictions, facts, "en")
    assert scores[facts.metric] == pytest.approx(1.0)
    assert all(0 <= value <= 1 for value in scores.values())


@pytest.mark.parametrize("name", KINDS)
def test_margins_are_temperature_invariant_in_sign_and_scale(name, task, bpe):
    kind, facts, rows = kind_of(name), task(name), ROWS[name]
    encodings = kind.encode(rows, facts, bpe, LIMITS)
    rng = np.random.default_rng(0)
    width = max(kind.head(facts).outputs, 1)
    token = kind.head(facts).level == "token"
    outputs = [
        rng.normal(size=(len(e.ids), width) if token else (8,) if name == "retrieval" else (width,)) for e in encodings
    ]
    outputs = [o.astype(np.float32) for o in outputs]
    cold = kind.decode(rows, facts, encodings, outputs)
    hot = kind.decode(rows, facts, encodings, [o * np.float32(0.25) for o in outputs])  # a power of two: exact
    assert [p.value for p in cold] == [p.value for p in hot]
    factor = 1.0 if name == "retrieval" else 0.25
    assert [p.margin * factor for p in cold] == pytest.approx([p.margin for p in hot], abs=1e-6)
    if name not in ("tagging", "span"):
        asked = [i for i, row in enumerate(rows) if getattr(row, "query", "?")]
        assert all((cold[i].margin > 0) == (cold[i].score == 1.0) for i in asked)


@pytest.mark.parametrize("name", KINDS)
def test_chance_is_what_its_constant_answer_scores(name, task):
    kind, facts, rows = kind_of(name), task(name), ROWS[name]
    expected = {
        "single": 2 / 5,
        "pair": 2 / 5,
        "choice": (1 / 2 + 1 / 3) / 2,
        "span": 0.0,
        "retrieval": 1 / 4,
        "tagging": 0.0,
    }
    assert kind.chance(rows, facts) == pytest.approx(expected[name])
    assert facts.metric in METRIC.values()


@pytest.mark.parametrize(
    ("name", "golds"),
    [
        ("single", ["I-PER"]),
        ("pair", ["I-PER"]),
        ("choice", ["choice 1"]),
        ("span", ["answerable"]),
        ("tagging", None),
        ("retrieval", []),
    ],
)
def test_gold_labels_have_names(name, golds, task):
    kind, facts, row = kind_of(name), task(name), ROWS[name][2 if name in ("single", "pair", "choice", "span") else 0]
    expected = [facts.labels[tag] for tag in row.tags] if golds is None else golds
    assert list(kind.golds(row, facts)) == expected


@pytest.mark.parametrize("name", KINDS)
def test_fields_can_be_edited_and_put_back(name, task):
    kind, facts = kind_of(name), task(name)
    for row in ROWS[name]:
        for one in kind.fields(row, facts):
            assert one.text
            assert all(0 <= a < b <= len(one.text) for a, b in one.protected)
            flat = [x for span in one.protected for x in span]
            assert flat == sorted(flat)
            same = Edited(one.text, tuple(range(len(one.text) + 1)))
            assert kind.replace(row, {one.name: same}) == row
            before = Edited("Z" + one.text, tuple(range(1, len(one.text) + 2)))
            edited = kind.replace(row, {one.name: before})
            assert {f.name: f.text for f in kind.fields(edited, facts)}[one.name] == "Z" + one.text
        assert kind.replace(row, {}) == row


@pytest.mark.parametrize("name", KINDS)
def test_digits_and_addresses_are_protected(name, task):
    kind, facts = kind_of(name), task(name)
    for row in ROWS[name]:
        for one in kind.fields(row, facts):
            free = [c for i, c in enumerate(one.text) if not any(a <= i < b for a, b in one.protected)]
            assert not any(c.isdigit() for c in free)


def test_a_word_of_an_address_is_protected(task):
    row = ClassificationRow(
        "0", "en", "s", "see https://a.example/x?y=é or www.b.example, mail me@c.example ٣٤", None, 0
    )
    (one,) = kind_of("single").fields(row, task("single"))
    kept = [one.text[a:b] for a, b in one.protected]
    assert kept == ["https://a.example/x?y=é", "www.b.example,", "me@c.example", "٣٤"]


def test_groups_and_abilities(task):
    assert {f.group for f in kind_of("pair").fields(ROWS["pair"][0], task("pair"))} == {"pair"}
    groups = {f.name: f.group for f in kind_of("choice").fields(ROWS["choice"][1], task("choice"))}
    assert groups == {"context": "", "question": "", "choice0": "choices", "choice1": "choices", "choice2": "choices"}
    known = {"letters", "spaces", "append", "mix_fields", "distract", "words", "case", "punctuation", "entities"}
    assert all(kind.edits <= known and "letters" in kind.edits for kind in KINDS.values())
    assert kind_of("tagging").edits == {"letters", "entities"}
    assert [f.name for f in kind_of("retrieval").fields(ROWS["retrieval"][0], task("retrieval"))] == ["query"]
    assert kind_of("retrieval").fields(ROWS["retrieval"][2], task("retrieval")) == ()


@pytest.mark.parametrize(
    ("question", "locked"),
    [
        ("cause", True),
        ("What was the CAUSE of this?", True),
        ("What happened as a RESULT?", True),
        ("why did it bark ?", False),
    ],
)
def test_a_direction_is_no_text_to_edit(question, locked, task):
    row = ChoiceRow("0", "en", "s", "it rained", question, ("wet", "dry"), 0)
    fields = {f.name: f for f in kind_of("choice").fields(row, task("choice"))}
    assert (fields["question"].protected == ((0, len(question)),)) is locked


def test_mixing_takes_fields_from_the_first_other_language():
    pair, choice, span = ROWS["pair"][0], ROWS["choice"][0], ROWS["span"][2]
    others = {
        "de": ClassificationRow("0", "de", "s", "die Katze", "ein Hund", 0),
        "fr": ClassificationRow("0", "fr", "s", "le chat", "un chien", 0),
    }
    mixed = kind_of("pair").mix(pair, others)
    assert (mixed.first, mixed.second, mixed.label, mixed.language) == (pair.first, "ein Hund", 0, "en")
    other = ChoiceRow("0", "it", "s", "il gatto", "chi ?", ("tappeto", "cane"), 0)
    assert kind_of("choice").mix(choice, {"it": other}).choices == other.choices
    assert kind_of("choice").mix(choice, {"it": ChoiceRow("0", "it", "s", "x", "", ("a", "b"), 1)}) is None
    asked = kind_of("span").mix(span, {"de": SpanRow("2", "de", "s", "x", "wo ?", ())})
    assert (asked.context, asked.question, asked.answers) == (span.context, "wo ?", span.answers)
    for name in KINDS:
        assert kind_of(name).mix(ROWS[name][0], {}) is None


def test_ties_go_to_the_lowest_index(task, bpe):
    facts, kind = task("retrieval"), kind_of("retrieval")
    rows = [RetrievalRow(str(i), "sw", "s", f"cat {i}", f"кошка {i}") for i in range(2)]
    encodings = kind.encode(rows, facts, bpe, LIMITS)
    predictions = kind.decode(rows, facts, encodings, [np.ones(4, dtype=np.float32)] * 4)
    assert [(p.value, p.score, p.margin) for p in predictions] == [("0", 1.0, 0.0), ("0", 0.0, 0.0)]


def test_one_candidate_has_no_rival(task, bpe):
    facts, kind = task("retrieval"), kind_of("retrieval")
    encodings = kind.encode(ROWS["retrieval"][:1], facts, bpe, LIMITS)
    (only,) = kind.decode(ROWS["retrieval"][:1], facts, encodings, [np.ones(4, dtype=np.float32)] * 2)
    assert (only.score, only.margin) == (1.0, 2.0)


def test_versions_of_one_row_are_no_rivals(task, bpe):
    facts, kind = task("retrieval"), kind_of("retrieval")
    rows = [RetrievalRow("0", "sw", "s", query, "paka") for query in ("cat", "cta")]
    rows.append(RetrievalRow("1", "sw", "s", "", "mbwa"))  # the rest of the pool
    encodings = kind.encode(rows, facts, bpe, LIMITS)
    vectors = {"cat": [1, 0], "cta": [0.6, 0.8], "paka": [1, 0], "mbwa": [0, 1]}
    texts = [getattr(rows[e.row], e.notes) for e in encodings]
    clean, noisy, rest = kind.decode(rows, facts, encodings, [np.float32(vectors[text]) for text in texts])
    assert (clean.value, clean.score, clean.margin) == ("0", 1.0, 1.0)
    assert (noisy.value, noisy.score) == ("1", 0.0)
    assert noisy.margin == pytest.approx(-0.2)
    assert rest.value is None


def test_classification_margins_by_hand(task, bpe):
    facts, kind, rows = task("single"), kind_of("single"), ROWS["single"][:2]
    encodings = kind.encode(rows, facts, bpe, LIMITS)
    first, second = kind.decode(rows, facts, encodings, [np.float32([2, 1, -1]), np.float32([2, 1, -1])])
    assert (first.value, first.score, first.margin) == (0, 1.0, 1.0)
    assert (second.value, second.score, second.margin) == (0, 0.0, -1.0)
    assert math.isclose(kind.score(rows, [first, second], facts, "en")["accuracy"], 0.5)


def test_labels_coarser_than_the_head_add_up_its_probabilities(facts, bpe):
    task, kind = facts(labels=("yes", "not"), metric="accuracy", options={"merge": ((0,), (1, 2))}), kind_of("pair")
    rows = [ClassificationRow(str(i), "en", "s", "a", "b", i) for i in range(2)]
    encodings = kind.encode(rows, task, bpe, LIMITS)
    logits = np.log(np.float32([0.4, 0.35, 0.25]))  # 0.4 is the largest, but 0.35 + 0.25 is more
    first, second = kind.decode(rows, task, encodings, [logits, logits])
    assert (first.value, second.value) == (1, 1)
    assert second.margin == pytest.approx(math.log(0.6 / 0.4), abs=1e-6)
    assert first.margin == pytest.approx(-second.margin)
    assert kind.head(task).outputs == 3


def test_importing_kinds_imports_nothing_heavy():
    heavy = "numpy torch transformers tokenizers datasets adapters"
    code = f"import sys, adaptstilts.kinds; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
