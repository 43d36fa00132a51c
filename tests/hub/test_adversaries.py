"""Repositories of an adversary, one for each known trick: refused with a reason, nothing run, nothing written."""

import io
import json
import os
import pickle
import re
import struct
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from adaptstilts import places
from adaptstilts.errors import Refused
from adaptstilts.models.door.headers import inside
from tests.hub.running import tree, verb
from tests.loopback import Repository
from tests.loopback.client import Failed

ADAPTER = Path(places.shipped("adapter_zoo")) / "files" / "c47be9c3c4c3a7ad241c0d33528918cd"
GOOD = {path.name: path.read_bytes() for path in ADAPTER.iterdir()}
WEIGHTS, CONFIG = "adapter.safetensors", "adapter_config.json"
NEW = "roberta.encoder.layer.0.output.adapters.mnli.adapter_down.0.bias"
OLD = NEW.replace(".adapters.", ".layer_text_task_adapters.")
CANARY = "canary"


def fields(file=CONFIG, inside=False, **more):
    found = json.loads(GOOD[file])
    (found["config"] if inside else found).update(more)
    return {file: json.dumps(found).encode()}


def tensors(change):
    found = load(GOOD[WEIGHTS])
    return {WEIGHTS: save(change(found) or found)}


def with_value(value):
    def change(found):
        next(iter(found.values())).view(-1)[3] = value

    return tensors(change)


def header(described, data=b"", length=None):
    """A safetensors file with this header, true or not."""
    raw = json.dumps(described).encode() if isinstance(described, dict) else described
    return {WEIGHTS: struct.pack("<Q", len(raw) if length is None else length) + raw + data}


def raw_header(change):
    """The good weights with the bytes of their header changed."""
    (length,) = struct.unpack("<Q", GOOD[WEIGHTS][:8])
    return header(change(GOOD[WEIGHTS][8 : 8 + length].rstrip()), GOOD[WEIGHTS][8 + length :])


def header_with(**more):
    return raw_header(lambda raw: json.dumps({**json.loads(raw), **more}).encode())


def tensor(shape, start, end):
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}


class Trap:
    """Unpickled, it runs a command."""

    def __reduce__(self):
        return os.system, (f"touch {CANARY}",)


def pickled(value):
    sink = io.BytesIO()
    torch.save(value, sink)
    return {WEIGHTS: None, "pytorch_adapter.bin": sink.getvalue()}


def compressed(value):
    plain = io.BytesIO(pickled(value)["pytorch_adapter.bin"])
    sink = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return {WEIGHTS: None, "pytorch_adapter.bin": sink.getvalue()}


def told(**more):
    return {"adaptstilts.json": json.dumps({"schema": 1, "kind": "adapter", "digest": "0" * 32, **more}).encode()}


