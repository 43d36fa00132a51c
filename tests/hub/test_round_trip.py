"""Published here, pulled in an empty home: the same files, the same predictions; plain `adapters` reads ours, and we its."""

import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest
from datasets import Features
from huggingface_hub import ModelCard

from adaptstilts import places
from tests.hub.conftest import READS
from tests.hub.running import (
    download,
    forget,
    our_logits,
    plain_logits,
    rows_of,
    saved_plainly,
    transfer,
    tree,
    upload,
    verb,
)
from tests.loopback import Repository
from tests.loopback.client import Failed

FILES = {"adapter.safetensors", "adapter_config.json", "head_config.json", "model_head.safetensors"}
IDS = [[0, 17, 45, 200, 31, 2], [0, 9, 9, 310, 77, 2]]


@pytest.fixture(scope="module")
def reader(clients):
    return clients("reader", token=READS)


@pytest.fixture(scope="module")
def adapter(client):
    return json.loads(client(verb, "publish", "pocket-mnli", "me/mnli", "--json"))


@pytest.fixture(scope="module")
def finished(client, adapter):
    """A transfer of a published adapter and one that is not, and its publication."""
    record = client(transfer, "runs", ("pocket-mnli", "squad"))
    done = json.loads(client(verb, "publish", record["key"][:8], "me/fused", "--json", "--out", "runs"))
    return {**record, "published": done}


def files_of(server, kind, id):
    repository = server.repositories[kind, id]
    return {file.path: file.bytes() for file in repository.files(repository.refs["main"])}


def test_what_is_published_is_what_the_zoo_holds_and_what_it_is(server, client, adapter):
    sent = files_of(server, "model", "me/mnli")
    assert set(sent) == FILES | {"README.md", "adaptstilts.json", ".gitattributes"}
    told = json.loads(sent["adaptstilts.json"])
    folder = places.shipped("adapter_zoo") / "files" / told["digest"]
    assert {name: sent[name] for name in FILES} == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert (told["schema"], told["kind"], told["task"], told["key"]) == (1, "adapter", "mnli", "68c0f2dbad216482")
    assert told["spec"]["recipe"] == {"steps": 1500, "rate": 0.002}
    assert adapter["commit"] == server.repositories["model", "me/mnli"].refs["main"]


def test_an_adapter_comes_back_as_it_was(client, reader, adapter):
    entry = json.loads(reader(verb, "pull", "me/mnli", "--json"))
    assert entry["digest"] == json.loads(client(download, "me/mnli", "adaptstilts.json"))["digest"]
    assert (entry["name"], entry["task"], entry["backbone"]) == ("me-mnli", "mnli", "pocket")
    assert entry["origin"] == f"hub:me/mnli@{adapter['commit']}" and entry["licence"] == "Apache-2.0"
    assert entry["step"] == "", "nobody's word that it was made by this very step is taken"
    assert entry["scores"]["accuracy"] == 0.987
    folder = str(reader.home / "runs" / "zoo" / "files" / entry["digest"])
    shipped = str(places.shipped("adapter_zoo") / "files" / entry["digest"])
    assert reader(our_logits, folder, IDS) == client(our_logits, shipped, IDS)


def test_plain_adapters_computes_the_same_from_the_published_files(reader, adapter):
    folder = reader.home / "plain"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(reader(download, "me/mnli", name))
    theirs, ours = reader(plain_logits, str(folder), IDS), reader(our_logits, str(folder), IDS)
    assert [pytest.approx(row, abs=1e-5) for row in theirs] == ours
    assert ours[0] != ours[1]


def test_an_adapter_that_plain_adapters_saved_pulls_and_fuses(client, reader):
    theirs = client(saved_plainly, "theirs")
    assert "adaptstilts.json" not in theirs
    client(upload, "me/theirs", {**theirs, "README.md": b"---\nlicense: mit\n---\n"})
    commit = client(upload, "me/theirs", {"note.txt": b"later"})
    with pytest.raises(Failed, match="which is no name of the Hub"):
        reader(verb, "pull", "me/theirs")
    entry = json.loads(reader(verb, "pull", f"me/theirs@{commit}", "--config", "pocket", "--as", "theirs", "--json"))
    assert (entry["task"], entry["licence"], entry["backbone"]) == ("unknown", "mit", "pocket")
    assert entry["origin"] == f"hub:me/theirs@{commit}"
    reader(saved_plainly, "my-own", 4)
    record = reader(transfer, "runs", ("mnli", f"hub:me/theirs@{commit}", "./my-own"))
    assert record["members"] == ["mnli", "my-own", "theirs"]
    assert record["adapters"]["theirs"] == entry["digest"]
    score = json.loads((reader.home / "runs" / "steps" / record["scores"][0] / "record.json").read_text())
    assert score["exposure"] == "unknown", "what it has seen, nobody knows"
    assert "does not say what it was trained on" in reader(verb, "show", record["key"][:8])
    with pytest.raises(Failed, match="named twice"):
        reader(transfer, "runs", ("theirs", f"hub:me/theirs@{commit}"))


