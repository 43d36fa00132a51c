"""Files that a user made: every format loads, and a broken one is told by file, row and field."""

import json

import pytest

from adaptstilts.data.check import check
from adaptstilts.data.files.folder import sources_for
from adaptstilts.data.identity import identity
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import DataMissing, InputError, RowError
from adaptstilts.plan.sweeps.sizes import rows_of
from adaptstilts.rows import Answer
from adaptstilts.tasks import TASKS

PAIRS = [{"first": f"a {i}", "second": f"b {i}", "label": i % 3} for i in range(9)]
SQUAD = {
    "version": "v2.0",
    "data": [{
        "title": "t",
        "paragraphs": [{
            "context": "The cat sat on the mat.",
            "qas": [
                {"id": "q1", "question": "Who sat?", "answers": [{"text": "cat", "answer_start": 4}], "is_impossible": False},
                {"id": "q2", "question": "Who ran?", "answers": [], "is_impossible": True},
            ],
        }],
    }],
}  # fmt: skip


@pytest.fixture
def put(tmp_path):
    """Write a file below a data folder; gives the folder back."""

    def write(name, content):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return source_of(str(tmp_path / "data"))

    return write


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_jsonl_with_the_kinds_columns(put):
    where = put("xnli/sw/test.jsonl", lines(PAIRS))
    rows = load(TASKS.get("xnli"), "test", "sw", where).rows
    assert [(r.id, r.language, r.source, r.first, r.second, r.label) for r in rows[:2]] == [
        ("0", "sw", "0", "a 0", "b 0", 0),
        ("1", "sw", "1", "a 1", "b 1", 1),
    ]
    assert facts_for(TASKS.get("xnli"), where).languages == ("sw",)


def test_jsonl_in_the_published_shape_with_label_names(put):
    records = [{"premise": "p", "hypothesis": "h", "label": "contradiction"}]
    where = put("mnli/train.jsonl", lines(records))
    assert load(TASKS.get("mnli"), "train", "en", where).rows[0].label == 2


def test_csv_and_tsv(put):
    where = put("qqp/en/dev.csv", 'question1,question2,label\n"a, b",c,1\nd,e,0\n')
    assert [(r.first, r.label) for r in load(TASKS.get("qqp"), "dev", "en", where).rows] == [("a, b", 1), ("d", 0)]
    put("pawsx/de/validation.tsv", 'id\tsentence1\tsentence2\tlabel\n7\t"x\ty\tparaphrase\n')
    (row,) = load(TASKS.get("pawsx"), "dev", "de", where).rows
    assert (row.id, row.first, row.label) == ("7", '"x', 1)