EVIL = b"import pathlib\npathlib.Path('canary').touch()\n"
TRICKS = {
    "auto_map": (fields(auto_map={"AutoModel": "evil.Model"}) | {"evil.py": EVIL}, "can make a loader run code"),
    "attn_implementation_internal": (
        fields(inside=True, _attn_implementation_internal="evil/kernels"),
        "can make a loader run code",
    ),
    "code in the head": (fields("head_config.json", inside=True, trust_remote_code=True), "can make a loader run code"),
    "pickle": (pickled({}), "only pickled weights.*--convert-pickle"),
    "names above": ({"../../evil.py": EVIL}, "a file called '../../evil.py'"),
    "names from the root": ({"/etc/evil": EVIL}, "a file called"),
    "names of another system": ({"..\\evil.py": EVIL}, "a file called"),
    "very many files": ({f"{i}.txt": b"" for i in range(1001)}, "holds 1,00. files"),
    "a link in place of weights": ({WEIGHTS: b"../../../../etc/passwd"}, "header says"),
    "a link in place of a config": ({CONFIG: b"/etc/passwd"}, "not readable as JSON"),
    "huge shapes": (header({"a": tensor([10**9, 10**9], 0, 4)}, b"abcd"), "does not fill its place"),
    "shapes below zero": (header({"a": tensor([-1, -1], 0, 4)}, b"abcd"), "no count"),
    "a huge header": (header(b"{}", length=1 << 62), "header says it is"),
    "a header that is no JSON": (header(b"\x80\x04."), "does not tell what the file holds"),
    "tensors that overlap": (
        header({"a": tensor([1], 0, 4), "b": tensor([1], 0, 4)}, b"abcd"),
        "overlap, or leave bytes",
    ),
    "bytes behind the tensors": ({WEIGHTS: GOOD[WEIGHTS] + EVIL}, "tensors end at byte"),
    "weights cut short": ({WEIGHTS: GOOD[WEIGHTS][:-100]}, "tensors end at byte"),
    "NaN": (with_value(float("nan")), "not finite"),
    "infinity": (with_value(float("inf")), "not finite"),
    "NaN in the head": (
        {"model_head.safetensors": save({"x": torch.tensor([float("nan")])})},
        "not finite",
    ),
    "integers": (tensors(lambda t: {k: v.int() for k, v in t.items()}), "of type I32"),
    "a tensor too many": (tensors(lambda t: {**t, "x.y": torch.zeros(2)}), "beside what fits"),
    "a tensor too few": (tensors(lambda t: dict(list(t.items())[1:])), "lacks"),
    "a wider encoder": (fields(hidden_size=768), "is for encoders of type xlm-roberta, 768 wide"),
    "another encoder": (fields(model_type="bert"), "is for encoders of type bert"),
    "shapes of another encoder": (fields(inside=True, reduction_factor=4), r"has the shape .* fits the backbone"),
    "an encoder that is a trap": (
        fields(model_name="evil/encoder"),
        r"config\.json of evil/encoder.*can make a loader run code",
    ),
    "an encoder that is a path": (fields(model_name="../../etc"), "no name of the Hub"),
    "no encoder": (fields(model_name=None), "names no backbone"),
    "a card that is no text": ({"README.md": b"---\nlicense: \xff\xfe\n---\n"}, "not UTF-8"),
    "deep JSON": ({CONFIG: b'{"config":' + b"[" * 100_000 + b"]" * 100_000 + b"}"}, "nested more than"),
    "NaN in JSON": (fields(inside=True, dropout=float("nan")), "NaN is no number"),
    "a huge config": ({CONFIG: b"{" + b" " * (17 << 20) + b"}"}, r"bytes, where 16,777,216 are the most"),
    "an unknown architecture": (fields(inside=True, architecture="evil"), "unknown adapter architecture"),
    "an unknown field": (fields(inside=True, hook="evil"), "none that adapters have"),
    "an activation that is none": (fields(inside=True, non_linearity="os.system"), "the value 'os.system'"),
    "a factor that divides by zero": (fields(inside=True, reduction_factor=0), "reduction_factor"),
    "a field of another type": (fields(inside=True, leave_out="0123"), "leave_out"),
    "shared layers": (fields(inside=True, phm_layer=True), "phm_layer"),
    "a name that is a path": (fields(name="../evil"), "cannot name an adapter"),
    "another digest": (told(), "digest"),
    "a schema of the future": (told(schema=99), "this version reads 1"),
    "another kind": (told(kind="evil"), "holds a evil, not an adapter"),
    "metadata that are none": (header_with(__metadata__={"a": {"b": "c"}}), "do not read"),
    "a tensor twice": (raw_header(lambda h: h[:-1] + b", " + h[1:]), "is there twice"),
    "a tensor of very many dimensions": (
        header({"a": tensor([999_999_999] * 500_000, 0, 4)}, b"abcd"),
        "500,000 dimensions",
    ),
    "a tensor under its old name too": (
        tensors(lambda t: {**t, OLD: t[NEW].clone()}),
        "two spellings",
    ),
    "a field twice": (
        {CONFIG: GOOD[CONFIG].rstrip()[:-1] + b', "name": "mnli"}'},
        "'name' is there twice",
    ),
    "a number without end": ({CONFIG: b'{"config": {"dropout": 1e999}}'}, "too large a number"),
    "half a letter": ({CONFIG: b'{"name": "\\ud800"}'}, "not readable as JSON"),
    "strings that never end": ({CONFIG: b'{"a": "' + b'\\"' * (1 << 20)}, "not readable as JSON"),
    "a factor too small to divide by": (fields(inside=True, reduction_factor=1e-320), "no adapter can be made"),
    "a field that wants another package": (fields(inside=True, stochastic_depth=0.5), "no adapter can be made"),
    "a name that rewrites the screen": (fields(name="a\x1b[2Jb"), "field 'name' has the value"),
    "a score without end": (
        {"adaptstilts.json": b'{"schema": 1, "kind": "adapter", "scores": {"a": 1e999}}'},
        "too large",
    ),
    "an encoder above": (told(backbone={"name": "../evil"}), "no name of the Hub"),
    "a description of other types": (
        told(backbone=[], scores=7, licence=[]),
        "'backbone' of adaptstilts.json is no object",
    ),
    "no weights": ({WEIGHTS: None}, "no weights"),
    "no config": ({CONFIG: None}, "no adapter"),
}
CONVERTED = {
    "a pickle that runs a command": (pickled(Trap()), "nothing of it was run"),
    "a pickle that runs a command deep down": (pickled({"a": [Trap()]}), "nothing of it was run"),
    "a bare pickle": (
        {WEIGHTS: None, "pytorch_adapter.bin": pickle.dumps(Trap())},
        "nothing of it was run",
    ),
    "a pickle of other things": (pickled({"a": 7}), "no dense tensor"),
    "a pickle that unfolds": (compressed({"a": torch.zeros(1 << 20)}), "compressed, which torch never does"),
    "a tensor larger than its bytes": (pickled({"a": torch.zeros(1).expand(1 << 40)}), "claim more bytes"),
    "a pickle of NaN": (pickled({k: v * float("nan") for k, v in load(GOOD[WEIGHTS]).items()}), "not finite"),
}