def test_another_commit_gets_a_name_of_its_own_and_leaves_the_old_one_be(client, reader, adapter):
    first = json.loads(reader(verb, "pull", "me/mnli", "--json"))
    weights = client(saved_plainly, "changed", 5)
    client(upload, "me/moves", {**weights, "x.txt": b""})
    words = ("pull", "me/moves", "--config", "pocket", "--json")
    old = json.loads(reader(verb, *words))
    commit = client(upload, "me/moves", client(saved_plainly, "changed-again", 6))
    reader(forget)  # which commit `main` is, is asked once a process
    new = json.loads(reader(verb, *words))
    assert (old["name"], new["name"]) == ("me-moves", f"me-moves-{commit[:8]}")
    files = reader.home / "runs" / "zoo" / "files"
    assert {first["digest"], old["digest"], new["digest"]} <= {path.name for path in files.iterdir()}
    with pytest.raises(Failed, match="is the name of another adapter"):
        reader(verb, *words, "--as", "me-mnli")


def test_a_composition_refers_to_what_is_published_and_brings_the_rest(server, finished, adapter):
    sent = files_of(server, "model", "me/fused")
    told = json.loads(sent["adaptstilts.json"])
    published, beside = told["members"]
    assert published["hub"] == f"me/mnli@{adapter['commit']}" and "path" not in published
    assert beside["path"] == "adapters/squad" and set(sent) >= {f"adapters/squad/{name}" for name in FILES}
    assert not any(name.startswith("adapters/pocket-mnli") for name in sent)
    assert {"fusion-0/model_adapter_fusion.safetensors", "head/model_head.safetensors", "bundle.json"} <= set(sent)
    assert told["record"]["cost"]["seconds"] > 0
    assert not {"platform", "cores"} & set(told["provenance"]), "nothing of the machine"


def test_a_pulled_composition_predicts_the_same(client, reader, finished):
    record = json.loads(reader(verb, "pull", "me/fused", "--out", "pulled", "--json"))
    assert record["key"] == finished["key"], "made of the very same adapters"
    assert record["origin"] == f"hub:me/fused@{finished['published']['commit']}"
    said = json.loads(reader(verb, "attack", record["key"][:8], "--out", "pulled", "--json"))
    assert [score["key"] for score in said["scores"]] == finished["scores"]
    shown = reader(verb, "show", record["key"][:8], "--out", "pulled")
    assert f"pulled from {record['origin']}" in " ".join(shown.split()), "however it is folded"
    for key in finished["scores"]:
        here, there = (home / "steps" / key for home in (client.home / "runs", reader.home / "pulled"))
        assert pq.read_table(here / "predictions.parquet").equals(pq.read_table(there / "predictions.parquet")), key


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: told["files"].update({"../evil": "0" * 64}), "no file that a transfer has"),
        (lambda told: told["files"].update({"adapters/../../evil": "0" * 64}), "no file that a transfer has"),
        (lambda told: told["files"].update({"bundle.json": "0" * 64}), "not the file that was published"),
        (lambda told: told["members"][1].update(path="../../etc", digest="0" * 32), "is not there"),
        (lambda told: told["members"][1].update(digest="0" * 32), "made with '0"),
        (lambda told: told["members"][0].update(digest="0" * 32), "made with '0"),
        (lambda told: told["record"]["provenance"]["settings"].update(evil=1), "unknown key"),
        (lambda told: told["record"].update(auto_map={}), "can make a loader run code"),
        (lambda told: told.update(spec={"step": "score"}), "does not tell of a transfer|no step can be made"),
        (lambda told: told.pop("record"), "does not tell of a transfer"),
        (lambda told: told["backbone"].update(content="0" * 16), "another backbone"),
        (lambda told: told["spec"].update(names=["<script>", "squad"]), "cannot name an adapter"),
        (lambda told: told["spec"].update(target="evil"), "no .*task called 'evil'"),
        (lambda told: told["spec"]["shape"].update(reduction=1e-9), "another shape"),
        (lambda told: told["record"]["parts"].clear(), "parts or cost"),
        (lambda told: told["record"]["cost"].update(seconds="x"), "does not tell of a transfer"),
    ],
)
def test_a_composition_that_was_tampered_with_is_refused(server, reader, finished, change, reason):
    sent = files_of(server, "model", "me/fused")
    told = json.loads(sent["adaptstilts.json"])
    change(told)
    made = server.add(Repository("model", f"evil/fused-{len(server.repositories)}"))
    made.commit({**sent, "adaptstilts.json": json.dumps(told).encode(), "evil": b"x"})
    with pytest.raises(Failed, match=f"(?s){reason}") as caught:
        reader(verb, "pull", made.id, "--out", made.id)
    assert caught.value.code == 2
    assert not list((reader.home / made.id).rglob("record.json"))
    assert all("/huggingface/" in name or "/zoo/" in name for name in tree(reader.home) if "evil" in name)


