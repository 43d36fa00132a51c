"""A quantized encoder: what stops it is named; where bitsandbytes is at hand, it computes what it did, nearly."""

import dataclasses
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from adaptstilts.compositions.composition import TARGET
from adaptstilts.errors import EnvironmentProblem, NotApplicable
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import assemble
from adaptstilts.models.devices import own_device, peak_memory
from adaptstilts.models.door.open import open_backbone
from adaptstilts.models.quantization import check_quantized, quantize
from adaptstilts.settings import AdapterSettings, BackboneSettings, Recipe
from adaptstilts.training.loop import train
from adaptstilts.training.prediction import predict


def test_the_extra_is_named_where_the_library_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(EnvironmentProblem, match="8bit needs bitsandbytes") as caught:
        check_quantized("8bit")
    assert "adaptstilts[quantized]" in caught.value.do and caught.value.exit_code == 3
    check_quantized("")


def test_a_missing_gpu_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", ModuleType("bitsandbytes"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EnvironmentProblem, match="4bit needs a GPU"):
        check_quantized("4bit")


def test_a_quantized_encoder_is_not_fine_tuned(lab):
    plain = lab.backbones["bert"]
    backbone = dataclasses.replace(plain, identity={**plain.identity, "quantize": "8bit"})
    with pytest.raises(NotApplicable, match="cannot be trained as a whole"):
        assemble(
            backbone, block=None, adapters={}, trains=("backbone", "head"), shape=lab.shape, head=lab.label,
            head_name="paws", seed=0,
        )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("mode", "near"), [("8bit", 0.05), ("4bit", 0.2)])
def test_it_computes_nearly_what_it_did_and_assemblies_share_it(mode, near):
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is an extra, and not installed")
    if mode == "4bit" and not torch.cuda.is_available():
        pytest.skip("bitsandbytes packs 4-bit weights anew for prediction on a CPU, and cannot train from there")
    plain, held = open_backbone(BackboneSettings()), open_backbone(BackboneSettings())
    quantize(held.model, mode, own_device())
    options = {"block": TARGET, "adapters": {}, "trains": ("target_adapter", "head"), "shape": AdapterSettings()}
    reference, first, second = (
        assemble(backbone, **options, head=Head("sequence", 3, "label"), head_name="paws", seed=0)
        for backbone in (plain, held, held)
    )
    encodings = [Encoding(i, (0, *range(10 + i, 30 + 2 * i), 2), i % 3) for i in range(16)]
    expected = np.stack(predict(reference, encodings))
    assert np.abs(np.stack(predict(first, encodings)) - expected).max() < near * np.abs(expected).max()
    before = np.stack(predict(second, encodings))
    train(first, encodings, Recipe(steps=3, rate=1e-3, batch=8), seed=0)
    assert np.array_equal(np.stack(predict(second, encodings)), before)
    assert not np.array_equal(np.stack(predict(first, encodings)), before)


def test_peak_memory_is_that_of_the_process():
    held = torch.ones(1 << 22)  # 16 MiB
    assert peak_memory(torch.device("cpu")) > held.numel() * 4


def test_training_can_be_imported_where_there_is_no_resource_module():
    """As on Windows."""
    code = "import sys; sys.modules['resource'] = None; import adaptstilts.training.loop"
    subprocess.run([sys.executable, "-c", code], check=True)