def test_parquet(put, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = put("xnli/ur/README.md", "")
    pq.write_table(pa.Table.from_pylist(PAIRS), tmp_path / "data" / "xnli" / "ur" / "test.parquet")
    assert len(load(TASKS.get("xnli"), "test", "ur", where).rows) == 9


def test_squad_json(put):
    where = put("squad2/dev.json", json.dumps(SQUAD))
    rows = load(TASKS.get("squad2"), "dev", "en", where).rows
    assert [(r.id, r.answers) for r in rows] == [("q1", (Answer("cat", 4),)), ("q2", ())]


def test_conll(put):
    where = put("panx/nv/test.conll", "# text\nInti\tB-PER\n.\tO\n\nQusqu B-LOC\n")
    rows = load(TASKS.get("panx"), "test", "yo", put("panx/yo/test.conll", "Inti\tB-PER\n.\tO\n\nQusqu B-LOC\n")).rows
    assert [(r.words, r.tags) for r in rows] == [(("Inti", "."), (1, 0)), (("Qusqu",), (5,))]
    assert "nv" not in facts_for(TASKS.get("panx"), where).languages


@pytest.mark.parametrize("name", ["ccg/ccg.train", "ccg/train.tsv", "local/ccg/ccg.train", "ccg/en/train.tsv"])
def test_tagged_text_and_its_labels(put, name):
    where = put(name, "Dogs bark\tN S\\N\nCats sleep .\tN S\\N .\n")
    facts = facts_for(TASKS.get("ccg"), where)
    assert facts.labels == (".", "N", "S\\N")
    rows = sorted(load(facts, "train", "en", where).rows, key=lambda row: row.id)
    assert [(r.words, r.tags) for r in rows] == [(("Dogs", "bark"), (1, 2)), (("Cats", "sleep", "."), (1, 2, 0))]
    folder = name.rsplit("/", 1)[0]
    put(f"{folder}/tags_to_id.json", json.dumps({"S\\N": 0, "N": 1, ".": 2}))
    assert facts_for(TASKS.get("ccg"), where).labels == ("S\\N", "N", ".")


@pytest.mark.parametrize("content", ['{"N": 0, "S": 2}', '{"N": "a"}', "[1]", "{"])
def test_tags_must_be_numbered_from_zero(put, content):
    put("ccg/ccg.train", "Dogs bark\tN S\n")
    with pytest.raises(DataMissing, match=r"tags_to_id\.json"):
        facts_for(TASKS.get("ccg"), put("ccg/tags_to_id.json", content))


def test_ccg_says_how_to_get_it(put):
    where = put("x/y.txt", "")
    with pytest.raises(DataMissing, match="LDC2005T13"):
        load(TASKS.get("ccg"), "train", "en", where)
    with pytest.raises(DataMissing, match="LDC2005T13"):
        load(TASKS.get("ccg"), "train", "en", source_of("hub"))


ASTRAY = {"id": "q", "context": "abc", "question": "?", "answers": {"text": ["z"], "answer_start": [0]}}

BROKEN = [
    ("xnli", "test.jsonl", lines([*PAIRS, {"first": "a", "second": "b", "label": 3}]), "9", "label"),
    ("xnli", "test.jsonl", lines([*PAIRS, {"first": "a", "second": " ", "label": 0}]), "9", "second"),
    ("xnli", "test.jsonl", lines([{"premise": "a", "label": 0}]), "0", "hypothesis"),
    ("xnli", "test.jsonl", lines([{"id": "x", **PAIRS[0]}, {"id": "x", **PAIRS[1]}]), "x", "id"),
    ("xnli", "test.csv", "premise,hypothesis,label\na,b,maybe\n", "0", "label"),
    ("panx", "test.conll", "Inti B-GOD\n", "0", "tags"),
    ("panx", "test.jsonl", lines([{"words": ["a", "b"], "tags": [0]}]), "0", "tags"),
    ("xquad", "test.jsonl", lines([ASTRAY]), "q", "answers"),
    ("tydiqa", "test.jsonl", lines([{"title": "no id"}]), "0", "id"),
    ("tatoeba", "test.jsonl", lines([{"query": "", "candidate": ""}]), "0", "candidate"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "content", "row", "field"), BROKEN)
def test_broken_rows_are_told_by_their_place(put, name, file, content, row, field):
    where = put(f"{name}/ar/{file}", content)
    with pytest.raises(RowError) as told:
        load(TASKS.get(name), "test", "ar", where)
    error = told.value
    assert (error.task, error.split, error.language, error.row, error.field) == (name, "test", "ar", row, field)
    assert f"{name}/test/ar row {row}, field '{field}'" in str(error)


ODD = '{"premise": "odd", "hypothesis": "b", "label": "maybe"}\n'
LINED = [
    ("xnli", "test.csv", 'premise,hypothesis,label\n"two\nlines, ""and\n""three",b,neutral\n\nodd,b,maybe\n'),
    ("xnli", "test.csv", 'premise,hypothesis,label\r\n"two\r\nlines",b,neutral\r\n"odd\r\none",b,maybe\r\n'),
    ("xnli", "test.tsv", "premise\thypothesis\tlabel\na\tb\tneutral\n\nodd\tb\tmaybe\nc\td\tneutral\n"),
    ("xnli", "test.jsonl", f"\n\n{ODD.replace('maybe', 'neutral').replace('odd', 'a')}\n{ODD}"),
    ("panx", "test.tsv", "Inti\tO\n\nodd\tB-GOD\n"),
    ("panx", "test.conll", "-DOCSTART- O\n\nInti O\nPeru O\n\n\nodd B-GOD\nthere O\n"),
    ("udpos", "test.conllu", "# a\n1\tInti\t_\tNOUN" + "\t_" * 6 + "\n\n# b\n1\todd\t_\tVREB" + "\t_" * 6 + "\n"),
]


@pytest.mark.parametrize(("name", "file", "content"), LINED)
def test_a_broken_row_is_told_by_the_line_that_an_editor_shows(put, name, file, content):
    where = put(f"{name}/ar/{file}", content)
    with pytest.raises(RowError) as told:
        load(TASKS.get(name), "test", "ar", where)
    number = next(n for n, line in enumerate(content.splitlines(), 1) if "odd" in line)
    assert f", line {number} of {where.path / name / 'ar' / file}: " in str(told.value)
    (test,) = [each for each in check(TASKS.get(name), where).splits if each.split == "test" and each.language == "ar"]
    assert f", line {number} of " in test.problems[0]


def test_rows_of_formats_without_lines_are_told_by_their_number(put):
    rows = [PAIRS[0], {**PAIRS[0], "label": "maybe"}]
    with pytest.raises(RowError, match=r"row 1, field 'label': "):
        load(TASKS.get("xnli"), "test", "ar", put("xnli/ar/test.json", json.dumps(rows)))


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("test.jsonl", "{not json\n", "jsonl"),
        ("test.jsonl", "[1]\n", "JSON object"),
        ("test.json", '{"a": 1}', "data"),
        ("test.csv", "premise,hypothesis,label\na,b\n", "line 2 has 2 cells, the header 3"),
        ("test.tsv", "premise\thypothesis\tlabel\na\tb\tno\na\tb\n", "line 3 has 2 cells, the header 3"),
        ("test.csv", "premise;hypothesis;label\na, b;c;no\n", "parted by semicolons: write them with commas"),
        ("test.parquet", "PAR?", "parquet"),
        ("test.tsv", "one cell only\n", "cells"),
    ],
)
def test_files_that_are_not_what_they_say(put, file, content, why):
    with pytest.raises(DataMissing, match=why) as told:
        load(TASKS.get("xnli"), "test", "ar", put(f"xnli/ar/{file}", content))
    assert file in str(told.value)


