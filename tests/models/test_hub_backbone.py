"""Backbones from a Hub on the loopback: the same safe door, one commit, nothing fetched that is not to be read."""

import json

import pytest

from adaptstilts import places
from tests.loopback import Client, LoopbackHub, Repository
from tests.loopback.client import Failed

NAMES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "model.safetensors")


def files(**more):
    return {name: places.encoder() / name for name in NAMES} | {
        name.replace("__", "."): data for name, data in more.items()
    }


def config(**fields):
    found = json.loads((places.encoder() / "config.json").read_text())
    return json.dumps({**found, **fields}).encode()


@pytest.fixture(scope="module")
def server():
    with LoopbackHub() as made:
        yield made


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(server, home):
    with Client(server.address, home) as made:
        yield made


@pytest.fixture(scope="module")
def offline(server, home):
    with Client(server.address, home, offline=True) as made:
        yield made


@pytest.fixture
def repository(server):
    server.reset()
    made = server.add(Repository("model", f"org/encoder-{len(server.repositories)}"))
    made.commit(files(pytorch_model__bin=b"\x80\x04.", modeling__py=b"raise SystemExit", tf_model__h5=b"x"))
    return made


def opened(name, **settings):
    """In the other process: what a backbone computes for a sentence, its identity, and what was said."""
    import logging
    from logging.handlers import BufferingHandler

    import torch

    from adaptstilts.models.door.open import open_backbone
    from adaptstilts.settings import BackboneSettings

    said = BufferingHandler(100)
    logging.getLogger("adaptstilts").addHandler(said)
    logging.getLogger("adaptstilts").setLevel("INFO")
    backbone = open_backbone(BackboneSettings(name, **settings))
    logging.getLogger("adaptstilts").removeHandler(said)
    inputs = torch.tensor(backbone.tokenizer(["na ki lo"])["input_ids"])
    hidden = backbone.model.base_model(inputs.to(backbone.device)).last_hidden_state
    return (
        hidden.sum().item(),
        backbone.identity,
        backbone.name,
        " ".join(record.getMessage() for record in said.buffer),
    )


def pin(kind, id, revision, commit):
    from pathlib import Path

    from adaptstilts.data.hub import pins

    pins.write_lock(Path(pins.NAME), [pins.Pin(kind, id, revision, commit)])


def test_it_is_what_a_local_folder_gives_and_only_what_is_read_is_fetched(server, client, repository):
    total, identity, name, said = client(opened, repository.id)
    assert total == client(opened, "pocket")[0]
    assert (identity, name) == ({"hub": repository.id, "revision": "main", "encoding": 2}, repository.id)
    assert repository.refs["main"] in said and "adaptstilts pin" in said
    fetched = {seen.request.path.rsplit("/", 1)[1] for seen in server.requests("/resolve/")}
    assert fetched == set(NAMES), "no pickle, no code"


def test_random_weights_need_no_weights(server, client, repository):
    client(opened, repository.id, init="random", layers=1)
    assert not server.requests("safetensors")


def test_shards(server, client, repository):
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    sharded = {name: data for name, data in files().items() if name != "model.safetensors"}
    sharded["model.safetensors.index.json"] = json.dumps(index).encode()
    sharded["model-00001-of-00001.safetensors"] = places.encoder() / "model.safetensors"
    repository.commit(sharded)
    assert client(opened, repository.id)[0] == client(opened, "pocket")[0]


def test_a_pin_and_a_revision_decide_the_commit(client, repository):
    old = repository.refs["main"]
    repository.commit(files(config__json=config(num_hidden_layers=0)))
    with pytest.raises(Failed, match="num_hidden_layers"):
        client(opened, repository.id)
    by_hash = client(opened, repository.id, revision=old)
    client(pin, "model", repository.id, "main", old)
    pinned = client(opened, repository.id)
    assert pinned == by_hash and pinned[1] == {"hub": repository.id, "revision": old, "encoding": 2} and pinned[3] == ""


def test_a_second_process_opens_it_offline(server, client, offline, repository):
    online = client(opened, repository.id)
    server.reset()
    assert offline(opened, repository.id)[:3] == online[:3]
    assert server.seen == []


@pytest.mark.parametrize(
    "bad",
    [
        {"auto_map": {"AutoModel": "modeling.Evil"}},
        {"_attn_implementation_internal": "evil/kernels"},
        {"model_type": "evil"},
        {"vocab_size": 2_000_000, "hidden_size": 2_000_000},
        {"hidden_size": 10**12},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_a_config_that_is_refused_stops_all_fetching(server, client, repository, bad):
    repository.commit(files(config__json=config(**bad)))
    with pytest.raises(Failed, match=r"config\.json") as caught:
        client(opened, repository.id)
    assert caught.value.kind == "Refused"
    assert not server.requests("tokenizer|safetensors")


def test_what_is_no_safe_model_is_told(server, client, repository):
    pickled = files(pytorch_model__bin=b"\x80\x04.")
    del pickled["model.safetensors"]
    repository.commit(pickled)
    with pytest.raises(Failed, match=r"(?s)DataMissing.*pytorch_model\.bin, which are never loaded"):
        client(opened, repository.id)
    empty = repository.commit({"README.md": b"# nothing"})
    with pytest.raises(Failed, match=r"(?s)DataMissing.*no config\.json"):
        client(opened, repository.id, revision=empty)
    with pytest.raises(Failed, match=r"(?s)DataMissing.*org/none@main.*no such repository"):
        client(opened, "org/none")


def test_a_download_that_breaks_off_names_the_file(server, client, repository):
    (weights,) = (f for f in repository.files(repository.refs["main"]) if f.path == "model.safetensors")
    server.fault(f"/{weights.sha256}", cut=1000, times=4)
    with pytest.raises(Failed, match=r"(?is)model\.safetensors of org/encoder.*run the same command again") as caught:
        client(opened, repository.id)
    assert caught.value.code == 3 and "backbone.name=DIR" in caught.value.text
    assert client(opened, repository.id)[0] == client(opened, "pocket")[0]


def test_cut_weights_are_told(client, repository):
    weights = (places.encoder() / "model.safetensors").read_bytes()
    repository.commit({**files(), "model.safetensors": weights[:-100]})
    with pytest.raises(Failed, match="CorruptArtefact"):
        client(opened, repository.id)
