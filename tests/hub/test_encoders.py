"""An adapter of every architecture: put on the Hub, pulled, published from there, pulled again elsewhere; the same files and outputs."""

import json
from pathlib import Path

import pytest

from adaptstilts.models.architectures import ARCHITECTURES
from tests.hub.conftest import READS
from tests.hub.running import download, outputs_on, tiny_encoder, upload, verb
from tests.loopback.client import Failed


@pytest.fixture(scope="module")
def reader(clients):
    return clients("reader", token=READS)


@pytest.mark.parametrize("name", ARCHITECTURES.names())
def test_an_adapter_goes_to_the_hub_and_comes_back(client, reader, name):
    backbone, files = client(tiny_encoder, name)
    client(upload, f"me/plain-{name}", {**files, "README.md": b"---\nlicense: mit\n---\n"})
    words = ("--set", f"backbone.name={backbone}", "--json")
    first = json.loads(client(verb, "pull", f"me/plain-{name}", "--as", f"on-{name}", *words))
    json.loads(client(verb, "publish", f"on-{name}", f"me/again-{name}", "--json"))
    page = client(download, f"me/again-{name}", "README.md").decode()
    assert ("computes another function on this encoder" in page) == bool(ARCHITECTURES.get(name).apart)
    assert ("With plain `adapters`" in page) != bool(ARCHITECTURES.get(name).apart)
    there = json.loads(reader(verb, "pull", f"me/again-{name}", *words))
    assert there["digest"] == first["digest"] and there["licence"] == "mit"
    made = {home: str(home.home / "runs" / "zoo" / "files" / first["digest"]) for home in (client, reader)}
    assert client(outputs_on, backbone, made[client]) == reader(outputs_on, backbone, made[reader])
    other = "bert" if name != "bert" else "electra"
    elsewhere, _ = client(tiny_encoder, other)
    with pytest.raises(Failed, match=f"the adapter is for encoders of type {name}"):
        reader(verb, "pull", f"me/again-{name}", "--as", "wrong", "--set", f"backbone.name={elsewhere}", "--json")


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("xmod", ("--langs", "en,qab"), "no parts for 'qab'"),
        ("xmod", ("--langs", "en", "--set", "backbone.reads.en=de"), "has parts for 'en' itself"),
        ("modernbert", ("--set", "adapter.architecture=prefix_tuning"), "cannot be put on modernbert"),
    ],
)
def test_what_only_its_config_tells_is_refused_before_anything_is_trained(client, name, words, said):
    """The config of an encoder on the Hub is not here when the run is planned; it is fetched first, and nothing else of it."""
    folder = Path(client(tiny_encoder, name)[0])
    repository = f"me/encoder-{name}-{len(said)}"
    client(upload, repository, {path.name: path.read_bytes() for path in folder.iterdir()})
    store = client.home / f"runs-{len(said)}"
    with pytest.raises(Failed, match=said):
        client(verb, "none", "--target", "pawsx", *words, "--set", f"backbone.name={repository}", "--out", str(store))
    assert not [path for path in store.rglob("*") if path.is_file()]
    fetched = {path.name for path in client.home.rglob(f"*{repository.replace('/', '--')}/snapshots/*/*")}
    assert fetched == {"config.json"}
