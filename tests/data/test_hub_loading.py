"""Loading from a Hub on the loopback through the real clients: rows, revisions, caches, and networks that fail."""

import gzip
import io
import json
import os
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.loopback import Client, LoopbackHub, Repository
from tests.loopback.client import Failed

FEATURES = {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}, "text": {"dtype": "string", "_type": "Value"}}
README = """---
configs:
- config_name: aa
  data_files:
  - split: train
    path: aa/train-*
  - split: test
    path: [aa/test-*]
- config_name: bb
  data_dir: bb
  data_files: "rows.jsonl"
---
# Rows
"""


def parquet(texts, features=FEATURES):
    table = pa.table({"text": list(texts), "label": [i % 2 for i in range(len(texts))]})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})} if features else {}
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="none", use_dictionary=False)
    return sink.getvalue()


def lines(texts):
    return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()


def archive(**members):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as out:
        for name, data in members.items():
            info = tarfile.TarInfo(f"pack/{name}.jsonl")
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def noise(kilobytes):
    """Texts that make a file of this size and do not compress."""
    return [os.urandom(512).hex() for _ in range(kilobytes)]


def rows(id, config, split, revision="main"):
    """In the other process: the records, label names, and where they would come from."""
    from adaptstilts.data.hub.rows import read_hub
    from adaptstilts.tasks import Source

    found = read_hub(Source(id, config, split, revision))
    return [record["text"] for record in found.all()], dict(found.names)


def texts(id, config, split, revision="main"):
    return rows(id, config, split, revision)[0]


def by_datasets(id, config, split, revision="main"):
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(id, config, split=split, revision=revision)["text"][:]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server():
    with LoopbackHub(page=2) as made:
        yield made


@pytest.fixture
def hub(server):
    server.reset()
    yield server
    server.faults.clear()


@pytest.fixture(scope="module")
def client(server, home):
    with Client(server.address, home) as made:
        yield made


@pytest.fixture(scope="module")
def offline(server, home):
    """Another process with the same cache, that knows no network."""
    with Client(server.address, home, offline=True) as made:
        yield made


@pytest.fixture(scope="module")
def known(server, tmp_path_factory):
    """A client with a token."""
    with Client(server.address, tmp_path_factory.mktemp("known"), HF_TOKEN="hf_secret") as made:
        yield made


@pytest.fixture
def repository(hub):
    """A repository of this test's own."""
    made = hub.add(Repository("dataset", f"org/rows-{len(hub.repositories)}"))
    made.commit(
        {
            "README.md": README.encode(),
            "aa/train-00000-of-00002.parquet": parquet(["one", "two"]),
            "aa/train-00001-of-00002.parquet": parquet(["three"]),
            "aa/test-00000-of-00001.parquet": parquet(["four"]),
            "bb/rows.jsonl": lines(["five", "six"]),
            "notes.txt": b"not data",
        }
    )
    return made


def test_rows_are_those_of_the_datasets_library(client, repository):
    for config, split in [("aa", "train"), ("aa", "test")]:
        assert client(texts, repository.id, config, split) == client(by_datasets, repository.id, config, split)
    assert client(rows, repository.id, "aa", "train") == (["one", "two", "three"], {"label": ("no", "yes")})


def test_configurations_may_lie_in_different_formats(client, repository):
    """`datasets` reads all of a repository as the first one's format."""
    assert client(texts, repository.id, "bb", "train") == ["five", "six"]


PLAIN = {
    "data": {"data/train-00000-of-00001.parquet": parquet(["a"]), "data/test-00000-of-00001.parquet": parquet(["b"])},
    "top": {"train.jsonl": lines(["a"]), "test.jsonl": lines(["b"])},
    "folders": {"train/0000.parquet": parquet(["a"]), "test/0000.parquet": parquet(["b"])},
    "converted": {"default/train/0000.parquet": parquet(["a"]), "default/test/0000.parquet": parquet(["b"])},
}


@pytest.mark.parametrize("files", PLAIN.values(), ids=PLAIN)
def test_repositories_without_a_readme(hub, client, files):
    repository = hub.add(Repository("dataset", f"org/plain-{len(hub.repositories)}"))
    repository.commit(files)
    for split, text in (("train", "a"), ("test", "b")):
        assert client(texts, repository.id, "default", split) == [text]
        assert client(by_datasets, repository.id, "default", split) == [text]