@pytest.fixture(scope="module")
def backbone(server):
    made = server.add(Repository("model", "evil/encoder"))
    config = json.loads((places.encoder() / "config.json").read_text())
    made.commit({"config.json": json.dumps({**config, "auto_map": {"AutoConfig": "evil.Config"}}).encode()})


def pulled(server, client, name, files, *options):
    """The error of a pull, after seeing that nothing has changed but the Hub's cache."""
    made = server.add(Repository("model", f"evil/trick-{len(server.repositories)}"))
    made.commit({name: data for name, data in {**GOOD, **files}.items() if data is not None})
    (client.home / "runs" / "zoo").mkdir(parents=True, exist_ok=True)
    before = around(client.home)
    with pytest.raises(Failed) as caught:
        client(verb, "pull", made.id, "--out", "runs", *options)
    assert around(client.home) == before, name
    return caught.value


def around(home):
    """Everything beside the Hub's cache, the folders above this one included."""
    cache = str(home / "huggingface")
    return {path: data for path, data in tree(home.parent).items() if not path.startswith(cache)}


@pytest.mark.parametrize("name", [*TRICKS, *CONVERTED])
def test_each_trick_is_refused_with_a_reason_and_leaves_no_trace(server, client, backbone, name):
    files, reason = {**TRICKS, **CONVERTED}[name]
    error = pulled(server, client, name, files, *(["--convert-pickle"] if name in CONVERTED else []))
    assert error.kind in {"Refused", "InputError", "DataMissing"} and error.code == 2
    assert not re.search(r"\.arriving-|/snapshots/", error.text), "it says whose file it is, not where it was looked at"
    assert re.search(f"(?s){reason}", error.text), error.text


def test_the_same_adapter_without_a_trick_comes_in(server, client):
    made = server.add(Repository("model", "good/adapter"))
    made.commit(GOOD)
    entry = json.loads(client(verb, "pull", made.id, "--out", "runs", "--json"))
    assert entry["digest"] == ADAPTER.name and entry["origin"] == f"hub:good/adapter@{made.refs['main']}"
    assert (client.home / "runs" / "zoo" / "files" / ADAPTER.name / WEIGHTS).read_bytes() == GOOD[WEIGHTS]


@pytest.mark.parametrize("name", ["mnli", "pocket-squad", "a/b", "a,b", ".."])
def test_names_that_are_taken_or_none_are_refused(server, client, name):
    assert pulled(server, client, name, {}, "--as", name).kind == "InputError"


def test_a_pickle_of_tensors_alone_is_converted(server, client):
    made = server.add(Repository("model", "good/pickle"))
    files = {**GOOD, **pickled(load(GOOD[WEIGHTS]))}
    made.commit({name: data for name, data in files.items() if data is not None and "head" not in name})
    entry = json.loads(client(verb, "pull", made.id, "--convert-pickle", "--out", "runs", "--json"))
    kept = (client.home / "runs" / "zoo" / "files" / entry["digest"] / WEIGHTS).read_bytes()
    assert {k: v.tolist() for k, v in load(kept).items()} == {k: v.tolist() for k, v in load(GOOD[WEIGHTS]).items()}


