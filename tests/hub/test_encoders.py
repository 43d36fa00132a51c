"""An adapter of every architecture: put on the Hub, pulled, published from there, pulled again elsewhere; the same files and outputs."""

import json

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