def test_checking_tells_all_problems_up_to_a_bound(put):
    bad = [{"first": "", "second": "b", "label": 0}, {"first": "a", "second": "b", "label": 7}]
    where = put("xnli/ar/test.jsonl", lines([*PAIRS, *bad * 20]))
    report = check(TASKS.get("xnli"), where, bound=3)
    (test,) = [each for each in report.splits if each.split == "test"]
    assert (test.rows, test.bad, len(test.problems)) == (9, 40, 3)
    assert test.balance == {"entailment": 1 / 3, "neutral": 1 / 3, "contradiction": 1 / 3}
    assert test.chance == pytest.approx(1 / 3)
    assert {each.split for each in report.splits if each.missing} == {"train", "dev"}
    assert "sw" in report.absent and "ar" not in report.absent
    assert report.bad == 40 and len(report.problems) == 3
    assert (
        report.problems[0]
        == f"xnli/test/ar row 9, field 'first', line 10 of {where.path}/xnli/ar/test.jsonl: the text is empty"
    )


def test_a_caller_may_leave_bad_rows_out(put):
    where = put("xnli/ar/test.jsonl", lines([{"first": "", "second": "b", "label": 0}, *PAIRS]))
    told = []
    assert len(load(TASKS.get("xnli"), "test", "ar", where, 4, wrong=told.append).rows) == 4
    assert [error.field for error in told] == ["first"]


