"""Rows of every kind whose values came as JSON: halves of characters are named, columns of JSON decoded, ids paired by."""

import gzip
import json

import pytest

from adaptstilts.data.check import check
from adaptstilts.data.load import load
from adaptstilts.data.pairing import pairing
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import InputError, RowError
from adaptstilts.kinds import KINDS
from adaptstilts.tasks import TASKS
from tests.loopback.published import schema

HALF = "\ud83d"
SAMPLES = {
    "pair": ("xnli", {"id": "r", "first": "a", "second": "b", "label": 0}),
    "single": ("sib200", {"id": "r", "text": "a", "label": 0}),
    "choice": ("xcopa", {"id": "r", "context": "a", "question": "q", "choices": ["x", "y"], "label": 1}),
    "span": ("xquad", {"id": "r", "context": "abc", "question": "q", "answers": {"text": ["b"], "answer_start": [1]}}),
    "tagging": ("panx", {"id": "r", "words": ["a", "b"], "tags": [0, 1]}),
    "retrieval": ("tatoeba", {"id": "r", "query": "a", "candidate": "b"}),
}
"""A row of each kind in the kind's columns, and a task that has it; Chinese is a language of all of them."""


def test_every_kind_is_tried():
    assert set(SAMPLES) == set(KINDS)
    assert all(
        TASKS.get(name).kind == kind and "zh" in TASKS.get(name).languages for kind, (name, _) in SAMPLES.items()
    )


def put(folder, name, content, stem="test.jsonl", language="zh"):
    place = folder / name / language / stem
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return source_of(str(folder))


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def halved(value):
    """The value with half a character in each of its texts, each in turn."""
    if isinstance(value, str):
        yield value + HALF
    elif isinstance(value, list):
        yield from ([*value[:i], one, *value[i + 1 :]] for i, inner in enumerate(value) for one in halved(inner))
    elif isinstance(value, dict):
        yield from ({**value, key: one} for key, inner in value.items() for one in halved(inner))


BROKEN = [
    (kind, column, broken)
    for kind, (_, record) in SAMPLES.items()
    for column in record
    for broken in halved(record[column])
]


@pytest.mark.parametrize(("kind", "column", "broken"), BROKEN)
@pytest.mark.parametrize("stem", ["test.jsonl", "test.json", "test.parquet"])
def test_half_a_character_is_a_rows_error(tmp_path, kind, column, broken, stem):
    name, record = SAMPLES[kind]
    records = [{**record, "id": "whole"}, {**record, column: broken}]
    content = lines(*records) if stem == "test.jsonl" else json.dumps(records).encode()
    where = put(tmp_path, name, content, stem) if stem != "test.parquet" else as_json(tmp_path, name, records)
    found = []
    rows = load(TASKS.get(name), "test", "zh", where, wrong=found.append).rows
    assert [row.id for row in rows] == ["whole"]
    (error,) = found
    assert error.field == column and error.row == ("r\\ud83d" if column == "id" else "r")
    str(error).encode()
    assert check(TASKS.get(name), where, ("zh",)).bad == 1


def as_json(folder, name, records):
    """The records as parquet whose columns are all of Arrow's JSON type, as `datasets` writes what it has made JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {column: pa.array([json.dumps(record[column]) for record in records]) for column in records[0]}
    kind = pa.json_()
    table = pa.table({column: pa.ExtensionArray.from_storage(kind, values) for column, values in columns.items()})
    place = folder / name / "zh" / "test.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place)
    return source_of(str(folder))


@pytest.mark.parametrize("kind", SAMPLES)
def test_columns_of_json_give_the_rows_that_the_json_spells(tmp_path, kind):
    name, record = SAMPLES[kind]
    records = [{**record, "id": f"r{i}"} for i in range(3)]
    plain = load(TASKS.get(name), "test", "zh", put(tmp_path / "plain", name, lines(*records))).rows
    assert load(TASKS.get(name), "test", "zh", as_json(tmp_path / "json", name, records)).rows == plain


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_value_of_another_type_in_them_is_a_rows_error(tmp_path, kind):
    name, record = SAMPLES[kind]
    for column in record.keys() - {"id"}:
        where = as_json(tmp_path / column, name, [record, {**record, "id": "s", column: 19.5}])
        found = []
        assert len(load(TASKS.get(name), "test", "zh", where, wrong=found.append).rows) == 1
        assert [(error.row, error.field) for error in found] == [("s", column)]


def test_what_datasets_itself_writes(tmp_path):
    """A number among the texts of a column: `datasets` 4.7 and later make the column JSON; texts are read as they were."""
    datasets = pytest.importorskip("datasets")
    if not hasattr(datasets, "Json"):
        pytest.skip(f"datasets {datasets.__version__} has no Json")
    _, record = SAMPLES["pair"]
    texts = ["बच्चा खेलता है।", 1999, 'he said "so"']
    source = tmp_path / "rows.jsonl"
    source.write_bytes(lines(*({**record, "id": f"r{i}", "first": text} for i, text in enumerate(texts))))
    held = datasets.load_dataset("json", data_files=str(source), split="train", cache_dir=str(tmp_path / "cache"))
    (tmp_path / "xnli" / "zh").mkdir(parents=True)
    held.to_parquet(tmp_path / "xnli" / "zh" / "test.parquet")
    found = []
    rows = load(TASKS.get("xnli"), "test", "zh", source_of(str(tmp_path)), wrong=found.append).rows
    assert [row.first for row in rows] == [texts[0], texts[2]]
    assert [(error.row, error.field) for error in found] == [("r1", "first")]


def test_what_is_no_json_is_a_rows_error_and_null_is_none(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "xnli" / "zh").mkdir(parents=True)
    first = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['"a"', "{", None]))
    table = pa.table({"first": first, "second": pa.array(["b"] * 3), "label": pa.array([0] * 3)})
    pq.write_table(table, tmp_path / "xnli" / "zh" / "test.parquet")
    found = []
    assert len(load(TASKS.get("xnli"), "test", "zh", source_of(str(tmp_path)), wrong=found.append).rows) == 1
    assert [error.field for error in found] == ["first", "first"]
    assert "not the JSON" in str(found[0]) and "None" in str(found[1])


def test_half_a_character_in_compressed_lines(tmp_path):
    """As data sets of the Hub lie there."""
    from adaptstilts.data.files.archives import read_packed

    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines({"first": HALF})))
    assert read_packed(path) == [{"first": HALF}]  # the row that is made of it is refused, as above


PARALLEL = [task.name for task in TASKS if task.parallel and len(task.languages) > 1]


def published(name):
    """Three records of a parallel task in its published shape, with ids of their user's."""
    task = TASKS.get(name)
    source = next(source for source in task.test or task.dev if source.language in ("", task.languages[0]))
    config = source.config.replace("{language}", task.spellings.get(task.languages[0], task.languages[0]))
    records = list(schema(source.id, config).rows(config, source.split))[:3]
    return [{**record, "id": f"own-{i}"} for i, record in enumerate(records)]