def link(folder, home):
    secret = home / "secret.safetensors"
    secret.write_bytes(GOOD[WEIGHTS])
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(secret)


@pytest.mark.parametrize("place", ["snapshots/adapter", "models--evil--x/snapshots/adapter"])
def test_a_folder_that_looks_like_the_hubs_cache_may_not_lead_out_of_it(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(parents=True)
    (folder.parent.parent / "secret").write_text("secret")
    (folder / "README.md").symlink_to("../../secret")
    with pytest.raises(Refused, match="a link that leads out"):
        inside(folder / "README.md", folder)
    blobs = tmp_path / "models--me--x" / "blobs"
    kept = tmp_path / "models--me--x" / "snapshots" / "c0"
    blobs.mkdir(parents=True), kept.mkdir(parents=True)
    (blobs / "ab").write_text("fine")
    (kept / "README.md").symlink_to("../../blobs/ab")
    assert inside(kept / "README.md", kept).read_text() == "fine"


def planned(tasks):
    """In the other process: plan a transfer with these members."""
    from adaptstilts.config.load import load_config
    from adaptstilts.plan.cell import cell
    from adaptstilts.plan.request import Request
    from adaptstilts.zoo.members import zoo_members
    from adaptstilts.zoo.zoo import zoos

    config, zoo = load_config("pocket"), zoos(Path("runs"))
    cell(config, Request("fuse", tuple(tasks), "pawsx", taken=zoo_members(config, tasks, zoo)), zoo)


def test_a_folder_with_a_link_that_leads_out_is_refused(client):
    folder = client.home / "linked"
    folder.mkdir()
    for name, data in GOOD.items():
        (folder / name).write_bytes(data)
    link(folder, client.home)
    before = around(client.home)
    with pytest.raises(Failed, match="a link that leads out") as caught:
        client(planned, ["mnli", "./linked"])
    assert caught.value.kind == "Refused" and around(client.home) == before


RULES = json.loads((places.encoder() / "tokenizer.json").read_text())
LAUGHS = {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 20}
ENDLESS = {"type": "Replace", "pattern": {"Regex": "(x+x+)+y"}, "content": ""}
BETWEEN = {"type": "Replace", "pattern": {"Regex": ""}, "content": "ab"}
TOKENIZERS = {
    "billion laughs": (json.dumps({**RULES, "normalizer": LAUGHS}).encode(), "1,048,576 times as long"),
    "very many rules": (
        json.dumps({**RULES, "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}] * 99}}).encode(),
        "100 rules|101 rules|10. rules",
    ),
    "an expression whose search never ends": (
        json.dumps({**RULES, "normalizer": {**RULES["normalizer"], "normalizers": [ENDLESS]}}).encode(),
        "its search may never end",
    ),
    "an expression between all letters": (
        json.dumps({**RULES, "normalizer": {"type": "Sequence", "normalizers": [BETWEEN] * 6}}).encode(),
        "729 times as long",
    ),
    "a table that makes the library panic": (
        json.dumps({**RULES, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}).encode(),
        "not readable as a tokenizer",
    ),
    "an archive": (compressed({"a": torch.zeros(9)})["pytorch_adapter.bin"], "not UTF-8|not readable"),
    "too large": (b" " * ((64 << 20) + 1), "are the most that such a file may have"),
    "deep": (b"[" * 100_000, "nested more than"),
}


def opened(name):
    from adaptstilts.models.door.open import open_tokenizer
    from adaptstilts.settings import BackboneSettings

    open_tokenizer(BackboneSettings(name))


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokenizers_that_unfold_are_refused(server, client, name):
    data, reason = TOKENIZERS[name]
    made = server.add(Repository("model", f"evil/tokenizer-{len(server.repositories)}"))
    made.commit({"config.json": places.encoder() / "config.json", "tokenizer.json": data})
    with pytest.raises(Failed, match=reason) as caught:
        client(opened, made.id)
    assert caught.value.kind in {"Refused", "CorruptArtefact"}
    if name == "too large":
        assert not [seen for seen in server.requests(r"tokenizer\.json") if seen.request.method == "GET"]