def test_what_a_record_says_of_its_composition_is_what_its_step_is(server, reader, finished):
    sent = files_of(server, "model", "me/fused")
    told = json.loads(sent["adaptstilts.json"])
    lies = {
        "target": "xnli",
        "members": 7,
        "title": "<b>",
        "outcome": "evil",
        "adapter": {"digest": "0" * 32},
        "more": 1,
    }
    told["record"].update(lies, standins={"ccg": "udpos", "<b>": "evil"})
    made = server.add(Repository("model", "evil/liar"))
    made.commit({**sent, "adaptstilts.json": json.dumps(told).encode()})
    record = json.loads(reader(verb, "pull", made.id, "--out", "liar", "--json"))
    assert (record["target"], record["members"], record["outcome"]) == ("pawsx", finished["members"], "ok")
    assert record["title"] == finished["title"] and not {"adapter", "more"} & set(record)
    assert record["standins"] == {"ccg": "udpos"}, "what stood in for what is not lost on the way"
    again = reader(verb, "publish", record["key"], "me/again", "--dry-run", "--out", "liar")
    assert "**ccg was trained on udpos in its place.**" in again


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("bundle.json", lambda b: b["shape"].update(reduction=1e-9), "another shape"),
        ("bundle.json", lambda b: b["head"].update(outputs=10**12), "has no 1000000000000 outputs"),
        ("bundle.json", lambda b: b.update(heads={"x": b["head"]}), "another shape"),
        ("bundle.json", lambda b: b["weights"].clear(), "not what the bundle was saved with"),
        ("bundle.json", lambda b: b.update(block={"evil": []}), "does not tell of a transfer|block"),
        (
            "bundle.json",
            lambda b: b.update(block={"stack": [b["block"]] * 1000}),
            "not the one that such a composition",
        ),
        ("bundle.json", lambda b: b.update(block="../../evil"), "not the one that such a composition"),
        (
            "adapter-target/adapter_config.json",
            lambda c: c["config"].update(reduction_factor=1e-9),
            "has the shape|no adapter",
        ),
        ("adapter-target/adapter_config.json", lambda c: c.update(auto_map={}), "can make a loader run code"),
        ("head/head_config.json", lambda c: c["config"].update(trust_remote_code=True), "can make a loader run code"),
    ],
)
def test_a_bundle_whose_files_lie_is_refused_though_all_digests_agree(server, reader, finished, file, change, reason):
    sent = files_of(server, "model", "me/fused")
    inner, told = json.loads(sent[file]), json.loads(sent["adaptstilts.json"])
    change(inner)
    sent[file] = json.dumps(inner).encode()
    told["files"][file] = hashlib.sha256(sent[file]).hexdigest()
    made = server.add(Repository("model", f"evil/bundle-{len(server.repositories)}"))
    made.commit({**sent, "adaptstilts.json": json.dumps(told).encode()})
    with pytest.raises(Failed, match=f"(?s){reason}") as caught:
        reader(verb, "pull", made.id, "--out", made.id)
    assert caught.value.code == 2 and not list((reader.home / made.id).rglob("record.json"))


def test_the_cards_are_read_by_the_hubs_own_reader(server, finished):
    sent = {id: files_of(server, "model", id) for id in ("me/mnli", "me/fused")}
    card = ModelCard(sent["me/fused"]["README.md"].decode())
    results = {(r.dataset_config, r.metric_name): r.metric_value for r in card.data.eval_results}
    assert set(results) == {(c, f"accuracy{how}") for c in ("en", "qaa") for how in (" (clean)", " under swap")}
    assert {"adapters", "adaptstilts", "adapterhub:pawsx", "xlm-roberta"} <= set(card.data.tags)
    assert (card.data.license, card.data.library_name) == ("apache-2.0", "adapters")
    for text in ("adaptstilts fuse", "--config config.yaml", "| qaa |", "Cost", "arXiv 2005.13013"):
        assert text in card.text
    mnli = ModelCard(sent["me/mnli"]["README.md"].decode())
    assert {r.metric_type: r.metric_value for r in mnli.data.eval_results}["accuracy"] == 0.987


