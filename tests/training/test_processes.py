"""Two processes end in the weights of one: uneven shares, a process without rows, early stopping, one writer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.kinds.kind import Head
from adaptstilts.settings import DeviceSettings, Recipe
from adaptstilts.training.loop import train

FUSE = Stacked((Fused(("mnli", "squad")), TARGET))
TAGS = Head("token", 5, "tags")
RECIPE = Recipe(steps=7, rate=5e-3, fusion_rate=1e-3, batch=8, patience=1, evaluate_every=2)
SCORES = [0.1, 0.3, 0.2, 0.4]
"""The third is no better than the second: after 6 steps it is over, and the weights after 4 are kept."""

WORKER = """
import importlib.util, json, os, sys
from pathlib import Path
told = json.loads(sys.argv[1])
sys.path.insert(0, told["tests"])
spec = importlib.util.spec_from_file_location("test_processes", told["file"])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
spec = importlib.util.spec_from_file_location("tiny_models", told["tiny"])
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
lab = tiny.Lab.__new__(tiny.Lab)
lab.backbones = {"xlm-roberta": tiny.open_backbone(tiny.BackboneSettings(told["backbone"]))}
lab.zoo = {"xlm-roberta": {name: Path(path) for name, path in told["zoo"].items()}}
here.run(lab, Path(told["out"]), os.environ["RANK"])
"""


def run(lab, out, rank):
    """17 rows in batches of 8: every third batch has one row, so that one of two processes has none."""
    made = lab.assemble("xlm-roberta", FUSE, head=TAGS)
    for module in made.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    tags = lab.encodings(
        17, target=lambda i, ids: tuple(t % 5 if t % (2 + i % 5) == 1 else -100 for t in range(len(ids)))
    )
    scores = iter(SCORES)

    def held_out():
        with (out / f"asked-{rank}").open("a") as stream:
            stream.write(".")
        return next(scores)

    report = train(
        made, tags, RECIPE, seed=3, checkpoint=out / f"checkpoint-{rank}", held_out=held_out, save_seconds=0.0,
        device=DeviceSettings(tokens_per_pass=60),
    )  # fmt: skip
    save_file(
        {name: p.detach().contiguous() for name, p in made.named_trainable()}, out / f"weights-{rank}.safetensors"
    )
    told = {
        "loss": report.loss,
        "rows": report.rows,
        "tokens": report.tokens,
        "kept": report.kept,
        "steps": report.steps,
    }
    (out / f"report-{rank}.json").write_text(json.dumps(told))


def test_two_processes_end_where_one_does(lab, tmp_path):
    told = {
        "tests": str(Path(__file__).parent),
        "file": __file__,
        "tiny": str(Path(__file__).resolve().parent.parent / "models" / "conftest.py"),
        "backbone": str(lab.folders["xlm-roberta"]),
        "zoo": {name: str(path) for name, path in lab.zoo["xlm-roberta"].items()},
        "out": str(tmp_path),
    }
    (tmp_path / "worker.py").write_text(WORKER)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    subprocess.run([*launch, str(tmp_path / "worker.py"), json.dumps(told)], check=True)
    run(lab, tmp_path, "alone")
    found = {name: load_file(tmp_path / f"weights-{name}.safetensors") for name in ("0", "1", "alone")}
    for name, expected in found["alone"].items():
        assert torch.equal(found["0"][name], found["1"][name]), name
        if not name.endswith("key.bias"):  # its gradient is rounding error, which AdamW blows up
            torch.testing.assert_close(found["0"][name], expected, atol=2e-5, rtol=1e-3, msg=name)
    reports = {name: json.loads((tmp_path / f"report-{name}.json").read_text()) for name in found}
    assert (reports["alone"]["kept"], reports["alone"]["steps"]) == (4, 6)
    for name in ("0", "1"):
        loss = [value for _, value in reports[name].pop("loss")]
        assert loss == pytest.approx([value for _, value in reports["alone"]["loss"]], rel=1e-4)
        assert reports[name].items() <= reports["alone"].items()
    assert (tmp_path / "asked-0").read_text() == "..." and not (tmp_path / "asked-1").exists()
    assert (tmp_path / "checkpoint-0").is_dir() and not (tmp_path / "checkpoint-1").exists()
