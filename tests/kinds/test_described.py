"""What is told of a kind's columns is what reading them takes."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.errors import RowError
from adaptstilts.kinds import KINDS
from adaptstilts.kinds.columns import Columns
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.report.catalogue import columns, kinds

PLACE = Whereabouts("mine", "test", "en")
LABELS = {"single": ("art", "sport"), "pair": ("no", "yes"), "tagging": ("B-LOC", "O")}


@pytest.mark.parametrize("name", KINDS)
def test_the_example_reads_and_has_every_needed_column(name, facts):
    kind = KINDS[name]
    row = kind.read(kind.example, 0, facts(labels=LABELS.get(name, ())), PLACE)
    assert row.id == "7"
    needed = {column.name for column in kind.described if column.needed}
    assert needed == set(kind.columns) - {"id"} <= set(kind.example) <= {column.name for column in kind.described}
    assert json.loads(json.dumps(dict(kind.example))) == dict(kind.example)


@pytest.mark.parametrize("name", KINDS)
def test_no_name_tells_two_columns_of_one_kind_that_are_both_needed(name):
    names = [other for column in KINDS[name].described if column.needed for other in column.also]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", KINDS)
def test_show_kind_tells_them(name):
    done = CliRunner().invoke(cli, ["show", "kind", name, "--json"], standalone_mode=False)
    told = json.loads(done.stdout)
    assert told["columns"] == columns(name) and told["a row"] == dict(KINDS[name].example)
    assert [row["name"] for row in kinds()] == list(KINDS)
    shown = CliRunner().invoke(cli, ["show", "kind", name], standalone_mode=False).stdout
    assert all(column.name in shown for column in KINDS[name].described)


def test_two_words_of_which_the_first_is_no_kind_are_refused():
    done = CliRunner().invoke(cli, ["show", "tasks", "xnli"], standalone_mode=False)
    assert "`kind`" in str(done.exception)


@pytest.mark.parametrize(
    ("labels", "value", "index"),
    [
        (("1", "2", "3"), 1, 0), (("1", "2", "3"), "3", 2), (("-1", "0", "1"), -1, 0), (("0", "1"), 1, 1), (("no", "yes"), 1, 1),
        (("false", "true"), True, 1), (("false", "true"), "true", 1),
    ],
)  # fmt: skip
def test_where_the_names_of_labels_are_numbers_a_number_is_a_name(labels, value, index):
    assert Columns({"label": value}, 0, PLACE).label("label", value, labels) == index


@pytest.mark.parametrize(
    ("labels", "value", "told"),
    [((), "a", "declares no `labels`"), (("a", "b"), True, "an integer"), (("1", "2"), "3", "1, 2")],
)
def test_what_is_no_label(labels, value, told):
    with pytest.raises(RowError, match=told):
        Columns({"label": value}, 0, PLACE).label("label", value, labels)
