"""What `adapters` itself saves passes the door, of every family and age; what only looks like it does not."""

import json
import shutil

import adapters
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import XLMRobertaConfig

from adaptstilts.errors import CorruptArtefact, InputError, Refused
from adaptstilts.models.door.adapter_check import vet_adapter
from adaptstilts.models.door.adapter_schema import check_config
from adaptstilts.models.door.config import read_config
from adaptstilts.models.door.headers import parse, read_header
from adaptstilts.models.door.pickles import convert
from adaptstilts.models.door.tokenizer_rules import check_rules

CONFIGS = {
    "seq_bn": adapters.SeqBnConfig(),
    "seq_bn_inv": adapters.SeqBnInvConfig(),
    "double_seq_bn": adapters.DoubleSeqBnConfig(reduction_factor={"default": 16, "1": 4}),
    "par_bn": adapters.ParBnConfig(reduction_factor=8, scaling="learned"),
    "gated": adapters.SeqBnConfig(use_gating=True, leave_out=[0]),
    "lora": adapters.LoRAConfig(r=4, alpha=8),
    "ia3": adapters.IA3Config(),
}


@pytest.fixture
def saved(lab, tmp_path):
    """An adapter as plain `adapters` saves it on a plain model, and how many parameters it has there."""

    def save(config, name="theirs"):
        model = adapters.AutoAdapterModel.from_pretrained(lab.folders["xlm-roberta"])
        before = sum(p.numel() for p in model.parameters())
        model.add_adapter(name, config=config)
        model.save_adapter(str(tmp_path / name), name, use_safetensors=True)
        return tmp_path / name, sum(p.numel() for p in model.parameters()) - before

    return save


@pytest.fixture
def backbone(lab):
    return read_config(lab.folders["xlm-roberta"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CONFIGS)
def test_every_family_that_adapters_saves_is_let_in(saved, backbone, name):
    folder, parameters = saved(CONFIGS[name])
    found = vet_adapter(folder, backbone)
    assert (found.trainable, found.model_type, found.hidden_size, found.layers) == (parameters, "xlm-roberta", 32, 2)


@pytest.mark.filterwarnings("ignore")
def test_tensors_may_have_the_names_of_older_versions(saved, backbone):
    folder, parameters = saved(adapters.SeqBnConfig())
    old = {
        name.replace(".adapters.", ".layer_text_task_adapters.").removeprefix("roberta."): tensor
        for name, tensor in load_file(folder / "adapter.safetensors").items()
    }
    assert any("layer_text_task_adapters" in name for name in old)
    save_file(old, folder / "adapter.safetensors")
    assert vet_adapter(folder, backbone).trainable == parameters


@pytest.mark.filterwarnings("ignore")
def test_an_old_pickle_becomes_the_same_tensors(saved, backbone, tmp_path):
    folder, parameters = saved(adapters.SeqBnConfig())
    tensors = load_file(folder / "adapter.safetensors")
    torch.save(tensors, tmp_path / "pytorch_adapter.bin")
    (folder / "adapter.safetensors").unlink()
    convert(tmp_path / "pytorch_adapter.bin", folder / "adapter.safetensors")
    again = load_file(folder / "adapter.safetensors")
    assert again.keys() == tensors.keys() and all(torch.equal(again[name], tensors[name]) for name in tensors)
    assert vet_adapter(folder, backbone).trainable == parameters


@pytest.mark.filterwarnings("ignore")
def test_nothing_large_is_allocated_for_a_config_that_lies(saved, backbone):
    """A bottleneck of 10**12 units is compared with the file and refused; allocated, it would take terabytes."""
    folder, _ = saved(adapters.SeqBnConfig())
    told = json.loads((folder / "adapter_config.json").read_text())
    told["config"]["reduction_factor"] = 32 / 10**11
    (folder / "adapter_config.json").write_text(json.dumps(told))
    with pytest.raises(Refused, match=r"has the shape|no adapter can be made"):
        vet_adapter(folder, backbone)


@pytest.mark.filterwarnings("ignore")
def test_the_wrong_backbone_is_told(saved, lab):
    folder, _ = saved(adapters.SeqBnConfig())
    with pytest.raises(InputError, match="xlm-roberta, 32 wide; this backbone is bert"):
        vet_adapter(folder, read_config(lab.folders["bert"]))


@pytest.mark.filterwarnings("ignore")
def test_lora_of_a_version_that_scaled_it_wrongly_is_refused(saved, backbone):
    folder, _ = saved(adapters.LoRAConfig(r=4, alpha=8))
    path = folder / "adapter_config.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "version": "adapters.1.0.1"}))
    with pytest.raises(Refused, match="scaled LoRA wrongly"):
        vet_adapter(folder, backbone)
    told["config"]["alpha"] = 4
    path.write_text(json.dumps({**told, "version": "adapters.1.0.1"}))
    assert vet_adapter(folder, backbone).architecture == "lora"


def test_a_real_header_is_read_as_the_library_reads_it(lab):
    path = lab.folders["xlm-roberta"] / "model.safetensors"
    found = {name: tuple(tensor.shape) for name, tensor in load_file(path).items()}
    assert {name: tensor.shape for name, tensor in read_header(path).items()} == found


def test_json_is_as_deep_as_it_may_be_and_no_deeper():
    assert parse("[" * 32 + "]" * 32, "x")
    assert parse('["' + "[" * 100 + '\\""]', "x") == ["[" * 100 + '"'], "brackets in texts do not count"
    with pytest.raises(Refused, match="nested"):
        parse("[" * 33 + "]" * 33, "x")
    with pytest.raises(CorruptArtefact, match="Infinity"):
        parse("[Infinity]", "x")


@pytest.mark.parametrize("value", [True, 1.5, "3", None, [1], -1])
def test_counts_are_counts(value, tmp_path):
    config = {"config": {"architecture": "lora", "r": value}, "model_type": "bert", "hidden_size": 8}
    with pytest.raises(Refused, match=r"config\.r"):
        check_config(config, tmp_path)


def test_the_tokenizers_of_the_real_models_keep_the_rules(hub, tmp_path):
    folder = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    check_rules(json.loads((folder / "tokenizer.json").read_text()), folder)


def test_links_inside_the_hubs_cache_are_followed_and_others_are_not(lab, tmp_path):
    from adaptstilts.models.door.open import open_tokenizer
    from adaptstilts.settings import BackboneSettings

    home = tmp_path / "models--a--b"
    shutil.copytree(lab.folders["xlm-roberta"], home / "blobs")
    snapshot = home / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for path in (home / "blobs").iterdir():
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    assert len(open_tokenizer(BackboneSettings(str(snapshot)))) == XLMRobertaConfig(vocab_size=65).vocab_size
    (snapshot / "tokenizer.json").unlink()
    (snapshot / "tokenizer.json").symlink_to(lab.folders["xlm-roberta"] / "tokenizer.json")
    with pytest.raises(Refused, match="a link that leads out"):
        open_tokenizer(BackboneSettings(str(snapshot)))
