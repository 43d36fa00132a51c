"""A built wheel carries everything the main job needs: configs, the pocket encoder, the zoo."""

import email
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_wheel_carries_its_data(tmp_path):
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = set(zipfile.ZipFile(tmp_path / done.stdout.strip().splitlines()[-1]).namelist())
    assert {"adaptstilts/configs/pocket.yaml", "adaptstilts/configs/xlmr-base.yaml", "adaptstilts/py.typed"} <= names
    assert {f"adaptstilts/configs/sweeps/{name}.yaml" for name in ("pocket-k", "phang2020", "robustness-k")} <= names
    assert {"adaptstilts/store/record.schema.json", "adaptstilts/plan/sweeps/sizes.json"} <= names
    assert {"adaptstilts/pocket/encoder/model.safetensors", "adaptstilts/pocket/encoder/tokenizer.json"} <= names
    assert {"adaptstilts/adapter_zoo/index.json", "adaptstilts/report/templates/page.html.j2"} <= names
    assert {
        f"adaptstilts/report/{name}"
        for name in ("templates/report.js", "templates/report.css", "published/xtreme.yaml")
    } <= names
    assert (
        sum(name.startswith("adaptstilts/adapter_zoo/files/") and name.endswith(".safetensors") for name in names) >= 9
    )
    assert not any(part in name for name in names for part in ("tests/", "__pycache__", "runs/"))


def test_what_a_package_index_shows_has_no_link_into_the_repository(tmp_path):
    """As core metadata has it (PEP 566): the description is what follows the headers."""
    code = f"from hatchling.build import prepare_metadata_for_build_wheel as made; print(made({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = email.message_from_string(next(tmp_path.glob("*.dist-info/METADATA")).read_text(encoding="utf-8"))
    shown = told.get_payload()
    assert told["Description-Content-Type"] == "text/markdown"
    assert all(link.startswith(("http", "#")) for link in re.findall(r"\]\(([^)]+)\)", shown))
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^```.*?^```", shown, re.DOTALL | re.MULTILINE) == re.findall(
        r"^```.*?^```", readme, re.DOTALL | re.MULTILINE
    )
    assert "the verdict (`docs/verdict.md`)" in shown and "![" not in shown


def test_the_source_distribution_holds_what_documents_lead_to(tmp_path):
    code = f"from hatchling.build import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / done.stdout.strip().splitlines()[-1]) as made:
        held = {name.partition("/")[2] for name in made.getnames()}
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([^)#:]+)\)", readme)) <= held
    assert {"hatch_build.py", "mkdocs.yml", "docs/pages.py", "docs/assets/iframe-worker.js"} <= held
    assert {"benchmarks/README.md", "findings/README.md", "adapter_zoo/README.md"} <= held  # `make docs` reads them
