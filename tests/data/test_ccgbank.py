"""CCGbank's own files and CoNLL-U: sections become splits, leaves become words, and what is missing is said."""

import pytest

from adaptstilts.data.check import check
from adaptstilts.data.identity import identity
from adaptstilts.data.load import load
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import DataMissing, RowError
from adaptstilts.tasks import TASKS

FIRST = (
    "ID=wsj_0201.1 PARSER=GOLD NUMPARSE=1\n"
    "(<T S[dcl] 0 2> (<T S[dcl] 1 2> (<T NP 0 1> (<L N NNP NNP Mary N>) ) "
    "(<T S[dcl]\\NP 0 2> (<L (S[dcl]\\NP)/NP VBD VBD saw (S[dcl]\\NP_1)/NP_2>) (<T NP 0 1> (<L N NNS NNS cats N>) ) ) ) (<L . . . . .>) )\n"
)
"""The format of CCGbank's manual (Hockenmaier and Steedman 2005, section on .auto files), with made-up words."""
SECOND = (
    "ID=wsj_2101.1 PARSER=GOLD NUMPARSE=1\n(<T NP 1 2> (<L NP[nb]/N DT DT The NP[nb]_1/N_1>) (<L N NN NN end N>) )\n"
)
THIRD = "ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1\n(<L S/S RB RB Now S/S>)\n"


@pytest.fixture
def bank(tmp_path):
    """Makes CCGbank's folder at a place below the data folder; gives that folder."""

    def made(place=""):
        for section, text in (
            ("02", FIRST),
            ("21", SECOND),
            ("00", THIRD),
            ("23", THIRD),
            ("22", "no tree\n"),
            ("24", "no tree\n"),
        ):
            path = tmp_path / "data" / place / "data" / "AUTO" / section / f"wsj_{section}01.auto"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return source_of(str(tmp_path / "data"))

    return made


@pytest.mark.parametrize("place", ["", "ccg", "local/ccg"])
def test_sections_are_splits(bank, place):
    where = bank(place)
    task = facts_for(TASKS.get("ccg"), where)
    rows = sorted(load(task, "train", "en", where).rows, key=lambda row: row.id)
    assert [row.words for row in rows] == [("Mary", "saw", "cats", "."), ("The", "end")]
    assert [[task.labels[tag] for tag in row.tags] for row in rows] == [
        ["N", "(S[dcl]\\NP)/NP", "N", "."],
        ["NP[nb]/N", "N"],
    ]
    assert [row.words for row in load(task, "dev", "en", where).rows] == [("Now",)]
    assert load(task, "test", "en", where).split_used == "test"


def test_labels_are_those_of_all_splits_and_decide_the_identity(bank, tmp_path):
    """Section 00 has categories that 02 to 21 lack; a head needs an output for each, so they are in the key of training."""
    where = bank("ccg")
    assert "S/S" in facts_for(TASKS.get("ccg"), where).labels
    before = identity(TASKS.get("ccg"), where, "train", ["en"])
    for section in ("00", "23"):
        (tmp_path / f"data/ccg/data/AUTO/{section}/wsj_{section}01.auto").write_text(THIRD.replace("S/S", "S\\S"))
    assert identity(TASKS.get("ccg"), where, "train", ["en"]) != before
    assert "S/S" not in facts_for(TASKS.get("ccg"), where).labels


def test_a_file_without_leaves_is_told(bank, tmp_path):
    where = bank("ccg")
    (tmp_path / "data/ccg/data/AUTO/05").mkdir()
    (tmp_path / "data/ccg/data/AUTO/05/wsj_0501.auto").write_text("ID=x\n(NP broken)\n")
    with pytest.raises(DataMissing, match=r"wsj_0501\.auto.*line 2 has no leaf"):
        facts_for(TASKS.get("ccg"), where)


def test_a_leaf_of_another_shape_is_told_and_not_left_out(bank, tmp_path):
    where = bank("ccg")
    (tmp_path / "data/ccg/data/AUTO/05").mkdir()
    broken = SECOND.replace("<L N NN NN end N>", "<L N NN end N>")
    (tmp_path / "data/ccg/data/AUTO/05/wsj_0501.auto").write_text(broken)
    with pytest.raises(DataMissing, match=r"wsj_0501\.auto.*line 2 has leaves.*1 of 2"):
        facts_for(TASKS.get("ccg"), where)


def test_without_files_the_ways_to_get_them_are_said(tmp_path):
    with pytest.raises(DataMissing, match=r"LDC2005T13.*data/AUTO/00 to 24.*text<TAB>tags.*--allow-standin.*udpos"):
        load(TASKS.get("ccg"), "train", "en", source_of(str(tmp_path)))
    assert TASKS.get("ccg").standin == "udpos"
    assert TASKS.get("udpos").kind == TASKS.get("ccg").kind


