"""`examples/first-hour.ipynb` runs from beginning to end in the pocket lab, offline, and is kept without what it printed."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "first-hour.ipynb"


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs():
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None
        for cell in code_cells(json.loads(NOTEBOOK.read_text()))
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Jupyter's own
def test_it_runs(tmp_path, monkeypatch):
    if not all(importlib.util.find_spec(name) for name in ("nbclient", "ipykernel")):
        pytest.skip("no Jupyter here: pip install -e '.[dev]'")
    import nbformat
    from nbclient import NotebookClient

    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("ADAPTSTILTS_THREADS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=250, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    told = [
        "".join(out.get("text", "") or str(out.get("data", {}).get("text/plain", "")) for out in cell["outputs"])
        for cell in code_cells(notebook)
    ]
    assert "fuse(hellaswag, mnli, squad) → pawsx" in told[1]
    assert re.search(r"clean\s+(swap|drop)", told[2]) and "qaf" in told[2]
    assert told[4].count("edits") == 2 and "error" not in told[4] + told[5]
    assert "(6, 18, {})" in told[6] and "INCONCLUSIVE" in told[7]
