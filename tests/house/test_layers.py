"""The rooms import downwards only and in no circle, the light ones import nothing heavy; rooms, files and names keep to their size."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "adaptstilts"
ROOMS = [  # from the ground up; a room imports itself and what stands before it
    {
        "errors",
        "bounds",
        "names",
        "ids",
        "registry",
        "places",
        "rows",
        "settings",
        "files",
        "numerals",
        "progress",
        "listeners",
        "threads",
        "locks",
        "stops",
    },
    {"metrics", "statistics"},
    {"kinds"},
    {"tasks", "attacks", "compositions"},
    {"config", "steps"},
    {"store"},
    {"pocket"},
    {"data"},
    {"models"},
    {"training"},
    {"zoo"},
    {"plan"},
    {"work"},
    {"report", "launch", "hub", "doctor", "draft"},
    {"cli"},
]
SIBLINGS = [rooms for rooms in ROOMS[1:] if len(rooms) > 1]
LIGHT = [
    *sorted(set().union(*ROOMS[:4]) - {"statistics"}),
    "steps",
    "store",
    "store.status",
    "cli.main",
    "cli.list_verb",
]
DECLARATIONS = {  # folders of which each file is one entry
    *("tasks/intermediate", "tasks/targets", "tasks/challenges", "attacks/static", "attacks/search", "attacks/white"),
    *("compositions/combinations", "compositions/controls", "compositions/baselines"),
    *("pocket/twins", "pocket/languages", "report/figures", "cli"),
}
CONTRACTS = {"Settings"}  # names that several modules of one room must bind: what an engine can be told
HEAVY = {"torch", "transformers", "datasets", "adapters", "numpy", "pyarrow", "pydantic"}


def height(room: str) -> int:
    return next(i for i, rooms in enumerate(ROOMS) if room in rooms)


def imports(file: Path) -> set[str]:
    """The rooms that a file imports, at its top and inside its functions; imports for type checking alone do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "adaptstilts":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("adaptstilts.")}
    return found


def files() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.stem not in {"__init__", "__main__"})


@pytest.mark.parametrize("file", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_downwards(file):
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for other in imports(file) - {room}:
        assert height(other) <= height(room), f"{room} stands below {other}"
        assert not any({room, other} <= rooms for rooms in SIBLINGS), f"{room} and {other} know nothing of each other"


def test_every_room_is_in_the_list():
    for path in PACKAGE.iterdir():
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and not path.name.startswith("__"):
            height(path.stem)


@pytest.mark.parametrize("room", LIGHT)
def test_light_rooms_import_nothing_heavy(room):
    heavy = HEAVY - {"pydantic"} if room == "store" else HEAVY  # records have types; they are imported when one is read
    code = (
        f"import importlib, pkgutil, sys\nm = importlib.import_module('adaptstilts.{room}')\n"
        "for p in getattr(m, '__path__', []) and pkgutil.walk_packages(m.__path__, m.__name__ + '.'): importlib.import_module(p.name)\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


KEPT_TO = {"adapters": {"models"}, "transformers": {"models"}, "tokenizers": {"pocket", "data", "models"}}
"""Libraries that few rooms know: what loads and runs models, and what cuts text into tokens."""


@pytest.mark.parametrize("library", KEPT_TO)
def test_few_rooms_touch_a_library(library):
    for file in files():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        if library in names:
            assert file.relative_to(PACKAGE).parts[0] in KEPT_TO[library], file


POCKET = {"pocket", "data", "models", "training/pretraining", "cli/pocket_verb.py"}


def test_the_pocket_lab_is_reached_through_the_data_room():
    """But by its own verb and by what pretrains its encoder: a source answers what others would ask it."""
    reach = {str(file.relative_to(PACKAGE)) for file in files() if "pocket" in imports(file)}
    assert {path for path in reach if not path.startswith(tuple(POCKET))} == set()


def modules() -> dict[str, Path]:
    """Every module of the package by its name, rooms included."""
    found = {".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts): p for p in PACKAGE.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


def imported(file: Path, known: dict[str, Path]) -> set[str]:
    """The modules that a file imports, wherever in it; imports for type checking count too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= named & known.keys() if named <= known.keys() else {str(node.module), *named}
    return found & known.keys()


def test_no_files_import_one_another_in_a_circle():
    known = modules()
    graph = {name: imported(path, known) - {name} for name, path in known.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError with the circle in it


def test_no_room_is_crowded():
    counts = {}
    for path in modules().values():
        if path.stem not in {"__init__", "__main__"}:
            counts.setdefault(path.parent.relative_to(PACKAGE).as_posix(), []).append(path.stem)
    assert {room: found for room, found in counts.items() if room not in DECLARATIONS and len(found) > 16} == {}


def test_no_file_is_long():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_a_class_name_means_one_thing():
    bound = {}
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name not in CONTRACTS:
                bound.setdefault(node.name, []).append(name)
    assert {name: where for name, where in bound.items() if len(where) > 1} == {}
