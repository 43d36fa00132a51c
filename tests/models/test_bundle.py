"""Save, reload, rescore: the same bits in a fresh process, or an error that says what changed."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from adaptstilts.compositions.composition import TARGET, Fused, Stacked
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError
from adaptstilts.kinds.kind import Head
from adaptstilts.models.bundle import load_bundle, save_bundle
from adaptstilts.settings import Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict

FUSE = Stacked((Fused(("mnli", "squad", "swag")), TARGET))

FRESH_PROCESS = """
import json, sys
from pathlib import Path
import numpy as np, torch
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.bundle import load_bundle
from adaptstilts.models.door.open import open_backbone
from adaptstilts.training.prediction import predict
from adaptstilts.settings import BackboneSettings
torch.set_num_threads(1)
told = json.loads(sys.argv[1])
backbone = open_backbone(BackboneSettings(told["backbone"]))
for bundle, out in told["bundles"]:
    made = load_bundle(backbone, Path(bundle), {name: Path(path) for name, path in told["adapters"].items()})
    found = predict(made, [Encoding(i, tuple(ids), None) for i, ids in enumerate(told["inputs"])])
    np.save(out, np.concatenate([array.reshape(-1) for array in found]))
"""


def test_a_fresh_process_predicts_the_same_bits(lab, tmp_path):
    encodings = lab.encodings(24)
    blocks = {"fuse": FUSE, "stack": Stacked(("squad", TARGET)), "none": TARGET, "bare": Fused(("mnli",))}
    expected, bundles = {}, []
    for name, block in blocks.items():
        made = lab.assemble("xlm-roberta", block)
        train(made, encodings, Recipe(steps=3, rate=1e-2, fusion_rate=1e-2, batch=8), seed=1)
        save_bundle(made, tmp_path / name, {"labels": ["a", "b", "c"]})
        expected[name] = np.concatenate([array.reshape(-1) for array in predict(made, encodings)])
        bundles.append((str(tmp_path / name), str(tmp_path / f"{name}.npy")))
    told = {
        "backbone": str(lab.folders["xlm-roberta"]),
        "bundles": bundles,
        "adapters": {name: str(path) for name, path in lab.zoo["xlm-roberta"].items()},
        "inputs": [encoding.ids for encoding in encodings],
    }
    subprocess.run([sys.executable, "-c", FRESH_PROCESS, json.dumps(told)], check=True)
    for name, numbers in expected.items():
        assert np.array_equal(np.load(tmp_path / f"{name}.npy"), numbers), name


def test_a_bundle_says_what_it_is(lab, tmp_path):
    made = lab.assemble("bert", FUSE, head=Head("token", 2, "span"))
    save_bundle(made, tmp_path / "bundle", {"target": "xquad"})
    told = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    assert told["adapters"] == made.digests and len(made.digests) == 3
    assert told["facts"] == {"target": "xquad"}
    assert str(tmp_path) not in json.dumps(told)
    again = load_bundle(lab.backbones["bert"], tmp_path / "bundle", lab.zoo["bert"])
    assert (again.block, again.head, again.head_name) == (made.block, made.head, made.head_name)
    assert again.parts() == {**made.parts(), "trainable": 0}


def test_pooled_bundles_have_no_head(lab, tmp_path):
    made = lab.assemble("bert", Fused(("mnli", "swag")), trains=(), head=Head("pooled", 32, "none", 0.5))
    save_bundle(made, tmp_path / "bundle", {})
    again = load_bundle(lab.backbones["bert"], tmp_path / "bundle", lab.zoo["bert"])
    encodings = lab.encodings(5, model_type="bert")
    for before, after in zip(predict(made, encodings), predict(again, encodings), strict=True):
        assert np.array_equal(before, after)


def test_what_changed_is_named(lab, tmp_path):
    backbone, zoo = lab.backbones["xlm-roberta"], dict(lab.zoo["xlm-roberta"])
    folder = tmp_path / "bundle"
    save_bundle(lab.assemble("xlm-roberta", FUSE), folder, {})
    with pytest.raises(InputError, match="needs the adapter 'mnli'"):
        load_bundle(backbone, folder, {"squad": zoo["squad"], "swag": zoo["swag"]})
    changed = shutil.copytree(zoo["mnli"], tmp_path / "mnli")
    weights = load_file(changed / "adapter.safetensors")
    save_file({name: tensor * 2 for name, tensor in weights.items()}, changed / "adapter.safetensors")
    with pytest.raises(InputError, match="'mnli' is not the one"):
        load_bundle(backbone, folder, {**zoo, "mnli": changed})
    with pytest.raises(InputError, match="another backbone"):
        load_bundle(lab.backbones["bert"], folder, lab.zoo["bert"])
    head = folder / "head" / "model_head.safetensors"
    weights = load_file(head)
    save_file({name: tensor + 1 for name, tensor in weights.items()}, head)
    with pytest.raises(CorruptArtefact, match="not the one that was saved"):
        load_bundle(backbone, folder, zoo)
    head.write_bytes(head.read_bytes()[:-4])
    with pytest.raises(CorruptArtefact, match=r"model_head\.safetensors"):
        load_bundle(backbone, folder, zoo)
    (folder / "bundle.json").write_text("{}")
    with pytest.raises(CorruptArtefact, match="not a bundle"):
        load_bundle(backbone, folder, zoo)


def test_a_save_is_whole_or_not_there(lab, tmp_path):
    made = lab.assemble("bert", TARGET)
    save_bundle(made, tmp_path / "bundle", {"n": 1})
    save_bundle(made, tmp_path / "bundle", {"n": 2})
    assert json.loads((tmp_path / "bundle" / "bundle.json").read_text())["facts"] == {"n": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        save_bundle(made, tmp_path / "file" / "bundle", {})
