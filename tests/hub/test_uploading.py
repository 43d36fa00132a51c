"""Writing to the Hub with the real client over HTTP: one commit, repeated safely, and errors that say what to do."""

import pytest

from tests.hub.conftest import READS
from tests.hub.running import download, upload
from tests.loopback.client import Failed

CARD = b"---\nlicense: mit\n---\n# Card\n"


def files(**more):
    return {"README.md": CARD, "adaptstilts.json": b"{}", "adapter.safetensors": b"weights" * 999} | {
        name.replace("__", "."): data for name, data in more.items()
    }


def test_small_and_large_files_go_in_one_commit(server, client):
    commit = client(upload, "me/first", files())
    made = server.repositories["model", "me/first"]
    assert made.refs["main"] == commit and len(made.commits) == 2  # the first is the Hub's own
    assert {name: made.file(commit, name).bytes() for name in files()} == files()
    (stored,) = server.requests(method="PUT", host="storage")
    assert len(stored.request.body) == 7 * 999 and stored.request.token == "", "a token does not follow to the storage"
    (written,) = server.requests("/commit/")
    assert b"weights" not in written.request.body and written.request.token
    assert client(download, "me/first", "adapter.safetensors", commit) == b"weights" * 999


def test_the_same_again_is_the_same_commit_and_sends_nothing(server, client):
    first = client(upload, "me/again", files())
    server.reset()
    assert client(upload, "me/again", files()) == first
    assert not server.requests("/commit/") and not server.requests(method="PUT")
    second = client(upload, "me/again", files(README__md=CARD + b"more"))
    assert second != first and not server.requests(method="PUT"), "weights that are there are not sent again"


def test_private(server, client, clients):
    client(upload, "me/hidden", files(), private=True)
    assert server.repositories["model", "me/hidden"].private
    client(upload, "me/shown", files())
    with pytest.raises(Failed, match="there already, and public") as caught:
        client(upload, "me/shown", files(secret__json=b"{}"), private=True)
    assert caught.value.code == 2
    assert "secret.json" not in server.repositories["model", "me/shown"].commits[client(upload, "me/shown", files())]
    with pytest.raises(Failed, match="401"):
        clients("stranger", token="")(download, "me/hidden", "README.md")


@pytest.mark.parametrize(
    ("path", "method", "fault"),
    [
        ("/api/repos/create", "POST", {"status": 503}),
        ("/api/repos/create", "POST", {"drop": True}),
        ("/api/models/me/*/preupload/main", "POST", {"status": 500}),
        ("/me/*.git/info/lfs/objects/batch", "POST", {"status": 502}),
        ("/*", "PUT", {"status": 503}),
        ("/*", "PUT", {"taken": 500}),
        ("/api/models/me/*/commit/main", "POST", {"status": 503}),
        ("/api/models/me/*/commit/main", "POST", {"status": 429}),
        ("/api/models/me/*/commit/main", "POST", {"lost": True}),
        ("/api/repos/create", "POST", {"lost": True}),
    ],
    ids=lambda value: str(value).replace("/", "_"),
)
def test_faults_that_pass_do_not_stop_it_and_leave_one_commit(server, client, request, path, method, fault):
    id = f"me/fault-{len(server.repositories)}"
    sent = files(more__safetensors=request.node.name.encode() * 99)
    server.fault(path, method=method, times=1, **fault)
    commit = client(upload, id, sent)
    made = server.repositories["model", id]
    assert made.refs["main"] == commit and len(made.commits) == 2
    assert made.file(commit, "more.safetensors").bytes() == sent["more.safetensors"]


def test_a_cut_upload_goes_on_with_what_is_missing(server, client):
    sent = files(a__safetensors=b"a" * 50_000, b__safetensors=b"b" * 50_000)
    server.fault("/api/models/me/cut/commit/main", status=503, times=4)
    with pytest.raises(Failed, match=r"(?s)the Hub answers 503.*Run the same command again") as caught:
        client(upload, "me/cut", sent)
    assert caught.value.code == 3 and caught.value.kind == "EnvironmentProblem"
    server.reset()
    commit = client(upload, "me/cut", sent)
    assert not server.requests(method="PUT"), "all large files had arrived"
    assert server.repositories["model", "me/cut"].file(commit, "b.safetensors").bytes() == b"b" * 50_000


@pytest.mark.parametrize(
    ("id", "who", "code", "told"),
    [
        ("me/x", "", 3, "does not know who is writing.*hf auth login"),
        ("me/x", "hf_" + "u" * 34, 3, "does not know who is writing"),
        ("me/x", READS, 3, "may not write here.*scope `write`"),
        ("others/x", None, 3, "may not write here"),
    ],
)
def test_who_may_not_write_is_told_at_once(server, client, clients, id, who, code, told):
    chosen = client if who is None else clients(f"token-{who[3:5]}", token=who)
    with pytest.raises(Failed, match=f"(?s){told}") as caught:
        chosen(upload, id, files())
    assert caught.value.code == code
    assert len(server.requests("repos/create")) == 1, "no use in asking again"
    assert ("model", "others/x") not in server.repositories


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(404, 2, "no such repository"), (409, 3, "same time"), (412, 3, "same time"), (400, 2, "refuses what was sent")],
)
def test_answers_that_no_repetition_changes(server, client, status, code, told):
    server.fault("/api/models/me/answers/commit/main", status=status, times=1)
    with pytest.raises(Failed, match=told) as caught:
        client(upload, "me/answers", files(x__json=str(status).encode()))
    assert caught.value.code == code
    assert len(server.requests("/commit/")) == 1


def test_a_card_with_bad_metadata_is_refused_before_anything_is_sent(server, client):
    with pytest.raises(Failed, match="refuses what was sent") as caught:
        client(upload, "me/bad", files(README__md=b"---\nmodel-index: [{name: x}]\n---\n"))
    assert caught.value.code == 2 and not server.requests(method="PUT")


def test_revisions_etags_and_the_cache(server, client, clients, tmp_path_factory):
    old = client(upload, "me/two", files())
    new = client(upload, "me/two", files(adaptstilts__json=b'{"new": 1}'))
    assert old != new
    assert client(download, "me/two", "adaptstilts.json", old) == b"{}"
    assert client(download, "me/two", "adaptstilts.json") == b'{"new": 1}'
    server.reset()
    assert client(download, "me/two", "adaptstilts.json") == b'{"new": 1}'
    assert {seen.request.method for seen in server.requests("/resolve/")} == {"HEAD"}, "its ETag is enough"
    from tests.loopback import Client

    with Client(server.address, client.home, offline=True) as offline:
        server.reset()
        assert offline(download, "me/two", "adaptstilts.json", old) == b"{}"
        assert server.seen == []
