"""mix_fields and distract: which language, which sentence, what stays."""

import json
from pathlib import Path

import pytest

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.kinds import kind_of
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, SpanRow
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))


def differ(before, after):
    return before != after


def scene(kind, language, parallel, seed=0, survives=differ):
    task = Task("toy", kind, "target", "", "accuracy", labels=("no", "yes"))
    return Scene(task, kind_of(kind), language, seed, 0.1, survives, parallel)


def pair(language, id="1"):
    return ClassificationRow(f"{language}-{id}", language, id, *SENTENCES[language], 0)


PAIRS = {language: {"1": pair(language)} for language in SENTENCES}
mix, distract = ATTACKS.get("mix_fields"), ATTACKS.get("distract")


@pytest.mark.parametrize("language", sorted(SENTENCES)[::5])
def test_the_second_text_comes_from_another_language(language):
    seen = set()
    for seed in range(12):
        after = attack_rows(mix, [PAIRS[language]["1"]], scene("pair", language, PAIRS, seed))[0]
        assert after.outcome == "edited" and 0 < after.rate < 1 and after.edits > 1
        assert after.row.first == SENTENCES[language][0]
        others = [other for other, texts in SENTENCES.items() if texts[1] == after.row.second]
        assert others and language not in others
        seen.update(others)
    assert len(seen) > 3


def test_pairs_mix_as_those_of_clean_dl_do(hub):
    """Tan and Joty's own file: its pairs are what the kind makes of XNLI's row in one language and the same row in another."""
    where, found = source_of(str(hub)), []
    xnli = facts_for(TASKS.get("xnli"), where)
    of_language = {code: load(xnli, "test", code, where).rows for code in xnli.languages}
    theirs = load(TASKS.get("xnli_codemixed"), "test", "mul", where).rows
    for i, row in enumerate(theirs):
        here = {code: rows[i] for code, rows in of_language.items()}
        first = [code for code, own in here.items() if plain(own.first) == plain(row.first)]
        second = [code for code, own in here.items() if plain(own.second) == plain(row.second)]
        if first and second:
            mixed = kind_of("pair").mix(here[first[0]], {second[0]: here[second[0]]})
            theirs_is = plain(row.first), plain(row.second), row.label
            found.append((plain(mixed.first), plain(mixed.second), mixed.label) == theirs_is)
    assert len(theirs) == len(found) == 600 and all(found)


def plain(text):
    """Blanks aside: the file's Thai and Chinese are split into words, and other texts at punctuation."""
    return "".join(text.split())


def test_the_drawn_language_does_not_depend_on_the_order_of_the_mapping():
    backwards = dict(reversed(PAIRS.items()))
    one = attack_rows(mix, [PAIRS["de"]["1"]], scene("pair", "de", PAIRS))
    assert one == attack_rows(mix, [PAIRS["de"]["1"]], scene("pair", "de", backwards))


def test_without_a_translation_nothing_is_mixed():
    row = pair("de")
    for parallel in ({}, {"de": {"1": row}}, {"fr": {"other": pair("fr")}}):
        after = attack_rows(mix, [row], scene("pair", "de", parallel))[0]
        assert (after.outcome, after.row) == ("noop", row)


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_both_texts_of_a_pair_get_the_same_suffix(language):
    row = pair(language)
    after = attack_rows(distract, [row], scene("pair", language, {}))[0]
    suffix = after.row.first.removeprefix(row.first)
    assert after.row.second == row.second + suffix
    assert suffix.startswith((" https://t.co/", " @")) and after.edits == 2 * len(suffix)


def test_only_the_context_of_a_choice_gets_a_suffix():
    row = ChoiceRow("1", "en", "1", "It rained.", "What was the cause?", ("A", "B"), 0)
    after = attack_rows(distract, [row], scene("choice", "en", {}))[0].row
    assert after.context.startswith("It rained. ") and (after.question, after.choices) == (row.question, row.choices)


def passage(id, context, question, answer):
    return SpanRow(id, "en", id, context, question, (Answer(answer, context.index(answer)),))


SPANS = [
    passage("a", "The old museum opened in spring. It is near Paris.", "Where is the old museum?", "near Paris"),
    passage(
        "b", "Many boats sail here. Where is the new museum of boats? It stands by the sea.", "What sails?", "boats"
    ),
    passage(
        "c", "Where is the old museum, near Paris? Rivers carry sand to the coast.", "What carries sand?", "Rivers"
    ),
]
PARALLEL = {"en": {row.source: row for row in SPANS}}


def test_the_tempting_sentence_comes_from_another_passage_and_holds_no_answer():
    after = attack_rows(distract, SPANS, scene("span", "en", PARALLEL))
    # the first sentence of the third passage is more like the first question still, but it answers it
    assert after[0].row.context == SPANS[0].context + " Where is the new museum of boats?"
    where = scene("span", "en", PARALLEL)
    for row, found in zip(SPANS, after, strict=True):
        where.kind.check(found.row, where.task, None)
        assert found.row.answers == row.answers and found.row.question == row.question
        added = found.row.context.removeprefix(row.context).strip()
        assert any(added in other.context for other in SPANS if other is not row)
        assert row.answers[0].text.casefold() not in added.casefold()


def test_an_answer_that_ends_the_context_does_not_grow():
    row = passage("d", "The old museum is near Paris", "Where is the old museum?", "near Paris")
    after = attack_rows(distract, [row], scene("span", "en", PARALLEL))[0].row
    assert after.answers == row.answers and after.context != row.context


def test_a_passage_without_answer_or_company_is_left_alone():
    unanswerable = SpanRow("e", "en", "e", SPANS[0].context, "Where is it?", ())
    assert attack_rows(distract, [unanswerable], scene("span", "en", PARALLEL))[0].outcome == "noop"
    assert attack_rows(distract, SPANS[:1], scene("span", "en", {"en": {"a": SPANS[0]}}))[0].outcome == "noop"


def test_text_beyond_what_the_model_reads_is_no_attack():
    deaf = scene("pair", "de", PAIRS, survives=lambda before, after: False)
    for attack in (mix, distract):
        assert attack_rows(attack, [pair("de")], deaf)[0].outcome == "noop"
