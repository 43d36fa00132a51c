"""The journal of an attack: exact rows, a valid prefix after any kill, nothing done twice, chunks that change nothing."""

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Attacked, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Prediction
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow
from adaptstilts.store.journal import FILE, Journal, attacked_rows, check_journal, read_attacked, read_row, spelt_row
from adaptstilts.tasks.task import Task

WORDS = [
    "the",
    "museum",
    "opened",
    "again",
    "on",
    "Thursday",
    "after",
    "seven",
    "long",
    "winters",
    "without",
    "visitors",
]
texts = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates and controls too
ROWS = st.one_of(
    st.builds(ClassificationRow, texts, texts, texts, texts, st.none() | texts, st.integers(0, 3)),
    st.builds(ChoiceRow, texts, texts, texts, texts, texts, st.lists(texts, max_size=3).map(tuple), st.integers(0, 3)),
    st.builds(
        SpanRow, texts, texts, texts, texts, texts, st.lists(st.builds(Answer, texts, st.integers(0, 9))).map(tuple)
    ),
    st.builds(TaggingRow, texts, texts, texts, st.lists(texts).map(tuple), st.lists(st.integers(0, 9)).map(tuple)),
    st.builds(RetrievalRow, texts, texts, texts, texts, texts, texts, st.lists(texts).map(tuple), texts),
)
OUTCOMES = st.builds(
    Attacked,
    ROWS,
    st.sampled_from(["edited", "noop", "wrong", "held"]),
    st.integers(0, 9),
    st.floats(0, 1),
    st.integers(0, 500),
    st.integers(0, 99),
    st.integers(0, 99),
    st.none()
    | st.builds(Prediction, st.lists(st.integers(0, 3)) | texts | st.integers(), st.floats(0, 1), st.floats(-9, 9)),
    unknown=st.none() | st.integers(0, 99),
    blank=st.none() | st.integers(0, 99),
)


@given(ROWS)
def test_a_row_reads_back_as_it_was(row):
    assert read_row(json.loads(json.dumps(spelt_row(row)))) == row


@settings(max_examples=40, deadline=None)
@given(st.lists(OUTCOMES, min_size=1, max_size=5), st.integers(0, 10**6), st.booleans())
def test_whatever_a_kill_leaves_is_a_valid_prefix(tmp_path_factory, outcomes, where, garbage):
    path = tmp_path_factory.mktemp("journal") / FILE
    keys = [("en", str(i)) for i in range(len(outcomes))]
    Journal(path).append(keys, outcomes)
    assert Journal(path).read() == dict(zip(keys, outcomes, strict=True))
    whole = path.read_bytes()
    path.write_bytes(whole[: where % (len(whole) + 1)] + (b'{"language":\n' if garbage else b""))
    left = Journal(path).read()
    assert left == dict(list(zip(keys, outcomes, strict=True))[: len(left)])
    assert len(left) >= whole[: where % (len(whole) + 1)].count(b"\n") - garbage
    Journal(path).append(keys[len(left) :], outcomes[len(left) :])
    assert path.read_bytes() == whole


class Hashed:
    """Margins by a hash of the text; may die after so many calls."""

    def __init__(self, dies_after=None):
        self.dies_after, self.asked = dies_after, []

    def margins(self, rows):
        if self.dies_after is not None and len(self.asked) >= self.dies_after:
            raise KeyboardInterrupt
        self.asked += rows
        return [hashlib.blake2b(row.first.encode(), digest_size=1).digest()[0] / 25.6 - 1 for row in rows]


def rows_of(count):
    return [
        ClassificationRow(str(i), "en", str(i), " ".join(WORDS[i % 5 :] + WORDS[: i % 5]), None, 0)
        for i in range(count)
    ]


@pytest.fixture
def scene():
    task = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))
    return Scene(task, kind_of("single"), "en", 7, 0.1, lambda before, after: before != after)


def test_rows_of_journals_that_counted_no_unknown_pieces_are_read(tmp_path):
    """So they stood before: without the two fields."""
    (row,) = rows_of(1)
    journal = Journal(tmp_path / FILE)
    journal.append([("en", "1")], [Attacked(row, "edited", 1, 0.1, tried=2, survived=1, unknown=1, blank=0)])
    (line,) = map(json.loads, journal.path.read_text("utf-8").splitlines())
    assert (line.pop("unknown"), line.pop("blank")) == (1, 0)
    journal.path.write_text(json.dumps(line) + "\n")
    assert Journal(journal.path).read() == {("en", "1"): Attacked(row, "edited", 1, 0.1, tried=2, survived=1)}
    check_journal(journal.path)


@pytest.mark.parametrize("name", ["greedy", "beam", "random", "charmer", "swap"])
def test_a_killed_attack_goes_on_and_ends_the_same(tmp_path, scene, name):
    attack, rows = ATTACKS.get(name), rows_of(10)
    ask = {} if attack.family == "static" else {"budget": 25}
    whole = attack_rows(attack, rows, scene, Hashed() if ask else None, **ask)
    if ask:
        with pytest.raises(KeyboardInterrupt):
            attacked_rows(tmp_path, attack, rows, scene, Hashed(dies_after=80), chunk=3, **ask)
        done = len(read_attacked(tmp_path))
        assert 0 < done < 10 and done % 3 == 0
    else:
        attacked_rows(tmp_path, attack, rows[:4], scene)
        done = 4
    victim, told = Hashed(), []
    found = attacked_rows(tmp_path, attack, rows, scene, victim if ask else None, chunk=4, progress=told.append, **ask)
    assert found == whole
    assert told[0] == done and sum(told) == 10
    assert not {row.id for row in victim.asked} & {str(i) for i in range(done)}
    assert attacked_rows(tmp_path, attack, rows, scene, Hashed(dies_after=0) if ask else None, **ask) == whole
    assert read_attacked(tmp_path) == {("en", row.id): after for row, after in zip(rows, whole, strict=True)}


def test_chunks_change_nothing_and_languages_stay_apart(tmp_path, scene):
    rows, greedy = rows_of(9), ATTACKS.get("greedy")
    by_chunk = [
        attacked_rows(tmp_path / str(c), greedy, rows, scene, Hashed(), 30, chunk=c)
        for c in (1, 4, 64)
        if (tmp_path / str(c)).mkdir() is None
    ]
    assert by_chunk[0] == by_chunk[1] == by_chunk[2]
    import dataclasses

    victim = Hashed()
    attacked_rows(tmp_path / "4", greedy, rows, dataclasses.replace(scene, language="de"), victim, 30)
    assert victim.asked and len(read_attacked(tmp_path / "4")) == 18
