"""One rule for every name that becomes a file: configs, sweeps, adapters of a zoo, declarations. Others write nothing."""

import dataclasses
import json

import pytest
from click.testing import CliRunner

from adaptstilts.attacks import ATTACKS
from adaptstilts.cli.main import cli
from adaptstilts.errors import ConfigError, InputError
from adaptstilts.names import is_name, slug
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.store import Store
from adaptstilts.zoo.index import check_entry
from adaptstilts.zoo.zoo import shipped_zoo

BAD = (
    "../../evil",
    "/evil",
    ".hidden",
    "",
    " ",
    "x" * 300,
    "\x1b[31mred",
    "a\u202eb",
    "a/b",
    "a\\b",
    "..",
    "a\nb",
    "é",
    "-x",
)
SWEEP = "extends: pocket\nsummary: x\nsweep: {pool: [mnli], k: [0, 1], targets: [pawsx]}\n"


@pytest.mark.parametrize("name", BAD)
def test_no_verb_takes_such_a_name_for_a_sweep(tmp_path, monkeypatch, name):
    home = tmp_path / "a" / "b"
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    (home / "s.yaml").write_text(f"{SWEEP}name: {json.dumps(name)}\n")
    for verb in ("plan", "preregister", "sweep"):
        done = CliRunner().invoke(cli, [verb, "s.yaml", "--out", "runs"])
        assert isinstance(done.exception, ConfigError) and "name: " in str(done.exception), (verb, done.output)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [home / "s.yaml"]


@pytest.mark.parametrize("name", BAD)
def test_nor_for_an_adapter(name):
    entry = next(iter(shipped_zoo()))
    with pytest.raises(InputError, match="cannot name an adapter"):
        check_entry(dataclasses.replace(entry, name=name))


@pytest.mark.parametrize("name", BAD)
def test_what_is_made_of_any_text_is_a_name(name):
    assert is_name(slug(name)) and not is_name(name)


def test_a_sweep_is_looked_for_among_those_of_the_store(tmp_path):
    (tmp_path / "evil.json").write_text("{}")
    with pytest.raises(InputError, match="there is no sweep"):
        read_manifest(Store(tmp_path / "runs"), "../../evil")


def test_a_declaration_has_such_a_name_too(tmp_path):
    source = (
        "from adaptstilts.attacks import Attack\n"
        'attack = Attack(name="../x", summary="x", family="static", needs=frozenset({"letters"}), perturb=print, citation="x")\n'
    )
    (tmp_path / "odd.py").write_text(source)
    done = CliRunner().invoke(cli, ["--include", str(tmp_path / "odd.py"), "list", "attacks"])
    ATTACKS.broken.pop(tmp_path / "odd.py")
    assert isinstance(done.exception, InputError) and "can be no name" in str(done.exception)
