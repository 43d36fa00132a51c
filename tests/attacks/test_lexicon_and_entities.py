"""codemix and entity_swap: what a lexicon or gazetteer says, and nothing else, comes into the rows."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.text.entities import Mention, mentions, mentions_of_rows
from adaptstilts.attacks.text.lexicon import read_lexicon, read_tautologies
from adaptstilts.errors import DataMissing, InputError, NotApplicable
from adaptstilts.kinds import kind_of
from adaptstilts.metrics.chunks import chunk_scores
from adaptstilts.rows import Answer, ClassificationRow, RetrievalRow, SpanRow, TaggingRow
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
LEXICON = {
    "the": ("das", "die"),
    "museum": ("Museum",),
    "new york": ("Neu-York",),
    "york": ("Eberstadt",),
    "city": ("Stadt",),
}
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def differ(before, after):
    return before != after


def scene(kind, language="en", severity=0.1, seed=0, survives=differ, labels=("no", "yes"), parallel=None, **more):
    task = Task("toy", kind, "target", "", "accuracy", labels=labels)
    return Scene(task, kind_of(kind), language, seed, severity, survives, parallel or {}, **more)


def attack_one(name, row, where):
    return attack_rows(ATTACKS.get(name), [row], where)[0]


def single(text, language="en"):
    return ClassificationRow("1", language, "1", text, None, 0)


def test_the_longest_entry_is_said_and_capitals_stay():
    text = "The museum of New York City saw a city."
    seen = {
        attack_one("codemix", single(text), scene("single", severity=1.0, seed=n, lexicon=LEXICON)).row.first
        for n in range(12)
    }
    assert seen == {f"{the} Museum of Neu-York Stadt saw a Stadt." for the in ("Das", "Die")}


def test_the_share_of_words_is_that_of_the_severity():
    words = [f"w{chr(97 + i)}{chr(97 + j)}" for i in range(10) for j in range(10)]
    lexicon = {word: (word[::-1],) for word in words}
    for severity in (0.02, 0.1, 0.2):
        after = attack_one("codemix", single(" ".join(words)), scene("single", severity=severity, lexicon=lexicon))
        changed = sum(a != b for a, b in zip(words, after.row.first.split(), strict=True))
        assert after.edits == changed == round(100 * severity) and after.rate == severity
    assert (
        attack_one("codemix", single(" ".join(words)), scene("single", severity=0.0, lexicon=lexicon)).outcome == "noop"
    )


def test_unspaced_text_is_matched_by_clusters():
    lexicon = {"委员": ("member",), "委员会": ("committee",), "报告": ("report",)}
    after = attack_one("codemix", single("委员会公布了报告。", "zh"), scene("single", "zh", 1.0, lexicon=lexicon))
    assert after.row.first == "committee公布了report。" and after.edits == 2


@given(st.sampled_from(sorted(SENTENCES)), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_an_entry_is_said_the_same_way_in_both_sentences(language, seed):
    one, two = SENTENCES[language]
    words = [word.strip(".,。") for word in f"{one} {two}".casefold().split()]
    lexicon = {word: (f"x{i}", f"y{i}") for i, word in enumerate(words) if not any(c.isdigit() for c in word)}
    row = ClassificationRow("1", language, "1", f"{one} {two}", f"{two} {one}", 1)
    after = attack_one("codemix", row, scene("pair", language, 0.3, seed, lexicon=lexicon))
    if after.outcome == "edited":
        parts = after.row.first.split(), after.row.second.split()
        assert sorted(p.strip(".").casefold() for p in parts[0]) == sorted(p.strip(".").casefold() for p in parts[1])


def test_of_a_question_and_its_passage_only_the_question_is_said():
    row = SpanRow("1", "en", "1", "The museum is in Paris.", "Where is the museum?", (Answer("Paris", 17),))
    after = attack_one("codemix", row, scene("span", severity=1.0, lexicon=LEXICON)).row
    assert after.context == row.context and after.question in ("Where is das Museum?", "Where is die Museum?")


def test_codemix_says_what_it_lacks():
    with pytest.raises(NotApplicable, match="--lexicon"):
        attack_one("codemix", single("The museum."), scene("single"))


def test_both_formats_are_read(tmp_path):
    muse = tmp_path / "en-de.txt"
    muse.write_text("the das\nthe die\nMuseum\tMuseum\ncity\tStadt\n", "utf-8")
    assert read_lexicon(muse, "en") == {"the": ("das", "die"), "city": ("Stadt",)}
    panlex = tmp_path / "panlex.tsv"
    panlex.write_text("# four columns\neng-000\tNew York\tdeu-000\tNeu-York\nfra-000\tville\tdeu-000\tStadt\n", "utf-8")
    assert read_lexicon(panlex, "en") == {"new york": ("Neu-York",)} and read_lexicon(panlex, "fr") == {
        "ville": ("Stadt",)
    }
    clauses = tmp_path / "tautologies.tsv"
    clauses.write_text("en\tand true is true\nde\tund wahr ist wahr\n", "utf-8")
    assert read_tautologies(clauses) == {"en": "and true is true", "de": "und wahr ist wahr"}


def test_what_is_wrong_with_a_lexicon_is_told(tmp_path):
    file = tmp_path / "en-de.txt"
    with pytest.raises(DataMissing, match=r"en-de\.txt"):
        read_lexicon(file, "en")
    file.write_text("the das\nlonely\n", "utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_lexicon(file, "en")
    file.write_text("the das\n", "utf-8")
    with pytest.raises(InputError, match="'en', not 'fr'"):
        read_lexicon(file, "fr")


def test_a_tautology_ends_the_hypothesis_of_inference_only():
    row = ClassificationRow("1", "en", "1", "A man sleeps.", "He rests.", 0)
    labels = ("entailment", "neutral", "contradiction")
    after = attack_one("distract", row, scene("pair", labels=labels, tautology="and true is true")).row
    assert (after.first, after.second) == ("A man sleeps.", "He rests and true is true.")
    other = attack_one("distract", row, scene("pair", tautology="and true is true")).row
    assert other == attack_one("distract", row, scene("pair")).row and "true" not in other.second


def tagged(text, id="1"):
    pairs = [token.split("/") for token in text.split()]
    return TaggingRow(id, "en", id, tuple(w for w, _ in pairs), tuple(LABELS.index(t) for _, t in pairs))


TRAIN = [
    tagged("Ada/B-PER Lovelace/I-PER saw/O Rome/B-LOC", "a"),
    tagged("Alan/B-PER Turing/I-PER left/O New/B-LOC York/I-LOC", "b"),
    tagged("Cher/B-PER likes/O Oslo/B-LOC", "c"),
]


def test_mentions_are_those_of_the_conll_scorer():
    tags = ["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "B-LOC", "I-PER"]
    assert mentions(tags) == [Mention("PER", 0, 2), Mention("LOC", 4, 5), Mention("LOC", 5, 6)]


def test_the_gazetteer_is_what_the_rows_name():
    facts = scene("tagging", labels=LABELS).task
    assert mentions_of_rows(TRAIN, facts) == {
        "LOC": (("New", "York"), ("Oslo",), ("Rome",)),
        "PER": (("Ada", "Lovelace"), ("Alan", "Turing"), ("Cher",)),
    }


@given(st.integers(0, 40), st.sampled_from(range(3)))
@settings(max_examples=40, deadline=None)
def test_names_become_others_of_their_type_and_tags_stay_valid(seed, which):
    facts = scene("tagging", labels=LABELS).task
    gazetteer = mentions_of_rows(TRAIN, facts)
    where = scene("tagging", labels=LABELS, seed=seed, gazetteer=gazetteer)
    row = TRAIN[which]
    after = attack_one("entity_swap", row, where)
    where.kind.check(after.row, where.task, None)
    names = [[LABELS[tag] for tag in r.tags] for r in (row, after.row)]
    before, now = (mentions(each) for each in names)
    assert [m.type for m in now] == [m.type for m in before] and after.edits == len(before) and after.rate == 1.0
    for old, new in zip(before, now, strict=True):
        words = after.row.words[new.start : new.end]
        assert words in gazetteer[new.type] and words != row.words[old.start : old.end]
        lengths = {len(m) for m in gazetteer[new.type] if m != row.words[old.start : old.end]}
        assert len(words) == old.end - old.start or old.end - old.start not in lengths
    assert chunk_scores([names[1]], [names[1]], "old")["f1"] == 1.0
    rest = [w for w, t in zip(after.row.words, names[1], strict=True) if t == "O"]
    assert rest == [w for w, t in zip(row.words, names[0], strict=True) if t == "O"]


def test_entity_swap_says_what_it_lacks():
    with pytest.raises(NotApplicable, match="tags no entities"):
        attack_one("entity_swap", TaggingRow("1", "en", "1", ("a",), (0,)), scene("tagging", labels=("NOUN", "VERB")))
    with pytest.raises(NotApplicable, match="no train or dev rows"):
        attack_one("entity_swap", TRAIN[0], scene("tagging", labels=LABELS))
    where = scene("tagging", labels=LABELS, gazetteer={"PER": (("Cher",),)})
    assert attack_one("entity_swap", TaggingRow("1", "en", "1", ("Cher",), (1,)), where).outcome == "noop"


POOL = [
    RetrievalRow("1", "de", "1", "She paid 25 euros.", "Sie zahlte 25 Euro."),
    RetrievalRow("2", "de", "2", "We met Anna.", "Wir trafen Anna."),
    RetrievalRow("3", "de", "3", "He saw Berlin.", "Er sah Berlin."),
    RetrievalRow("4", "de", "4", "It rained.", "es regnete."),
]


def test_retrieval_gets_rivals_with_another_number_or_name():
    parallel = {"de": {row.source: row for row in POOL}}
    seen = set()
    for seed in range(20):
        found = attack_rows(ATTACKS.get("entity_swap"), POOL, scene("retrieval", "de", seed=seed, parallel=parallel))
        assert [after.row for after in found] == POOL
        assert [after.outcome for after in found] == ["edited", "edited", "edited", "noop"]
        rivals = [rival for after in found for rival in after.rivals]
        assert all(rival.query == "" and rival.candidate not in {row.candidate for row in POOL} for rival in rivals)
        assert len({rival.id for rival in rivals} | {row.id for row in POOL}) == 7
        seen.add(rivals[0].candidate)
        assert rivals[1].candidate == "Wir trafen Berlin." and rivals[2].candidate == "Er sah Anna."
    assert len(seen) > 5 and all(
        text.startswith("Sie zahlte ") and len(text) == len(POOL[0].candidate) for text in seen
    )