def test_compressed_json_lines(hub, client):
    repository = hub.add(Repository("dataset", "org/packed"))
    files = {
        "README.md": b"---\nconfigs:\n- config_name: p\n  data_files:\n  - split: train\n    path: p/train.jsonl.tar.gz\n"
        b"  - split: test\n    path: p/test.jsonl.gz\n---\n",
        "p/train.jsonl.tar.gz": archive(b=lines(["two"]), a=lines(["zero", "one"])),
        "p/test.jsonl.gz": gzip.compress(lines(["three"])),
    }
    repository.commit(files)
    assert client(texts, "org/packed", "p", "train") == ["zero", "one", "two"]
    assert client(texts, "org/packed", "p", "test") == ["three"] == client(by_datasets, "org/packed", "p", "test")
    cut = repository.commit({**files, "p/test.jsonl.gz": files["p/test.jsonl.gz"][:-9]})
    with pytest.raises(Failed, match=r"(?s)DataMissing.*test.jsonl.gz"):
        client(texts, "org/packed", "p", "test", cut)


def test_a_script_is_never_run_and_its_parquet_branch_is_read(hub, client):
    repository = hub.add(Repository("dataset", "org/scripted"))
    repository.commit({"default/train/0000.parquet": parquet(["converted"])}, branch="refs/convert/parquet")
    repository.commit({"scripted.py": b"raise SystemExit('ran')"})
    with pytest.raises(Failed, match=r"(?s)DataMissing.*scripted\.py.*refs/convert/parquet"):
        client(texts, "org/scripted", "default", "train")
    assert client(texts, "org/scripted", "default", "train", "refs/convert/parquet") == ["converted"]


def test_label_names_may_stand_in_the_readme_alone(hub, client):
    info = "dataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names: {'0': low, '1': high}\n"
    made = hub.add(Repository("dataset", "org/named"))
    made.commit({"README.md": f"---\n{info}---\n".encode(), "train.parquet": parquet(["x"], features=None)})
    assert client(rows, "org/named", "default", "train")[1] == {"label": ("low", "high")}


def test_a_token_goes_to_the_hub_and_not_to_where_large_files_lie(hub, known, repository):
    known(texts, repository.id, "aa", "train")
    assert {seen.request.token for seen in hub.requests(host="hub")} == {"hf_secret"}
    assert [seen.request.token for seen in hub.requests(host="storage")] == ["", ""]


def test_nothing_is_fetched_twice(hub, repository, client, home):
    commit = repository.refs["main"]
    assert client(texts, repository.id, "aa", "train", commit) == ["one", "two", "three"]
    assert len(hub.requests(host="storage")) == 2
    assert not hub.requests("test-00000"), "only the split that was asked for"
    hub.reset()
    client(texts, repository.id, "aa", "train", commit)
    with Client(hub.address, home) as second:
        second(texts, repository.id, "aa", "train", commit)
    assert hub.seen == []


@pytest.mark.parametrize("revision", ["main", "hash"])
def test_a_second_process_reads_the_cache_offline(hub, repository, client, offline, revision):
    revision = revision if revision == "main" else repository.refs["main"]
    expected = client(texts, repository.id, "aa", "train", revision)
    hub.reset()
    assert offline(texts, repository.id, "aa", "train", revision) == expected
    with pytest.raises(Failed, match=r"(?s)test-00000-of-00001.parquet.*HF_HUB_OFFLINE") as caught:
        offline(texts, repository.id, "aa", "test", revision)
    assert caught.value.code == 3
    with pytest.raises(Failed, match="HF_HUB_OFFLINE"):
        offline(texts, "org/other", "aa", "test")
    assert hub.seen == []


def test_offline_the_revision_asked_for_is_read_and_not_the_latest(repository, client, offline):
    """`datasets` gives the latest it has cached, whatever was asked for: a pinned run would read other rows."""
    old = repository.refs["main"]
    new = repository.commit({"train.parquet": parquet(["newer"])})
    for commit in (old, new):
        client(texts, repository.id, "aa" if commit == old else "default", "train", commit)
    assert offline(texts, repository.id, "aa", "train", old) == ["one", "two", "three"]
    assert offline(texts, repository.id, "default", "train", new) == ["newer"]


def test_what_another_program_downloaded_is_read_offline(repository, client, offline):
    client(_download, repository.id)
    assert offline(texts, repository.id, "aa", "train") == ["one", "two", "three"]


def _download(id):
    from huggingface_hub import snapshot_download

    snapshot_download(id, repo_type="dataset")


PASSING = [
    {"path": "/api/*", "status": 503},
    {"path": "/api/*", "status": 429},
    {"path": "/api/*", "drop": True},
    {"path": "*README.md", "status": 500},
    {"path": "*README.md", "status": 429},
    {"path": "*README.md", "drop": True},
    {"path": "*train-00000*", "status": 503},
    {"path": "/????????????????????????????????????????????????????????????????", "status": 502},
    {"path": "/????????????????????????????????????????????????????????????????", "status": 429},
    {"path": "/????????????????????????????????????????????????????????????????", "drop": True},
    {"path": "/????????????????????????????????????????????????????????????????", "cut": 100},
]


