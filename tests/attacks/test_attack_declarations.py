"""Every declared attack obeys the contract of its family."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adaptstilts.attacks import ATTACKS
from adaptstilts.kinds import KINDS
from adaptstilts.places import PACKAGE

ABILITIES = {"letters", "spaces", "append", "mix_fields", "distract", "words", "case", "punctuation", "entities"}


def test_no_file_is_broken():
    assert ATTACKS.broken == {}
    assert {"swap", "drop", "mix_fields", "distract", "greedy"} <= set(ATTACKS.names())


@pytest.mark.parametrize("name", ATTACKS.names())
def test_declaration(name):
    attack = ATTACKS.get(name)
    assert ATTACKS.origin(name).stem == attack.name and ATTACKS.origin(name).parent.name == attack.family
    assert (attack.perturb is None) == (attack.family != "static")
    assert (attack.search is None) == (attack.family == "static")
    assert attack.needs and attack.needs <= ABILITIES
    assert any(attack.needs & kind.edits for kind in KINDS.values())
    assert attack.summary and attack.citation and attack.version >= 1


def test_importing_the_attacks_imports_nothing_heavy():
    code = (
        "import sys; from adaptstilts.attacks import ATTACKS; ATTACKS.names(); "
        "print([m for m in ('torch', 'transformers', 'datasets', 'adapters', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["drop", "swap", "sub", "insert"])
def test_a_broken_perturbation_breaks_no_search(name, tmp_path):
    copy = shutil.copytree(
        PACKAGE, tmp_path / "adaptstilts", copy_function=os.symlink, ignore=shutil.ignore_patterns("__pycache__")
    )
    broken = Path(copy) / "attacks" / "static" / f"{name}.py"
    broken.unlink()
    broken.write_text("1 / 0\n")
    code = (
        "from adaptstilts.attacks import ATTACKS\n"
        "print(*(a.name for a in ATTACKS if a.family != 'static'))\nprint(*(p.name for p in ATTACKS.broken))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [" ".join(a.name for a in ATTACKS if a.family != "static"), f"{name}.py"]