def test_results_are_a_data_set_that_load_dataset_reads(client, finished):
    done = json.loads(client(verb, "publish", "--results", "runs", "me/results", "--json"))
    assert done["type"] == "dataset"
    cells, rows = client(rows_of, "me/results", "cells"), client(rows_of, "me/results", "rows")
    assert {(c["attack"], c["language"]) for c in cells} == {(a, c) for a in (None, "swap") for c in ("en", "qaa")}
    records = {key: client.home / "runs" / "steps" / key for key in finished["scores"]}
    for cell in cells:
        record = json.loads((records[cell["score"]] / "record.json").read_text())
        assert cell["value"] == record["scores"][cell["language"]]["accuracy"]
        assert cell["tasks"] == ["mnli", "squad"] and cell["k"] == 2
    assert len(rows) == 2 * 2 * 12, "texts and gold answers stay here unless asked for"
    assert {row["text"] for row in rows} == {row["gold"] for row in rows} == {None}
    table = pq.read_table(records[finished["scores"][0]] / "predictions.parquet").to_pylist()
    assert [r["margin"] for r in rows if r["score_key"] == finished["scores"][0]] == [r["margin"] for r in table]
    sent = pq.read_schema(io.BytesIO(client(download, "me/results", "cells/cells.parquet", kind="dataset")))
    said = Features.from_arrow_schema(sent)
    assert (
        b"huggingface" in sent.metadata and said["value"].dtype == "float64" and said["tasks"].feature.dtype == "string"
    )


def test_a_dry_run_sends_nothing_and_shows_the_card(server, client, finished):
    server.reset()
    before = tree(client.home / "runs")
    shown = json.loads(client(verb, "publish", finished["key"][:8], "me/dry", "--dry-run", "--json", "--out", "runs"))
    assert shown["commit"] == "" and shown["card"].startswith("---\n") and "README.md" in shown["files"]
    assert server.seen == [] and tree(client.home / "runs") == before


@pytest.mark.parametrize(
    ("composition", "tasks", "more"),
    [
        ("none", (), {}),
        ("random", (), {"times": 2}),
        ("parallel", ("mnli", "squad"), {}),
        ("merge", ("mnli", "squad"), {"method": "learned"}),
        ("fuse", ("mnli", "squad"), {"target_adapter": False}),
    ],
)
def test_every_composition_of_adapters_comes_back_to_the_same_predictions(client, reader, composition, tasks, more):
    record = client(transfer, "others", tasks, composition, **more)
    client(verb, "publish", record["key"], f"me/{composition}-{record['key']}", "--out", "others", "-q")
    reader(verb, "pull", f"me/{composition}-{record['key']}", "--out", "others", "-q")
    reader(verb, "attack", record["key"], "--attacks", "none", "--out", "others", "--json", "-q")
    here, there = (home / "others" / "steps" / record["scores"][0] for home in (client.home, reader.home))
    assert pq.read_table(here / "predictions.parquet").equals(pq.read_table(there / "predictions.parquet"))


def test_a_whole_encoder_is_not_published(client):
    record = client(transfer, "others", (), "full", target_adapter=False)
    with pytest.raises(Failed, match=r"(?s)whole encoder; only adapters are published.*--results STORE.*hf upload"):
        client(verb, "publish", record["key"], "me/full", "--out", "others")


def test_what_the_record_does_not_know_does_not_go_out(server, client, finished):
    bundle = client.home / "runs" / "steps" / finished["key"] / "bundle"
    (bundle / "notes.txt").write_text("private")
    server.reset()
    with pytest.raises(Failed, match=r"notes\.txt is not what was saved"):
        client(verb, "publish", finished["key"][:8], "me/fused", "--out", "runs")
    (bundle / "notes.txt").unlink()
    assert server.seen == []


def test_a_step_whose_weights_are_elsewhere_is_not_published(client, finished):
    bare = client.home / "runs" / "steps" / finished["key"] / "bare"
    bare.touch()
    with pytest.raises(Failed, match="not its weights"):
        client(verb, "publish", finished["key"], "me/bare", "--dry-run", "--out", "runs")
    bare.unlink()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nothing-like-it", "me/x"), "no adapter or run called"),
        (("pocket-mnli", "no-owner"), "names no repository"),
        (("pocket-mnli", "me/../x"), "names no repository"),
        (("pocket-mnli",), "name one adapter"),
    ],
)
def test_names_that_are_none(client, words, told):
    with pytest.raises(Failed, match=told) as caught:
        client(verb, "publish", *words)
    assert caught.value.code == 2