def test_dev_stands_in_for_a_missing_test_and_says_so(put):
    where = put("xnli/ar/dev.jsonl", lines(PAIRS))
    assert load(TASKS.get("xnli"), "test", "ar", where).split_used == "dev"
    dev = identity(TASKS.get("xnli"), where, "test", ["ar"])
    where = put("xnli/ar/test.jsonl", lines(PAIRS[:5]))
    loaded = load(TASKS.get("xnli"), "test", "ar", where)
    assert (loaded.split_used, len(loaded.rows)) == ("test", 5)
    assert identity(TASKS.get("xnli"), where, "test", ["ar"]) != dev
    with pytest.raises(DataMissing):
        load(TASKS.get("xnli"), "train", "ar", where)


def test_training_rows_are_shuffled_by_seed_and_limits_are_prefixes(put):
    where = put("mnli/train.jsonl", lines(PAIRS * 30))
    task = TASKS.get("mnli")
    everything = [row.id for row in load(task, "train", "en", where, None, 1).rows]
    assert sorted(everything, key=int) == [str(i) for i in range(270)] != everything
    assert [row.id for row in load(task, "train", "en", where, 50, 1).rows] == everything[:50]
    assert [row.id for row in load(task, "train", "en", where, 50, 2).rows] != everything[:50]
    put("mnli/dev.jsonl", lines(PAIRS))
    assert [row.id for row in load(task, "dev", "en", where, 4, 2).rows] == ["0", "1", "2", "3"]


def test_identity_follows_the_bytes_and_not_the_place(put, tmp_path):
    where = put("xnli/ar/test.jsonl", lines(PAIRS))
    task = TASKS.get("xnli")
    before = identity(task, where, "test", ["ar"])
    (tmp_path / "data").rename(tmp_path / "moved")
    assert identity(task, source_of(str(tmp_path / "moved")), "test", ["ar"]) == before
    where = put("xnli/ar/test.jsonl", lines(PAIRS[::-1]))
    assert identity(task, where, "test", ["ar"]) != before
    with pytest.raises(DataMissing):
        identity(task, where, "test", ["ar", "sw"])


@pytest.mark.parametrize(
    ("name", "split", "language", "says"),
    [
        ("xquad", "dev", "de", "no dev set"),
        ("xquad", "train", "de", "in en only"),
        ("xnli", "test", "xx", "languages are ar, bg"),
        ("xnli", "test", "sw", "facebook/xnli"),
        ("tatoeba", "train", "en", "no train set"),
    ],
)
def test_what_is_missing_is_said(tmp_path, name, split, language, says):
    with pytest.raises(DataMissing, match=says):
        load(TASKS.get(name), split, language, source_of(str(tmp_path)))


def test_impossible_requests_are_refused(tmp_path):
    with pytest.raises(DataMissing, match="no such folder"):
        source_of(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="split"):
        load(TASKS.get("xnli"), "validation", "ar", source_of(str(tmp_path)))
    with pytest.raises(InputError, match="0 rows"):
        load(TASKS.get("xnli"), "test", "ar", source_of(str(tmp_path)), 0)


def put_parquet(folder, records, metadata=None):
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(records).replace_schema_metadata(metadata), folder / "test-0.parquet")


QA = {"id": "q", "context": "The cat sat.", "question": "Who?", "answers": {"text": ["cat"], "answer_start": [4]}}
ODD = [
    ("squad", "validation", {**QA, "answers": None}, "answers"),
    ("squad", "validation", {**QA, "answers": [["cat", 4]]}, "answers"),
    ("squad", "validation", {**QA, "answers": {"text": ["cat"], "answer_start": ["4"]}}, "answers"),
    ("squad", "validation", {**QA, "context": None}, "context"),
    ("tatoeba", "test", {"sentence1": None, "sentence2": "b"}, "sentence1"),
    ("tatoeba", "test", {"sentence1": "a", "sentence2": None}, "sentence2"),
    ("udpos", "test", {"tokens": ["a", "b"], "upos": ["X"]}, "tags"),
    ("udpos", "test", {"tokens": None, "upos": ["X"]}, "tokens"),
]
COPIES = {"squad": ("dev", "en", "plain_text"), "tatoeba": ("test", "de", "deu-eng"), "udpos": ("test", "uk", "uk_iu")}


