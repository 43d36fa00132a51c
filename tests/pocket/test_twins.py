"""The twins: balanced, parallel, disjoint between splits, aligned with their text, and of two genres."""

import re
from collections import Counter

import pytest

from adaptstilts import pocket
from adaptstilts.pocket import vocabulary
from adaptstilts.pocket.twin import PairFacts, answer_pieces, plan
from adaptstilts.pocket.twins import twin
from adaptstilts.rows import ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow

KINDS = {
    ClassificationRow: "anli mnli qqp xnli pawsx sib200",
    SpanRow: "squad squad2 xquad tydiqa",
    ChoiceRow: "hellaswag cosmosqa csqa xcopa siqa belebele",
    TaggingRow: "ccg udpos panx",
    RetrievalRow: "tatoeba bucc lareqa mewslix",
}
CHOICES = {"hellaswag": 4, "cosmosqa": 4, "csqa": 5, "xcopa": 2, "siqa": 3, "belebele": 4}
GENRES = {name: twin(name).genre for name in pocket.TWINS}


def shown(row):
    """All text of a row."""
    if isinstance(row, ClassificationRow):
        return f"{row.first} {row.second}"
    if isinstance(row, ChoiceRow):
        return " ".join((row.context, row.question, *row.choices))
    if isinstance(row, SpanRow):
        return f"{row.context} {row.question}"
    if isinstance(row, TaggingRow):
        return " ".join(row.words)
    return f"{row.query} {row.candidate}" if row.keyed else row.candidate


def test_every_task_has_its_twin():
    names = [name for text in KINDS.values() for name in text.split()]
    assert sorted(names) == sorted(pocket.TWINS)
    for kind, text in KINDS.items():
        for name in text.split():
            assert all(type(row) is kind for row in pocket.rows(name, "train", "en", 5))


@pytest.mark.parametrize("task", pocket.TWINS)
def test_rows_are_parallel_and_a_prefix(task):
    english = pocket.rows(task, "test", "en", 12)
    for code in pocket.LANGUAGES[1:]:
        other = pocket.rows(task, "test", code, 20)
        assert other[:12] == pocket.rows(task, "test", code, 12)
        assert len({row.id for row in other}) == 20
        for one, same in zip(english, other, strict=False):
            assert (one.source, same.language) == (same.source, code)
            assert getattr(one, "label", None) == getattr(same, "label", None)
            assert shown(one) != shown(same)


@pytest.mark.parametrize("task", pocket.TWINS)
def test_seeds_and_splits_differ(task):
    texts = [shown(r) for split in pocket.SPLITS for r in pocket.rows(task, split, "en", 40)]
    texts += [shown(r) for r in pocket.rows(task, "train", "en", 40, seed=1)]
    assert len(set(texts)) > 0.9 * len(texts)
    assert pocket.size(task, "train") > pocket.size(task, "test") >= 400


@pytest.mark.parametrize("task", [*KINDS[ClassificationRow].split(), *CHOICES])
def test_labels_are_balanced_over_every_prefix(task):
    classes = CHOICES.get(task) or len(pocket.labels(task))
    for split in pocket.SPLITS:
        seen = Counter(row.label for row in pocket.rows(task, split, "qab", 10 * classes))
        assert seen == dict.fromkeys(range(classes), 10)


@pytest.mark.parametrize("task", CHOICES)
def test_choices_are_distinct(task):
    for code in ("en", "qaf"):
        for row in pocket.rows(task, "dev", code, 100):
            assert len(set(row.choices)) == len(row.choices) == CHOICES[task]
    if task == "xcopa":
        assert {row.question for row in pocket.rows(task, "dev", "qac", 20)} == {"cause", "effect"}
        assert all(row.context for row in pocket.rows(task, "dev", "en", 5))


@pytest.mark.parametrize("task", KINDS[SpanRow].split())
@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_answers_stand_at_their_offset(task, code):
    rows = pocket.rows(task, "test", code, 60)
    for row in rows:
        for answer in row.answers:
            assert answer.text
            assert row.context[answer.start : answer.start + len(answer.text)] == answer.text
    unanswerable = sum(not row.answers for row in rows) / len(rows)
    assert (0.3 < unanswerable < 0.5) if task == "squad2" else unanswerable == 0


def test_an_answer_names_the_same_words_in_every_language():
    from adaptstilts.pocket.grammar import grammar

    for i in range(40):
        drawn, _ = plan(twin("squad"), "test", 0, i)
        concepts = set()
        for code in pocket.LANGUAGES:
            pieces = grammar(code).sentence(drawn.context[drawn.sentence])
            found = answer_pieces(pieces, drawn)
            assert found == list(range(found[0], found[-1] + 1))
            concepts.add(tuple(sorted(pieces[at].concept for at in found)))
        assert len(concepts) == 1


@pytest.mark.parametrize("task", KINDS[TaggingRow].split())
@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_tags_are_aligned(task, code):
    labels = pocket.labels(task)
    for row in pocket.rows(task, "test", code, 40):
        assert len(row.words) == len(row.tags)
        assert all(word and " " not in word for word in row.words)
        tags = [labels[tag] for tag in row.tags]
        if task == "udpos":
            assert tags[-1] == "PUNCT"
            assert sum(tag == "VERB" for tag in tags) >= 1
        if task == "panx":
            for before, tag in zip(["O", *tags], tags, strict=False):
                assert not tag.startswith("I-") or before in ("B" + tag[1:], tag)


