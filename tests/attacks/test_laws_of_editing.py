"""What holds for every static perturbation on every kind: 57 languages in short sentences, and real rows where there are any."""

import dataclasses
import json
import unicodedata
from functools import cache
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.model_input import told_apart
from adaptstilts.attacks.text.entities import mentions_of_rows
from adaptstilts.attacks.text.graphemes import clusters
from adaptstilts.attacks.text.inventory import inventory_of_rows, words_of_rows
from adaptstilts.attacks.text.scripts import ill_formed
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.kinds import kind_of
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
STATIC = [attack.name for attack in ATTACKS if attack.family == "static"]
KINDS = ["single", "pair", "choice", "span", "tagging", "retrieval"]
FIXED = "2019 www.example.org/a1"
ADDS = {"distract", "mix_fields", "entity_swap"}
"""Those that bring in text of their own, which may have digits."""
LABELS = {"tagging": ("O", "B-LOC", "I-LOC"), "pair": ("entailment", "neutral", "contradiction")}


def differ(before, after):
    return before != after


def last_word(text):
    return regex.findall(r"\p{L}[\p{L}\p{M}\u200c\u200d]*", text)[-1]


def rows_of(kind, language):
    """Two rows of a kind in a language, of its sentences in either order, with a number and an address."""
    one, two = SENTENCES[language]
    return [row_of(kind, language, "1", one, two), row_of(kind, language, "2", two, one)]


def row_of(kind, language, id, one, two):
    head, gold, words = (id, language, id), last_word(one), (*one.split(), *FIXED.split())
    if kind == "single":
        return ClassificationRow(*head, f"{FIXED} {one}", None, 0)
    if kind == "pair":
        return ClassificationRow(*head, f"{one} {FIXED} {two}", f"{FIXED} {two}", 1)
    if kind == "choice":
        return ChoiceRow(*head, f"{two} {FIXED}", "What was the cause?", (one, two), 0)
    if kind == "span":
        return SpanRow(*head, f"{one} {FIXED} {two}", two, (Answer(gold, one.rindex(gold)),))
    if kind == "tagging":
        return TaggingRow(*head, words, (1, *(0,) * (len(words) - 1)))
    return RetrievalRow(*head, f"{FIXED} {one}", f"{SENTENCES['en'][0]} {id}7 euros")


@cache
def scene_of(kind, language):
    """A scene that lacks nothing: translations, a lexicon of the language's own words, names, a tautology."""
    task = Task("toy", kind, "target", "", "accuracy", labels=LABELS.get(kind, ("no", "yes")))
    rows, law = rows_of(kind, language), kind_of(kind)
    words = [word for text in SENTENCES[language] for word in regex.findall(r"[\p{L}\p{M}\u200c\u200d]+", text)]
    parallel = {code: {row.source: row for row in rows_of(kind, code)} for code in (language, "en", "th")}
    if kind == "span":  # another passage, whose sentences tempt
        parallel[language]["3"] = rows_of(kind, "nl" if language != "nl" else "de")[0]
    named = [dataclasses.replace(row, words=("Oslo", *row.words[1:])) for row in rows] if kind == "tagging" else []
    return Scene(
        task,
        law,
        language,
        0,
        0.1,
        differ,
        parallel=parallel,
        words=words_of_rows(rows, law, task),
        inventory=inventory_of_rows(rows, law, task),
        lexicon={word.casefold(): (word[::-1] if word.isascii() else "xyz",) for word in words},
        gazetteer=mentions_of_rows([*rows, *named], task) if kind == "tagging" else {},
        tautology="and true is true",
    )


def fields_of(row, scene):
    return {field.name: field for field in scene.kind.fields(row, scene.task)}


def fixed(text):
    return regex.findall(r"\p{N}+|(?:https?://|www\.)\S+", text)


def free_text(field):
    """The text without what is protected in it, each stretch of which leaves a blank."""
    parts, done = [], 0
    for start, end in field.protected:
        parts.append(field.text[done:start])
        done = end
    return " ".join([*parts, field.text[done:]])


def golds(row):
    """What no perturbation may change in a row."""
    kept = {"id": row.id, "source": row.source, "language": row.language}
    for name in ("label", "candidate", "key"):
        if hasattr(row, name):
            kept[name] = getattr(row, name)
    if isinstance(row, SpanRow):
        kept["answers"] = [answer.text for answer in row.answers]
    if isinstance(row, ChoiceRow):
        kept["choices"] = len(set(row.choices))
    return kept


def borders(row):
    """The cluster on each side of every gold answer."""
    ends = [(a.start, a.start + len(a.text)) for a in row.answers]
    return [(clusters(row.context[:a])[-1:], clusters(row.context[b:])[:1]) for a, b in ends]


def check_laws(name, row, found, scene):
    """One outcome of one attack by every law that it is under."""
    after = found.row
    scene.kind.check(after, scene.task, None)  # an answer that is not at its offset raises
    assert golds(after) == golds(row)
    assert (found.outcome == "edited") == (after != row or bool(found.rivals))
    if name != "entity_swap":
        check_texts(name, row, after, scene)
    if isinstance(row, SpanRow) and name not in ADDS:
        assert borders(after) == borders(row)
    if isinstance(row, ChoiceRow):
        check_choices(name, row, after)
    if name in {"swap", "drop", "insert", "sub", "keyboard", "homoglyph", "invisible"} and found.outcome == "edited":
        check_rate(name, row, found, scene)