CONLLU = """# text = Vámonos al mar
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
2.1\tnada\t_\tX\t_\t_\t_\t_\t_\t_
3\tmar\tmar\tNOUN\t_\t_\t1\tobl\t_\t_

1\tSí\tsí\tINTJ\t_\t_\t0\troot\t_\t_
"""


def put(tmp_path, name, text):
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return source_of(str(tmp_path / "data"))


def test_treebanks_as_they_are_published(tmp_path):
    where = put(tmp_path, "udpos/es/test.conllu", CONLLU)
    task = TASKS.get("udpos")
    rows = load(task, "test", "es", where).rows
    assert [(row.words, [task.labels[tag] for tag in row.tags]) for row in rows] == [
        (("Vamos", "nos", "mar"), ["VERB", "PRON", "NOUN"]),
        (("Sí",), ["INTJ"]),
    ]
    with pytest.raises(DataMissing, match="9 columns"):
        load(task, "test", "es", put(tmp_path, "udpos/es/test.conllu", "1\ta\ta\tX\t_\t_\t0\t_\t_\n"))


def test_numbers_of_another_order_are_read_by_their_names(tmp_path):
    """The Hub's copy of the newer treebanks may number `upos` in an order of its own, and tags ranges of words `_`."""
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["NOUN", "PUNCT", "_", "ADP"]
    home = tmp_path / "commul/universal_dependencies"
    home.mkdir(parents=True)
    table = pa.Table.from_pylist([{"tokens": ["do", "d", "o", "."], "upos": [2, 3, 0, 1]}])
    features = {
        "info": {"features": {"upos": {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}}}
    }
    for bank in ("lfg", "pdb", "pud"):
        (home / f"pl_{bank}").mkdir()
        pq.write_table(
            table.replace_schema_metadata({"huggingface": json.dumps(features)}), home / f"pl_{bank}/test-0.parquet"
        )
    task = TASKS.get("udpos")
    rows = load(task, "test", "pl", source_of(str(tmp_path))).rows
    assert len(rows) == 3, "all treebanks of a language are one set"
    assert len({row.id for row in rows}) == 3
    assert [task.labels[tag] for tag in rows[0].tags] == ["ADP", "NOUN", "PUNCT"]
    assert rows[0].words == ("d", "o", ".")


@pytest.mark.parametrize(
    ("name", "language"),
    [("xquad", "de"), ("mlqa", "es"), ("belebele", "fr"), ("xcopa", "de"), ("squad", "de"), ("mnli", "ru")],
)
def test_another_source_language_is_told_where_to_come_from(tmp_path, name, language):
    with pytest.raises(DataMissing) as told:
        load(TASKS.get(name), "train", language, source_of(str(tmp_path)))
    assert f"no train rows in '{language}'" in str(told.value)
    assert f"{name}/{language}/train.jsonl" in str(told.value)


@pytest.mark.parametrize("language", ["de", "nv"])
def test_translated_training_rows_of_ones_own_are_read_in_any_language(tmp_path, language):
    line = '{"id": "q", "context": "Der Hund bellt.", "question": "Wer?", "answers": {"text": ["Hund"], "answer_start": [4]}}\n'
    where = put(tmp_path, f"xquad/{language}/train.jsonl", line)
    (row,) = load(TASKS.get("xquad"), "train", language, where).rows
    assert (row.language, row.answers[0].text) == (language, "Hund")
    report = check(TASKS.get("xquad"), where, source_language=language)
    assert [(each.split, each.language, each.rows) for each in report.splits if each.rows] == [("train", language, 1)]


@pytest.mark.parametrize("name", ["xnli", "pawsx", "panx", "sib200", "tydiqa"])
def test_published_training_sets_of_other_languages_are_named(name):
    from adaptstilts.data.files.folder import sources_for

    task = TASKS.get(name)
    for language in task.languages:
        assert sources_for(task, "train", language), language


@pytest.mark.parametrize("task", list(TASKS), ids=lambda task: task.name)
def test_a_record_without_the_columns_is_refused_by_task_split_language_row_and_field(task, tmp_path):
    if task.read is not None:
        pytest.skip("made from templates, not from records")
    where = put(tmp_path, f"{task.name}/{task.languages[-1]}/test.jsonl", '{"nothing": "of use"}\n')
    with pytest.raises(RowError) as told:
        load(task, "test", task.languages[-1], where)
    error = told.value
    assert (error.task, error.split, error.language, error.row) == (task.name, "test", task.languages[-1], "0")
    assert error.field and f"field '{error.field}'" in str(error)
