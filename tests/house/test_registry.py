"""Registries: found by folder, broken files told and harmless, files from outside let in."""

import sys

import pytest

from adaptstilts.errors import InputError, UnknownName
from adaptstilts.registry import Registry

GOOD = "class Thing:\n    name = 'good'\nfrom shelf import Shape\nthing = Shape('{name}')\n"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    package = tmp_path / "shelf"
    (package / "items").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Shape:\n    name: str\n"
    )
    (package / "items" / "first.py").write_text("from shelf import Shape\nthing = Shape('first')\n")
    (package / "items" / "second.py").write_text("from shelf import Shape\nthing = Shape('second')\n")
    (package / "items" / "crash.py").write_text("1 / 0\n")
    (package / "items" / "empty.py").write_text("thing = 3\n")
    (package / "items" / "_private.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import shelf

    yield Registry("thing", shelf.Shape, "shelf", ("items",))
    for name in [n for n in sys.modules if n == "shelf" or n.startswith("shelf.")]:
        del sys.modules[name]


def test_being_in_the_folder_is_being_registered(shelf):
    assert shelf.names() == ["first", "second"]
    assert shelf.origin("first").name == "first.py"
    assert "first" in shelf and "third" not in shelf


def test_a_broken_file_is_told_and_harms_no_other(shelf):
    shelf.names()
    told = {path.name: why for path, why in shelf.broken.items()}
    assert "ZeroDivisionError" in told["crash.py"]
    assert "does not bind `thing`" in told["empty.py"]
    assert set(told) == {"crash.py", "empty.py"}


def test_an_unknown_name_gets_a_suggestion(shelf):
    with pytest.raises(UnknownName, match="did you mean second") as caught:
        shelf.get("secnod")
    assert caught.value.exit_code == 2
    assert "crash.py" in str(caught.value)


def test_a_file_from_outside_joins(shelf, tmp_path):
    outside = tmp_path / "mine.py"
    outside.write_text("from shelf import Shape\nthing = Shape('mine')\n")
    shelf.include(outside)
    assert "mine" in shelf.names()


def test_a_name_is_taken_once(shelf, tmp_path):
    outside = tmp_path / "again.py"
    outside.write_text("from shelf import Shape\nthing = Shape('first')\n")
    with pytest.raises(InputError, match="already declared"):
        shelf.include(outside)
    assert shelf.origin("first").name == "first.py"


def test_including_nothing_is_an_error(shelf, tmp_path):
    with pytest.raises(InputError, match="no thing file"):
        shelf.include(tmp_path / "absent.py")