def test_faults_that_pass_are_waited_for(hub, repository, client):
    """Each once, in one process; every round reads another commit, so that nothing comes from the cache."""
    for number, fault in enumerate(PASSING):
        commit = repository.commit(
            {"README.md": README.encode(), "aa/train-00000-of-00001.parquet": parquet([f"round {number}"])}
        )
        hub.reset()
        hub.fault(times=1, **fault)
        assert client(texts, repository.id, "aa", "train", commit) == [f"round {number}"], fault
        assert any(seen.status >= 429 or not seen.status or fault.get("cut") for seen in hub.seen), fault


def test_an_answer_that_never_comes_is_given_up(hub, repository, client):
    hub.fault("*README.md", stall=True)
    assert client(texts, repository.id, "aa", "test") == ["four"]
    assert len(hub.requests("README.md", "HEAD")) == 2


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"path": "/api/*", "status": 503}, "@main"),
        ({"path": "*train-00001*", "status": 503}, "aa/train-00001-of-00002.parquet of org/rows"),
        ({"path": "/api/*", "drop": True}, "@main"),
    ],
)
def test_a_fault_that_stays_ends_after_a_few_attempts(hub, repository, client, fault, name):
    hub.fault(times=1000, **fault)
    with pytest.raises(Failed, match=name) as caught:
        client(texts, repository.id, "aa", "train")
    assert (caught.value.kind, caught.value.code) == ("EnvironmentProblem", 3)
    assert "again" in caught.value.text
    assert len(hub.seen) < 40


def small_pieces():
    """Downloads keep whole pieces only; of 10 MiB, unless made smaller here."""
    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = 16_384


def test_a_download_that_breaks_off_goes_on_where_it_was(hub, repository, client, home):
    content = parquet(noise(200))
    repository.commit({"train.parquet": content, "README.md": b""})
    (file,) = (f for f in repository.files(repository.refs["main"]) if f.path == "train.parquet")
    client(small_pieces)
    hub.fault(f"/{file.sha256}", cut=50_000, times=4)
    with pytest.raises(Failed, match=r"train\.parquet of org/rows-\d+@main") as caught:
        client(texts, repository.id, "default", "train")
    assert "what has arrived is kept" in caught.value.text
    starts = [seen.request.range or 0 for seen in hub.requests(host="storage")]
    assert starts == sorted(set(starts)) and len(starts) == 4, "each attempt goes on from the last"
    hub.reset()
    with Client(hub.address, home) as later:
        found = later(texts, repository.id, "default", "train")
    assert found == pq.read_table(io.BytesIO(content))["text"].to_pylist()
    (rest,) = hub.requests(host="storage")
    assert rest.status == 206 and rest.request.range > starts[-1]
    assert rest.sent == len(content) - rest.request.range


def test_half_a_split_is_not_taken_for_the_whole_offline(hub, repository, client, offline):
    hub.fault("*train-00001*", status=403, times=1000)
    with pytest.raises(Failed, match="train-00001"):
        client(texts, repository.id, "aa", "train")
    with pytest.raises(Failed, match="train-00001"):
        offline(texts, repository.id, "aa", "train")


def test_gated_private_and_absent_repositories(hub, client, known):
    gated = hub.add(Repository("dataset", "org/gated", gated=True))
    gated.commit({"train.parquet": parquet(["secret"])})
    hub.add(Repository("dataset", "org/private", private=True)).commit({"train.parquet": parquet(["mine"])})
    with pytest.raises(Failed, match=r"(?s)EnvironmentProblem.*train.parquet of org/gated.*refuses.*terms"):
        client(texts, "org/gated", "default", "train")
    for name in ("org/private", "org/absent"):
        with pytest.raises(Failed, match=rf"(?s)DataMissing.*{name}.*no such repository, or it is private"):
            client(texts, name, "default", "train")
    assert known(texts, "org/gated", "default", "train") == ["secret"]
    assert known(texts, "org/private", "default", "train") == ["mine"]
    with pytest.raises(Failed, match=r"(?s)DataMissing.*org/absent.*no such repository"):
        known(texts, "org/absent", "default", "train")


@pytest.mark.parametrize(
    ("config", "split", "revision", "what"),
    [
        ("zz", "train", "main", "no data files"),
        ("aa", "validation", "main", "no data files"),
        ("aa", "train", "gone", "no such revision"),
        ("aa", "train", "0" * 40, "no such revision"),
    ],
)
def test_what_is_not_there_is_told_at_once(hub, repository, client, config, split, revision, what):
    with pytest.raises(Failed, match=what) as caught:
        client(texts, repository.id, config, split, revision)
    assert (caught.value.kind, caught.value.code) == ("DataMissing", 2)
    assert len(hub.seen) <= 3


def test_no_network_at_all(tmp_path):
    with LoopbackHub() as gone:
        address = gone.address
    with Client(address, tmp_path) as client, pytest.raises(Failed, match="org/rows@main") as caught:
        client(texts, "org/rows", "aa", "train")
    assert (caught.value.kind, caught.value.code) == ("EnvironmentProblem", 3)
    assert "--data" in caught.value.text
