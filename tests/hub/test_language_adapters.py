"""Language adapters as AdapterHub has them, pickled and in its old spelling: pulled, laid below a composition, and published back."""

import json

import pytest

from tests.hub.conftest import READS
from tests.hub.running import of_adapterhub, spoken_transfer, upload, verb
from tests.loopback.client import Failed

FILES = {"adapter.safetensors", "adapter_config.json"}


@pytest.fixture(scope="module")
def reader(clients):
    return clients("reader", token=READS)


def files_of(server, id):
    repository = server.repositories["model", id]
    return {file.path: file.bytes() for file in repository.files(repository.refs["main"])}


def test_they_are_pulled_laid_below_and_published_back(server, client, reader):
    names = {}
    for number, code in enumerate(("en", "qaa")):
        sent = client(of_adapterhub, f"ah-{code}", code, number)
        assert "pytorch_adapter.bin" in sent and "adapter.safetensors" not in sent
        client(upload, f"me/{code}-wiki", {**sent, "README.md": b"---\nlicense: mit\n---\n"})
        words = ("pull", f"me/{code}-wiki", "--config", "pocket", "--as", f"speaks-{code}", "--json")
        if not number:
            with pytest.raises(Failed, match="only pickled weights"):
                client(verb, *words)
        names[code] = json.loads(client(verb, *words, "--convert-pickle"))
        assert names[code]["name"] == f"speaks-{code}" and names[code]["licence"] == "mit"
    files = {code: str(client.home / "runs" / "zoo" / "files" / entry["digest"]) for code, entry in names.items()}
    apart, together = client(spoken_transfer, "spoken", files), client(spoken_transfer, "plain", {})
    assert set(apart["scores"]) == {"en", "qaa"} and apart["key"] != together["key"]
    assert apart["invertible"] and apart["digests"].keys() == {"en", "qaa"}
    assert apart["predictions"] != together["predictions"]
    published = json.loads(client(verb, "publish", "speaks-qaa", "me/back", "--json"))
    assert published["commit"]
    back = files_of(server, "me/back")
    assert set(back) >= FILES and "pytorch_adapter.bin" not in back
    here = json.loads(reader(verb, "pull", "me/back", "--json"))
    assert here["digest"] == names["qaa"]["digest"]
    kept = client.home / "runs" / "zoo" / "files" / names["qaa"]["digest"]
    assert {name: back[name] for name in FILES} == {name: (kept / name).read_bytes() for name in FILES}