@pytest.mark.parametrize("name", PARALLEL)
def test_a_users_ids_pair_translations_whatever_the_order(tmp_path, name):
    """The same records stand for a translation: rows of one source must be of one record."""
    task, records = TASKS.get(name), published(name)
    one, other = task.languages[:2]
    put(tmp_path, name, lines(*records), language=one)
    where = put(tmp_path, name, lines(*records[::-1]), language=other)
    here = facts_for(task, where)
    rows = [
        {row.source: kept(row, here) for row in load(task, "test", code, where).rows if kept(row, here)}
        for code in (one, other)
    ]
    assert rows[0] == rows[1] and len(rows[0]) >= 2
    assert not where.by_line(task, "test", one) and not where.by_line(task, "test", other)


def kept(row, task):
    """What an attack may edit, which is the same for two rows of one record."""
    return KINDS[task.kind].fields(row, task)


def paired(folder, one, other):
    put(folder, "xnli", lines(*one), language="en")
    where = put(folder, "xnli", lines(*other), language="zh")
    task = facts_for(TASKS.get("xnli"), where)
    sources = {code: {row.source for row in load(task, "test", code, where).rows} for code in ("en", "zh")}
    return pairing(task, "test", sources, where), check(TASKS.get("xnli"), where, ("en", "zh")).pairing


def rows(*ids):
    return [{"premise": "a", "hypothesis": "b", "label": 0, **({"id": i} if i else {})} for i in ids]


def test_how_translations_are_paired_is_told(tmp_path):
    by_id, told = paired(tmp_path / "a", rows("r1", "r2"), rows("r2", "r1"))
    assert (by_id.lined, by_id.problem, told) == ((), "", ())
    by_line, told = paired(tmp_path / "b", rows("", ""), rows("", ""))
    assert by_line.lined == ("en", "zh") and "by line" in told[0]
    by_line.check()
    _, told = paired(tmp_path / "c", rows("r1", "r2"), rows("r2", "r9"))
    assert told == ("xnli/test: rows whose id no row of the first language has: 1 in zh",)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [(("0", "1"), ("", ""), "zh have none"), (("r1", "r2"), ("s1", "s2"), "no id in zh is one of en's")],
)
def test_ids_that_pair_nothing_are_refused(tmp_path, one, other, why):
    found, told = paired(tmp_path, rows(*one), rows(*other))
    assert why in told[0]
    with pytest.raises(InputError, match=why):
        found.check()


@pytest.mark.parametrize("empty", [{}, {"id": ""}, {"id": None}])
@pytest.mark.parametrize("columns", [("premise", "hypothesis"), ("first", "second")])
def test_a_row_without_an_id_among_rows_with_ids_pairs_with_none(tmp_path, columns, empty):
    """Else its line would be its id: that of another row, or of another example in English."""
    texts = dict.fromkeys(columns, "a")
    put(tmp_path, "xnli", lines(*({"id": str(i), **texts, "label": 0} for i in range(3))), language="en")
    mixed = [{"id": "2", **texts, "label": 0}, {**empty, **texts, "label": 0}, {"id": "5", **texts, "label": 0}]
    where, bad = put(tmp_path, "xnli", lines(*mixed)), []
    task = facts_for(TASKS.get("xnli"), where)
    assert [row.source for row in load(task, "test", "zh", where, wrong=bad.append).rows] == ["2", "5"]
    assert [(error.row, error.field) for error in bad] == [("1", "id")]
    put(tmp_path, "xnli", lines(*({**empty, **texts, "label": 0} for _ in range(3))))
    assert [row.source for row in load(task, "test", "zh", where).rows] == ["0", "1", "2"]
    assert where.by_line(task, "test", "zh") and not where.by_line(task, "test", "en")


def test_an_error_names_what_cannot_be_written(tmp_path):
    error = RowError(HALF, task="t", split="s", language="l", row=HALF, field="f")
    assert "\\ud83d" in str(error)