def test_names_of_two_words_occur():
    tags = {pocket.labels("panx")[t] for row in pocket.rows("panx", "train", "en", 100) for t in row.tags}
    assert tags == set(pocket.labels("panx"))
    assert len(pocket.labels("udpos")) == 17


def test_supertags_depend_on_the_place():
    labels, seen = pocket.labels("ccg"), {}
    for row in pocket.rows("ccg", "train", "en", 200):
        for word, tag in zip(row.words, row.tags, strict=True):
            seen.setdefault(word, set()).add(labels[tag])
    assert {"(S\\S)/NP", "(S/S)/NP"} <= seen["in"]


def test_facts_belong_to_one_split():
    from adaptstilts.ids import rng_for
    from adaptstilts.pocket.world import World, core, split_of

    for split in pocket.SPLITS:
        for i in range(50):
            for clause in [World("a", rng_for("facts", i), split).event()]:
                assert split_of(*core(clause)) == split
    premises = {}
    for split in pocket.SPLITS:
        drawn = [plan(twin("mnli"), split, 0, i)[0] for i in range(200)]
        premises[split] = {core(d.first[0].clauses[0]) for d in drawn if isinstance(d, PairFacts)}
    assert not premises["train"] & premises["test"]
    assert not premises["dev"] & premises["test"]


def test_genres_share_grammar_but_not_words():
    content = {}
    for genre, given in vocabulary.GENRES.items():
        pairs = [w for two in given.opposites for pair in two for w in pair]
        nouns = [n for group in given.nouns.values() for n in group]
        content[genre] = {*nouns, *pairs, *(v for pair in given.verbs for v in pair), *given.first_names, *given.places}
    assert not content["a"] & content["b"]
    own = {"a": "b", "b": "a"}
    for task, genre in GENRES.items():
        text = " ".join(shown(row) for row in pocket.rows(task, "train", "en", 60))
        words = set(re.findall(r"[a-z]+", text))
        assert words & content[genre]
        assert not words & content[own[genre]], task


def test_target_text_is_longer():
    def length(task):
        return sum(len(row.first.split()) for row in pocket.rows(task, "train", "en", 200))

    assert length("xnli") > 1.15 * length("mnli")


def test_paraphrases_share_their_words():
    overlap = {0: [], 1: []}
    for row in pocket.rows("pawsx", "train", "en", 300):
        one, other = (set(re.findall(r"\w+", text)) for text in (row.first, row.second))
        overlap[row.label].append(len(one & other) / len(one | other))
        assert row.first != row.second
    means = [sum(found) / len(found) for found in overlap.values()]
    assert min(means) > 0.6
    assert abs(means[0] - means[1]) < 0.05


def test_retrieval_pairs_english_with_another():
    for row in pocket.rows("tatoeba", "test", "qad", 20):
        assert row.query.isascii()
        assert not row.candidate.isascii()
    queries = [row.query for row in pocket.rows("tatoeba", "test", "qad")]
    assert len(set(queries)) == len(queries)


def test_pairs_of_piles_are_translations_and_the_others_are_not():
    english, other = pocket.rows("bucc", "test", "en", 50), pocket.rows("bucc", "test", "qab", 50)
    assert sum(bool(row.answers) for row in english) == 30  # three in five
    for one, same in zip(english, other, strict=True):
        assert one.candidate == same.candidate and one.candidate.isascii() and not same.query.isascii()
        assert (one.query == one.candidate) is bool(one.answers)
        assert one.answers in ((), (one.key,))
    assert len({row.key for row in english}) == 50


def test_an_answer_sentence_is_of_its_passage_and_has_a_key_in_each_language():
    for code in ("en", "qae"):
        rows = pocket.rows("lareqa", "test", code, 50)
        assert all(row.candidate in row.context and row.answers == (row.key,) for row in rows)
        assert all(row.key.endswith(code) for row in rows)


def test_one_entity_is_described_in_one_language_for_all():
    english, other = pocket.rows("mewslix", "test", "en", 60), pocket.rows("mewslix", "test", "qad", 60)
    assert [(r.key, r.candidate) for r in english] == [(r.key, r.candidate) for r in other]
    assert 0 < sum(row.candidate.isascii() for row in english) < 60
    assert all(row.candidate.isascii() for row in pocket.rows("mewslix", "train", "en", 60))
    assert all(row.query != same.query for row, same in zip(english, other, strict=True))
    for row, same in zip(english, other, strict=True):
        assert (row.candidate_language or "en") == (same.candidate_language or "qad")
        assert row.candidate_language or row.candidate.isascii()


def test_topics_are_told_by_words_of_one_kind():
    nouns = vocabulary.GENRES["b"].nouns
    labels = pocket.labels("sib200")
    for row in pocket.rows("sib200", "train", "en", 70):
        said = row.first.replace(".", " ").split()
        forms = {form for noun in nouns[labels[row.label]] for form in (noun, vocabulary.SYNONYM.get(noun, noun))}
        assert sum(any(word in (f, f + "s") for f in forms) for word in said) >= 2
