"""Retrieval targets from their published records: BUCC's piles, LAReQA's paragraphs (real ones where at hand), Mewsli-X's JSON."""

import json

import pytest

from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.errors import DataMissing, RowError
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.bitext import piled
from adaptstilts.tasks.mentions import LANGUAGES, OTHERS
from adaptstilts.tasks.sentences import answering, sentences

PILES = {
    "sentence1": [f"Satz {i}" for i in range(1, 31)],
    "sentence2": [f"sentence {i}" for i in range(1, 21)],
    "gold": [[3, 5], [10, 1], [3, 6], [30, 20], [12, 20]],
}


def test_piles_hold_every_sentence_once_and_every_gold_pair():
    rows = piled(PILES, "de")
    assert sorted(row["query"] for row in rows if row["query"]) == sorted(PILES["sentence1"])
    assert sorted(row["candidate"] for row in rows if row["candidate"]) == sorted(PILES["sentence2"])
    assert len({row["id"] for row in rows}) == len(rows)
    gold = {(int(row["id"].split("-")[1]), int(key)) for row in rows for key in row["answers"]}
    assert gold == {tuple(pair) for pair in PILES["gold"]}
    assert all(PILES["sentence2"][int(row["key"]) - 1] == row["candidate"] for row in rows if row["key"])
    together = [row for row in rows if row["key"] in row["answers"]]
    assert len(together) == 3  # of pairs that share a sentence one side comes alone
    places = [rows.index(row) for row in together]
    assert places[0] == 0 and places[1] > 5 and places[2] > 15, "spread, so that a few rows are like all"


@pytest.mark.parametrize(("few", "english"), [([], 3), ([[1, 1]], 0 + 1)])
def test_piles_of_unequal_size(few, english):
    rows = piled({"sentence1": ["a"], "sentence2": ["b"] * english, "gold": few}, "fr")
    assert sum(bool(row["candidate"]) for row in rows) == english


def put(folder, name, records):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_bucc_loads_from_its_one_record(tmp_path):
    put(tmp_path, "mteb/BUCC/de-en/test.jsonl", [PILES])
    loaded = load(TASKS.get("bucc"), "test", "de", source_of(str(tmp_path)))
    assert len(loaded.rows) == len(piled(PILES, "de"))
    assert len(load(TASKS.get("bucc"), "test", "de", source_of(str(tmp_path)), 4).rows) == 4
    with pytest.raises(DataMissing, match="no train set"):
        load(TASKS.get("bucc"), "train", "en", source_of(str(tmp_path)))


COUNTS = {
    "ar": 228, "de": 242, "el": 232, "en": 224, "es": 227, "hi": 231, "ru": 225, "th": 165, "tr": 224, "vi": 230, "zh": 216,
}  # fmt: skip


@pytest.mark.parametrize(("language", "count"), COUNTS.items())
def test_as_many_candidates_as_the_sample_counts(hub, language, count):
    """The sample's README counts candidate sentences by the published breaks."""
    rows = load(TASKS.get("lareqa"), "test", language, source_of(str(hub))).rows
    assert len({row.key for row in rows if row.key}) == count
    asked = [row for row in rows if row.query]
    assert len(asked) == 223
    assert all(row.candidate in row.context and row.source == row.id for row in asked)


def test_the_same_questions_have_the_same_sources_in_all_languages(hub):
    where = source_of(str(hub))
    sources = [
        {row.source for row in load(TASKS.get("lareqa"), "test", code, where).rows if row.query}
        for code in ("ar", "th", "zh")
    ]
    assert sources[0] == sources[1] == sources[2]


@pytest.mark.parametrize("language", [code for code in COUNTS if code != "th"])
def test_sentences_end_where_lareqa_ends_them(hub, language):
    """Own splitter against the published breaks; Thai, which has no end marks, is left out."""
    right = said = gold = 0
    for article in json.loads((hub / "local" / "lareqa" / "xquad-r" / f"{language}.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            true = {end for _, end in paragraph["sentence_breaks"]}
            own = {end for _, end in sentences(paragraph["context"])}
            right, said, gold = right + len(true & own), said + len(own), gold + len(true)
    assert 2 * right / (said + gold) > 0.95


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Dr. Who met J. Smith at 3.5 p.m. today.", ["Dr. Who met J. Smith at 3.5 p.m. today."]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("वह आया। वह गया।", ["वह आया।", "वह गया।"]),
        ("no mark at all", ["no mark at all"]),
        ("  lead.  Next one  ", ["lead.", "Next one"]),
    ],
)
def test_sentences_by_hand(text, parts):
    assert [text[start:end] for start, end in sentences(text)] == parts


def paragraph(start=10, **more):
    context = "Tom sat. A cat ran. Tom sat."
    return {
        "id": "q",
        "context": context,
        "question": "who ran?",
        "answers": {"text": ["cat"], "answer_start": [start]},
        **more,
    }


def test_a_question_finds_the_sentence_with_its_answer():
    rows = answering(paragraph(11), "en")
    assert (rows[0]["query"], rows[0]["candidate"], len(rows[0]["answers"])) == ("who ran?", "A cat ran.", 1)
    assert [row["candidate"] for row in rows[1:]] == ["Tom sat.", "A cat ran.", "Tom sat."]
    assert {row["context"] for row in rows} == {paragraph()["context"]}
    both = answering(paragraph(2), "en")[0]
    assert both["answers"] == [rows[1]["key"], rows[3]["key"]], "equal sentences of one context all answer"
    assert answering(paragraph(8), "en") is None, "between two sentences"
    assert answering({**paragraph(), "answers": {"text": [], "answer_start": []}}, "en") is None
    own = answering(paragraph(11, sentence_breaks=[[0, 19], [20, 28]]), "en")
    assert own[0]["candidate"] == "Tom sat. A cat ran."