def check_texts(name, row, after, scene):
    old, new = fields_of(row, scene), fields_of(after, scene)
    assert list(new) == list(old)
    for field, before in old.items():
        text = new[field].text
        if name not in ADDS:
            assert fixed(text) == fixed(before.text), (before.text, text)
        if name != "nfd" and after != row and not ill_formed(unicodedata.normalize("NFC", before.text)):
            composed = unicodedata.is_normalized("NFC", before.text)
            told = text if composed or name in ADDS else free_text(new[field])  # answers stay as they were written
            assert ill_formed(told if composed else unicodedata.normalize("NFC", told)) == "", (before.text, text)
            assert not composed or unicodedata.is_normalized("NFC", told), (before.text, text)


def check_choices(name, row, after):
    """Every choice has equally many edits."""
    pairs = [(clusters(a), clusters(b)) for a, b in zip(row.choices, after.choices, strict=True)]
    if name in ("drop", "insert"):
        assert len({len(new) - len(old) for old, new in pairs}) == 1
    if name == "invisible":
        assert len({len(new) - len(old) for old, new in zip(row.choices, after.choices, strict=True)}) == 1
    if name in ("swap", "sub", "keyboard"):
        assert len({sum(a != b for a, b in zip(old, new, strict=True)) for old, new in pairs}) == 1
    if name == "punct":
        assert len({old == new for old, new in pairs}) == 1


def check_rate(name, row, found, scene):
    """Within one edit of the target; a word edited wherever it stands may go beyond by so many, choices by half an edit each."""
    board = Board(row, scene)
    assert found.rate == found.edits / board.editable
    beyond = found.edits - max(1, scene.severity * board.editable)
    at_once = max(len(unit.spots) for unit in board.units)
    choices = len(row.choices) / 2 if isinstance(row, ChoiceRow) else 0
    assert beyond <= at_once + choices
    if name not in ("homoglyph", "swap", "keyboard"):  # these may run out of letters to change
        assert beyond >= -1


@given(
    st.sampled_from(STATIC), st.sampled_from(KINDS), st.sampled_from(sorted(SENTENCES)), st.sampled_from([0.02, 0.05, 0.1, 0.2]),
    st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_every_perturbation_obeys_the_laws_in_every_language_and_kind(name, kind, language, severity, seed):
    attack, scene = ATTACKS.get(name), scene_of(kind, language)
    if applies(attack, scene.kind, language) or attack.lacks(scene):
        return
    scene, rows = dataclasses.replace(scene, severity=severity, seed=seed), rows_of(kind, language)
    found = attack_rows(attack, rows, scene)
    for row, after in zip(rows, found, strict=True):
        check_laws(name, row, after, scene)
    assert attack_rows(attack, rows[::-1], scene) == found[::-1]
    assert [attack_rows(attack, [row], scene)[0] for row in rows] == found
    if attack.graded:
        still = attack_rows(attack, rows, dataclasses.replace(scene, severity=0.0))
        assert [(after.row, after.outcome) for after in still] == [(row, "noop") for row in rows]


@pytest.mark.parametrize("name", STATIC)
def test_no_perturbation_is_left_out_of_the_laws(name):
    """On every kind that it is for each of them edits the scenes above, so that the laws say something of it."""
    attack = ATTACKS.get(name)
    kinds = [kind for kind in KINDS if attack.needs & kind_of(kind).edits]
    assert kinds
    for kind in kinds:
        scene = dataclasses.replace(scene_of(kind, "vi"), severity=0.2)
        assert attack.lacks(scene) == ""
        seeds = (dataclasses.replace(scene, seed=seed) for seed in range(8))
        found = [after for each in seeds for after in attack_rows(attack, rows_of(kind, "vi"), each)]
        assert any(after.outcome == "edited" for after in found), kind


@pytest.fixture(scope="module")
def xlm_r(hub):
    import tokenizers

    rules = tokenizers.Tokenizer.from_file(str(hub / "models/FacebookAI/xlm-roberta-large/tokenizer.json"))
    return told_apart(KeptTokens(rules, {"mask_token": "<mask>"}))


@pytest.mark.parametrize("target", ["xnli", "pawsx", "xcopa", "xquad", "mlqa", "tydiqa", "panx", "udpos", "tatoeba"])
def test_real_rows_obey_the_laws(hub, xlm_r, target):
    """Rows of the benchmarks as XLM-R's tokenizer reads them, in every language that is there."""
    where = source_of(str(hub))
    task = facts_for(TASKS.get(target), where)
    kind, edited = kind_of(task.kind), 0
    for language in task.languages:
        rows = list(load(task, "test", language, where, 20).rows)
        scene = Scene(
            task, kind, language, 0, 0.1, xlm_r, {language: {row.source: row for row in rows}},
            words=words_of_rows(rows, kind, task), inventory=inventory_of_rows(rows, kind, task),
        )  # fmt: skip
        for name in STATIC:
            if applies(ATTACKS.get(name), kind, language) or ATTACKS.get(name).lacks(scene):
                continue
            for row, after in zip(rows[:2], attack_rows(ATTACKS.get(name), rows[:2], scene), strict=True):
                check_laws(name, row, after, scene)
                texts = [(fields_of(row, scene)[f].text, now.text) for f, now in fields_of(after.row, scene).items()]
                assert after.outcome == "noop" or after.rivals or any(xlm_r(old, new) for old, new in texts)
                edited += after.outcome == "edited"
    assert edited > 10 * len(task.languages)