@pytest.mark.parametrize(
    ("name", "stem", "record", "field"), ODD, ids=[f"{n}-{f}-{i}" for i, (n, *_, f) in enumerate(ODD)]
)
def test_published_records_of_a_wrong_shape_are_told_by_their_place(put, name, stem, record, field):
    """What a task's `prepare` stumbles over is a row's fault, told by the column that it read."""
    task, (split, language, config) = TASKS.get(name), COPIES[name]
    source = next(s for s in sources_for(task, split, language))
    where = put(f"{source.id}/{config}/{stem}.jsonl", lines([record]))
    with pytest.raises(RowError) as told:
        load(task, split, language, where)
    error = told.value
    assert (error.task, error.split, error.language, error.row, error.field) == (name, split, language, "0", field)


def test_parquet_with_a_broken_footer(put, tmp_path):
    """Cut in the middle of its footer, which pyarrow tells by a bare OSError."""
    where = put("xnli/ur/README.md", "")
    put_parquet(tmp_path / "whole", PAIRS)
    whole = (tmp_path / "whole" / "test-0.parquet").read_bytes()
    (tmp_path / "data/xnli/ur/test.parquet").write_bytes(whole[:-60] + b"\xff" * 52 + whole[-8:])
    with pytest.raises(DataMissing, match=r"test\.parquet.*parquet"):
        load(TASKS.get("xnli"), "test", "ur", where)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a O\n# O\n1 O\n\nb O\n", [("a", "#", "1"), ("b",)]),
        ("# O\na O\n\n# b O\nb O\n", [("#", "a"), ("b",)]),
        ("#\tO\na\tO\n\n# id 7\n-DOCSTART- O\nb\tO\n", [("#", "a"), ("b",)]),
    ],
)
def test_a_number_sign_in_conll_may_be_a_word(put, text, words):
    rows = load(TASKS.get("panx"), "test", "yo", put("panx/yo/test.conll", text)).rows
    assert [row.words for row in rows] == words


def copied(tmp_path, names):
    features = {"info": {"features": {"labels": {"names": names, "_type": "ClassLabel"}}}}
    record = {"sentence1": "a", "sentence2": "b", "labels": 0}
    put_parquet(tmp_path / "tasksource/hans/default", [record], {"huggingface": json.dumps(features)})
    (tmp_path / "tasksource/hans/default/test-0.parquet").rename(
        tmp_path / "tasksource/hans/default/validation-0.parquet"
    )
    return source_of(str(tmp_path))


@pytest.mark.parametrize("names", [["entailment", "non-entailment"], ["Entailment", "non_entailment"], ["0", "1"]])
def test_label_names_that_say_the_same(tmp_path, names):
    assert load(TASKS.get("hans"), "test", "en", copied(tmp_path, names)).rows[0].label == 0


@pytest.mark.parametrize("names", [["non_entailment", "entailment"], ["1", "0"], ["yes", "no"], ["entailment"]])
def test_label_names_that_say_something_else_are_refused(tmp_path, names):
    with pytest.raises(InputError, match=r"hans.*labels come as"):
        load(TASKS.get("hans"), "test", "en", copied(tmp_path, names))


HANS_README = """---
dataset_info:
  features:
  - {name: sentence1, dtype: string}
  - name: labels
    dtype: {class_label: {names: {'0': non-entailment, '1': entailment}}}
---
"""