def test_a_context_is_one_pool_and_training_rows_are_pairs_only(tmp_path):
    """Neighbouring questions give the same candidates: they come once. Training learns from question and answer alone."""
    two = [paragraph(11), {**paragraph(2), "id": "q2", "question": "who sat?"}]
    for split in ("test", "train"):
        put(tmp_path, f"lareqa/en/{split}.jsonl", two)
    where = source_of(str(tmp_path))
    assert [row.id.startswith("q") for row in load(TASKS.get("lareqa"), "test", "en", where).rows] == [
        True,
        False,
        False,
        False,
        True,
    ]
    trained = load(TASKS.get("lareqa"), "train", "en", where).rows
    assert sorted(row.query for row in trained) == ["who ran?", "who sat?"]
    assert len(load(TASKS.get("lareqa"), "test", "en", where, 1).rows) == 4, (
        "a limit counts queries, a pool is never cut"
    )
    put(tmp_path, "lareqa/en/test.jsonl", [two[0], {**two[1], "id": "q"}])
    with pytest.raises(RowError, match="not unique"):
        load(TASKS.get("lareqa"), "test", "en", where)


def mention(number, entity, text="An old {x} text. Paris fell. End.", start=17, end=22):
    spans = [{"start": 0, "end": 16}, {"start": 17, "end": 28}, {"start": 29, "end": 33}]
    return {
        "context": {"text": text, "sentence_spans": spans, "language": "en", "document_title": "t"},
        "mention": {"example_id": f"m{number}", "entity_id": entity, "mention_span": {"start": start, "end": end, "text": text[start:end]}},
    }  # fmt: skip


def entity(name, language):
    text = f"{name} is a  thing.\nIt is {language}. Not said."
    first = text.index("It")
    spans = [{"start": 0, "end": first - 1}, {"start": first, "end": text.index(" Not")}]
    return {
        "entity_id": name,
        "title": name,
        "description": text,
        "description_language": language,
        "sentence_spans": spans,
    }


@pytest.fixture
def mewslix(tmp_path):
    home = "izhx/mewsli-x"
    put(tmp_path, f"{home}/candidate_entities/test.jsonl", [entity("Q1", "en"), entity("Q2", "pl"), entity("Q3", "fr")])
    for code in LANGUAGES:
        put(tmp_path, f"{home}/{code}/test.jsonl", [mention(1, "Q1"), mention(2, "Q3 ")])
    pairs = [{"contextual_mention": mention(9, "Q2"), "entity": entity("Q2", "en")}]
    put(tmp_path, f"{home}/wikipedia_pairs/train.jsonl", pairs)
    return source_of(str(tmp_path))


def test_mentions_ask_in_one_sentence_and_each_entity_is_in_one_language(mewslix):
    """The query's form is that of XTREME-R's baseline: mention, colon, one sentence with the mention in braces."""
    rows = {code: load(TASKS.get("mewslix"), "test", code, mewslix).rows for code in LANGUAGES}
    first = rows["tr"][0]
    assert (first.query, first.answers, first.candidate) == ("Paris: { Paris } fell.", ("Q1",), "")
    assert rows["tr"][1].answers == ("Q3",)
    held = [(code, row.key) for code in LANGUAGES for row in rows[code] if row.key]
    assert held == [("en", "Q1"), ("en", "Q3"), ("pl", "Q2")]
    assert next(row.candidate for row in rows["pl"] if row.key) == "Q2 is a thing. It is pl."
    told = {row.key: row.candidate_language for code in LANGUAGES for row in rows[code] if row.key}
    assert told == {"Q1": "", "Q2": "", "Q3": "fr"}, "told where it is not that of the rows beside it"


def test_entities_are_in_the_fifty_languages_of_mewsli_x(tmp_path):
    """The list of `mewsli-x.md` in google-research; an entity in any other is no row."""
    published = (
        "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru sw "
        "ta te th tl tr uk ur vi wo yo zh"
    )
    assert " ".join(sorted((*LANGUAGES, *OTHERS))) == published
    home = "izhx/mewsli-x"
    put(tmp_path, f"{home}/en/test.jsonl", [mention(1, "Q1")])
    put(tmp_path, f"{home}/candidate_entities/test.jsonl", [entity("Q1", "en"), entity("Q2", "xx")])
    with pytest.raises(RowError, match="no 'xx' for rows in 'en'"):
        load(TASKS.get("mewslix"), "test", "en", source_of(str(tmp_path)))


def test_braces_become_brackets_and_mentions_across_sentences_are_left_out(mewslix):
    from adaptstilts.tasks.mentions import mentioned

    (row,) = mentioned(mention(1, "Q1", start=3, end=6), "en")
    assert row["query"] == "old: An { old } (x) text."
    assert mentioned(mention(1, "Q1", start=10, end=20), "en") is None


def test_training_pairs_hold_a_mention_and_its_entity(mewslix):
    (row,) = load(TASKS.get("mewslix"), "train", "en", mewslix).rows
    assert (row.query, row.key, row.answers) == ("Paris: { Paris } fell.", "Q2", ("Q2",))
    assert row.candidate.startswith("Q2 is")
    with pytest.raises(DataMissing, match=r"published in en only.*translated"):
        load(TASKS.get("mewslix"), "train", "de", mewslix)
