"""The Dockerfile is sound: linted, pinned, not root at the end, checked by the doctor, made of files that are there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adaptstilts.cli.main import cli
from tests.image.dockerfile import Instruction, assignments, context, filled, read

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "Dockerfile"
STEPS = read(FILE)
NAMES = [step.name for step in STEPS]


def only(name):
    (found,) = [step for step in STEPS if step.name == name]
    return found


def health():
    return Instruction("CMD", only("HEALTHCHECK").text.partition(" CMD ")[2]).words


def project():
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def test_hadolint_finds_nothing():
    beside = Path(sys.executable).with_name("hadolint")
    tool = str(beside) if beside.exists() else shutil.which("hadolint")
    if not tool:
        pytest.skip("hadolint is not installed on this platform")
    done = subprocess.run([tool, str(FILE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_base_is_pinned_to_a_minor_version_that_the_project_supports():
    image = filled(only("FROM").text, assignments(STEPS[0].text))
    found = re.fullmatch(r"python:(3\.\d+)-slim-\w+", image)
    assert found and f"{found[1]}" in ("3.10", "3.11", "3.12", "3.13")


def test_it_does_not_run_as_root_and_says_when_it_is_ill():
    users = [step.text for step in STEPS if step.name == "USER"]
    assert users == ["1000"]  # a number, so that an orchestrator can tell that it is not root
    assert any("--uid 1000" in step.text for step in STEPS if step.name == "RUN")
    after = NAMES[NAMES.index("USER") :]
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD"} <= set(after) and not {"RUN", "COPY", "ADD"} & set(after)
    assert health() == ["sh", "-c", "adaptstilts doctor --quick || exit 1"]


def test_nothing_is_fetched_but_by_the_installer():
    assert "ADD" not in NAMES
    text = FILE.read_text()
    assert "://" not in text  # neither addresses to fetch from nor a package registry's host
    assert not re.search(r"\b(curl|wget|git clone)\b", text)
    assert assignments(only("ENV").text)["HF_HUB_OFFLINE"] == "1"


def test_what_is_copied_is_there_and_not_ignored():
    held = {path.relative_to(REPOSITORY).as_posix() for path in context(REPOSITORY)}
    sources = [name for step in STEPS if step.name == "COPY" for name in step.words[:-1]]
    assert {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "adaptstilts", "adapter_zoo", "configs"} == set(
        sources
    )
    for name in sources:
        assert any(path == name or path.startswith(f"{name}/") for path in held), name
    assert "adapter_zoo/index.json" in held and "adaptstilts/pocket/encoder/model.safetensors" in held
    assert not any(path.startswith(("tests/", "runs/", ".")) or "__pycache__" in path for path in held)


def test_the_wheel_is_made_of_what_is_copied():
    built = project()
    wheel = built["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *wheel["packages"],
        *wheel["force-include"],
        "README.md",
        "hatch_build.py",
        *built["project"]["license-files"],
    }
    assert needed <= {name for step in STEPS if step.name == "COPY" for name in step.words}


def parsed(words):
    """Walk words through the real command line down to the last command, whose options are then parsed but not run."""
    context, command = cli.make_context("adaptstilts", list(words)), cli
    while hasattr(command, "resolve_command"):
        _, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(command.name, rest, parent=context)
    return command.name, context.params


def test_its_commands_are_verbs_of_the_command_line():
    assert only("ENTRYPOINT").words == ["adaptstilts"]
    name, given = parsed(only("CMD").words)
    assert (name, given["tasks"], given["target"]) == ("fuse", "squad,mnli,hellaswag", "pawsx")
    name, given = parsed(health()[-1].removesuffix(" || exit 1").split()[1:])
    assert name == "doctor" and given["quick"] and given["names"] == ()


def test_torch_is_the_range_that_the_project_asks_for():
    asked = project()["project"]["dependencies"]
    (torch,) = [line for line in asked if line.startswith("torch")]
    assert any(f'"{torch}"' in step.text for step in STEPS if step.name == "RUN")


def test_build_arguments_are_explained():
    declared = {name for step in STEPS if step.name == "ARG" for name in assignments(step.text)}
    assert declared == {"PYTHON", "DEVICE", "TORCH_INDEX"}
    comments = "\n".join(line for line in FILE.read_text().splitlines() if line.startswith("#"))
    page = (REPOSITORY / "docs" / "docker.md").read_text()
    assert all(f"{name} " in comments and f"{name}" in page for name in declared)


def test_instructions_are_read_as_the_reference_says(tmp_path):
    (tmp_path / "Dockerfile").write_text('# no\nfrom a:1\nRUN x \\\n  # in between\n  && y\nCMD ["a", "b c"]\n')
    assert read(tmp_path / "Dockerfile") == [
        Instruction("FROM", "a:1"),
        Instruction("RUN", "x    && y"),
        Instruction("CMD", '["a", "b c"]'),
    ]
    assert read(tmp_path / "Dockerfile")[2].words == ["a", "b c"]
    assert filled("$A-${B}", {"A": "1", "B": "2"}) == "1-2"


def test_the_context_follows_dockerignore(tmp_path):
    for name in ("a/x.py", "a/__pycache__/x.pyc", "b.txt", "c/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".dockerignore").write_text("**\n!a\n!b.txt\n**/__pycache__\n")
    assert [path.relative_to(tmp_path).as_posix() for path in context(tmp_path)] == ["a/x.py", "b.txt"]