def test_a_copys_readme_names_its_classes(put):
    """As on the Hub: a jsonl file has no ClassLabel of its own."""
    put("tasksource/hans/README.md", HANS_README)
    where = put("tasksource/hans/default/validation.jsonl", lines([{"sentence1": "a", "sentence2": "b", "labels": 0}]))
    with pytest.raises(InputError, match="labels come as non-entailment, entailment"):
        load(TASKS.get("hans"), "test", "en", where)


def squad_json(*ids, context="The cat sat.", start=4):
    asked = [{"id": i, "question": "Who?", "answers": [{"text": "cat", "answer_start": start}]} for i in ids]
    return json.dumps({"data": [{"paragraphs": [{"context": context, "qas": asked}]}]})


def test_squads_format_is_a_published_one(put):
    """AddOneSent's own file holds clean questions and changed ones, told by their ids; offsets are put right."""
    where = put("squad_adversarial/test.json", squad_json("56", "56-turk", start=5))
    rows = load(TASKS.get("squad_adversarial"), "test", "en", where).rows
    assert [(row.id, row.answers) for row in rows] == [("56-turk", (Answer("cat", 4),))]
    where = put("tydiqa/de/train.json", squad_json("q1", "swahili-2"))
    assert [row.id for row in load(TASKS.get("tydiqa"), "train", "de", where).rows] == ["q1"]
    own = put("xquad/de/test.jsonl", lines([{**QA, "answers": {"text": ["cat"], "answer_start": [5]}}]))
    with pytest.raises(RowError, match="not at character 5"):
        load(TASKS.get("xquad"), "test", "de", own)


def test_nothing_is_read_from_beside_the_data_folder(put):
    put("../local/xnli/sw/test.jsonl", lines(PAIRS))
    where = put("x/y.txt", "")
    with pytest.raises(DataMissing, match="no test rows"):
        load(TASKS.get("xnli"), "test", "sw", where)


def belebele(link, number):
    answers = {f"mc_answer{i}": str(i) for i in range(1, 5)}
    asked = {"link": link, "question_number": number, "flores_passage": "F", "question": f"{link} {number}?"}
    return {**asked, **answers, "correct_answer_num": "1"}


def test_belebeles_questions_are_paired_by_name_and_races_have_ids(put):
    """Two languages in opposite orders; RACE's questions about one article share its name."""
    records = [belebele("a", 1), belebele("a", 2), belebele("b", 1)]
    put("facebook/belebele/fra_Latn/test-0.jsonl", lines(records))
    where = put("facebook/belebele/deu_Latn/test-0.jsonl", lines(records[::-1]))
    task = TASKS.get("belebele")
    french, german = (
        {row.source: row.question for row in load(task, "test", code, where).rows} for code in ("fr", "de")
    )
    assert french == german == {"a##1": "a 1?", "a##2": "a 2?", "b##1": "b 1?"}
    race = {"example_id": "h1.txt", "article": "A", "question": "Q", "options": ["a", "b", "c", "d"], "answer": "C"}
    put("ehovy/race/all/train-0.jsonl", lines([race, race]))
    assert sorted(row.id for row in load(task, "train", "en", where).rows) == ["0", "1"]


def test_a_users_own_rows_are_counted_for_plans(put):
    """By reading them: the mean over languages, dev rows where there are no test rows; nothing is known of files that do not read."""
    put("xnli/ar/test.jsonl", lines(PAIRS))
    put("xnli/de/dev.jsonl", lines(PAIRS[:3]))
    where = put("xnli/train.jsonl", "")
    assert where.size(TASKS.get("xnli"), "test") == 6 and where.size(TASKS.get("xnli"), "dev") == 3
    assert rows_of(TASKS.get("xnli"), where, "test", 4) == 4 and rows_of(TASKS.get("xnli"), where, "test") == 6
    assert where.size(TASKS.get("pawsx"), "test") is None
    broken = put("xnli/sw/test.jsonl", "{")
    assert broken.size(TASKS.get("xnli"), "test") is None
