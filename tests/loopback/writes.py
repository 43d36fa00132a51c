"""What the Hub answers to those who write: repositories made, files announced, large ones stored apart, commits."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.loopback.repository import Content, Repository

if TYPE_CHECKING:
    from tests.loopback.answers import Answer, Request, Shelf


@dataclass
class Desk:
    """Who may write where, and the large files that have arrived but are in no commit yet.

    `tokens` maps each known token to the namespaces it may write to; without any, whoever comes may write anywhere.
    """

    tokens: dict[str, frozenset[str]] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)


Reply = Callable[["Request", "Shelf", Mapping[str, str]], "Answer"]


def _refusal(request: Request, shelf: Shelf, namespace: str) -> Answer | None:
    """401 without a known token, 403 with one that may not write here."""
    from tests.loopback.answers import failure

    tokens = shelf.desk.tokens
    if tokens and request.token not in tokens:
        return failure(401, "", "Invalid credentials in Authorization header")
    if tokens and namespace not in tokens[request.token]:
        return failure(403, "", f"You don't have the rights to write to {namespace}")
    return None


def _json(value: Any, status: int = 200) -> Answer:
    from tests.loopback.answers import Answer

    return Answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def whoami(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    from tests.loopback.answers import failure

    spaces = shelf.desk.tokens.get(request.token)
    if spaces is None:
        return failure(401, "", "Invalid credentials in Authorization header")
    role = "write" if spaces else "read"
    return _json({"type": "user", "name": "me", "auth": {"accessToken": {"displayName": "test", "role": role}}})


def validate(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    """The Hub's check of a card's metadata, as far as whether it is YAML, a mapping, and has well-formed results."""
    import yaml

    content = json.loads(request.body)["content"]
    try:
        head = yaml.safe_load(content.split("---\n")[1])
        assert isinstance(head, dict)
        for entry in head.get("model-index", ()):
            assert entry["name"]
            for result in entry["results"]:
                assert result["task"]["type"] and result["dataset"]["type"] and result["dataset"]["name"]
                assert all(m["type"] and isinstance(m["value"], (int, float)) for m in result["metrics"])
    except (yaml.YAMLError, AssertionError, KeyError, IndexError) as error:
        return _json({"errors": [{"message": f"bad metadata: {error}"}], "warnings": []}, 400)
    return _json({"errors": [], "warnings": []})


def create(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    asked = json.loads(request.body)
    namespace = asked.get("organization") or "me"
    refused = _refusal(request, shelf, namespace)
    if refused:
        return refused
    kind, id = asked.get("type", "model"), f"{namespace}/{asked['name']}"
    if (kind, id) in shelf.repositories:
        return _json({"error": "You already created this repo", "url": f"{shelf.address}/{id}"}, 409)
    made = Repository(kind, id, private=bool(asked.get("private")))
    made.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
    shelf.repositories[kind, id] = made  # type: ignore[index]
    return _json({"url": f"{shelf.address}/{'datasets/' if kind == 'dataset' else ''}{id}"})


def _target(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Repository | Answer:
    from tests.loopback.answers import failure

    kind = "dataset" if parts["kind"].strip("/") == "datasets" else "model"
    repository = shelf.repositories.get((kind, parts["id"]))
    refused = _refusal(request, shelf, parts["id"].split("/")[0])
    if refused:
        return refused
    return repository or failure(404, "RepoNotFound", "Repository not found")


def preupload(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    """How each file is to be sent, and the id of the one that is there under its name."""
    found = _target(request, shelf, parts)
    if not isinstance(found, Repository):
        return found
    head = found.refs[unquote(parts["revision"])]
    answers = []
    for asked in json.loads(request.body)["files"]:
        there = found.file(head, asked["path"])
        large = asked["path"].endswith((".safetensors", ".parquet", ".bin"))
        oid = (there.sha256 if large else there.oid) if there else None
        answers.append(
            {"path": asked["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid}
        )
    return _json({"files": answers})


def batch(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    """Where to put each large file; nowhere if it is stored already."""
    found = _target(request, shelf, parts)
    if not isinstance(found, Repository):
        return found
    objects = []
    for asked in json.loads(request.body)["objects"]:
        entry: dict[str, Any] = {"oid": asked["oid"], "size": asked["size"]}
        if asked["oid"] not in shelf.desk.stored:
            entry["actions"] = {"upload": {"href": f"{shelf.storage}/{asked['oid']}"}}
        objects.append(entry)
    return _json({"transfer": "basic", "objects": objects})


def store(request: Request, shelf: Shelf) -> Answer:
    """A large file arrives under its digest."""
    from tests.loopback.answers import Answer, failure

    oid = request.path.removeprefix("/")
    if hashlib.sha256(request.body).hexdigest() != oid:
        return failure(400, "", "the bytes are not those announced")
    shelf.desk.stored[oid] = request.body
    return Answer(200)


def commit(request: Request, shelf: Shelf, parts: Mapping[str, str]) -> Answer:
    from tests.loopback.answers import failure

    found = _target(request, shelf, parts)
    if not isinstance(found, Repository):
        return found
    head = found.refs[unquote(parts["revision"])]
    files: dict[str, Content] = dict(found.commits[head])
    for line in request.body.splitlines():
        item = json.loads(line)
        value = item["value"]
        if item["key"] == "header" and value.get("parentCommit") not in (None, head):
            return failure(412, "", "A commit has happened since. Please refresh and try again.")
        if item["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif item["key"] == "lfsFile":
            if value["oid"] not in shelf.desk.stored:
                return failure(400, "", f"{value['path']} was never stored")
            files[value["path"]] = shelf.desk.stored[value["oid"]]
    made = found.commit(files, unquote(parts["revision"]))
    return _json({"commitUrl": f"{shelf.address}/{found.id}/commit/{made}", "commitOid": made, "pullRequestUrl": None})


_REPO = r"(?P<id>[^/]+/[^/]+)"
WRITES: list[tuple[str, str, Reply]] = [
    ("GET", r"/api/whoami-v2", whoami),
    ("POST", r"/api/validate-yaml", validate),
    ("POST", r"/api/repos/create", create),
    ("POST", rf"/api/(?P<kind>datasets|models)/{_REPO}/preupload/(?P<revision>[^/]+)", preupload),
    ("POST", rf"/(?P<kind>datasets/|){_REPO}\.git/info/lfs/objects/batch", batch),
    ("POST", rf"/api/(?P<kind>datasets|models)/{_REPO}/commit/(?P<revision>[^/]+)", commit),
]
