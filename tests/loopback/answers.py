"""The Hub's protocol: what it answers to each request, as far as `huggingface_hub` 0.36 and `datasets` 4 and 5 read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from tests.loopback.repository import File, Repository
from tests.loopback.writes import WRITES, Desk, store

DATE = "2024-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Request:
    """What a client asked. `path` is as sent, percent escapes included; `range` is the first byte wanted."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    token: str = ""
    range: int | None = None
    body: bytes = b""
    host: str = "hub"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Shelf:
    """What an answer is made from: repositories by (kind, id), where large files lie, entries on one page of a tree."""

    repositories: Mapping[tuple[str, str], Repository]
    address: str
    storage: str
    page: int
    desk: Desk = field(default_factory=Desk)


def answer(request: Request, shelf: Shelf) -> Answer:
    """The Hub's answer to one request; large files are on `storage`, under their digests."""
    if request.host == "storage":
        return store(request, shelf) if request.method == "PUT" else _stored(request, shelf)
    for verb, pattern, written in WRITES:
        found = re.fullmatch(pattern, request.path)
        if found and request.method == verb:
            return written(request, shelf, found.groupdict())
    for method, pattern, reply in ROUTES:
        found = re.fullmatch(pattern, request.path)
        if found and request.method in method:
            return _within(
                request, shelf, reply, {name: unquote(text or "") for name, text in found.groupdict().items()}
            )
    return failure(404, "", "Not Found")


def failure(status: int, code: str, message: str) -> Answer:
    headers = {"X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json"}
    return Answer(status, {k: v for k, v in headers.items() if v}, json.dumps({"error": message}).encode())


def _within(request: Request, shelf: Shelf, reply: Reply, parts: Mapping[str, str]) -> Answer:
    """Find the repository and the commit that a path names, or say as the Hub does that they are not to be had."""
    kind = "dataset" if parts["kind"] == "datasets" else "model"
    repository = shelf.repositories.get((kind, parts["id"]))
    stranger = bool(shelf.desk.tokens) and request.token not in shelf.desk.tokens
    if stranger and request.token:
        return failure(401, "", "Invalid credentials in Authorization header")
    if repository is None or (repository.private and not request.token):
        if request.token:
            return failure(404, "RepoNotFound", "Repository not found")
        return failure(401, "", "Invalid username or password.")
    commit = repository.resolve(parts.get("revision") or "main")
    if commit is None:
        return failure(404, "RevisionNotFound", f"Invalid rev id: {parts['revision']}")
    return reply(request, shelf, repository, commit, parts)


def _info(request: Request, shelf: Shelf, repository: Repository, commit: str, parts: Mapping[str, str]) -> Answer:
    files = repository.files(commit)
    sized = "blobs" in request.query
    siblings = [{"rfilename": f.path, **({"size": f.size, "blobId": f.oid, **_lfs(f)} if sized else {})} for f in files]
    return _json(
        {
            "_id": "0", "id": repository.id, "author": repository.id.split("/")[0], "sha": commit, "lastModified": DATE,
            "createdAt": DATE, "private": repository.private, "gated": "auto" if repository.gated else False,
            "disabled": False, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings,
        }
    )  # fmt: skip


def _refs(request: Request, shelf: Shelf, repository: Repository, commit: str, parts: Mapping[str, str]) -> Answer:
    """Branches apart from those that the Hub made by converting to parquet."""
    found: dict[str, list[dict[str, str]]] = {"branches": [], "converts": [], "tags": []}
    for name, target in repository.refs.items():
        converted = name.startswith("refs/convert/")
        entry = {
            "name": name.removeprefix("refs/convert/"),
            "ref": name if converted else f"refs/heads/{name}",
            "targetCommit": target,
        }
        found["converts" if converted else "branches"].append(entry)
    return _json(found)


def _tree(request: Request, shelf: Shelf, repository: Repository, commit: str, parts: Mapping[str, str]) -> Answer:
    """Entries below a folder, a page at a time; the next page's address is in the Link header, as on GitHub."""
    under = parts.get("path", "")
    deep = request.query.get("recursive", ["false"])[0].lower() in ("true", "1")
    entries = list(
        _entries(repository.files(commit), under, deep, "true" in map(str.lower, request.query.get("expand", [])))
    )
    if under and not entries:
        return _absent(under, commit)
    start = int(request.query.get("cursor", ["0"])[0])
    headers = {"Content-Type": "application/json"}
    if start + shelf.page < len(entries):
        kept = "&".join(f"{k}={quote(v)}" for k, values in request.query.items() if k != "cursor" for v in values)
        further = f"{shelf.address}{request.path}?{kept}&cursor={start + shelf.page}"
        headers["Link"] = f'<{further}>; rel="next"'
    return Answer(200, headers, json.dumps(entries[start : start + shelf.page]).encode())


def _entries(files: list[File], under: str, deep: bool, expand: bool) -> Iterator[dict[str, Any]]:
    prefix, folders = f"{under}/" if under else "", set()
    for file in files:
        if not file.path.startswith(prefix):
            continue
        steps = file.path.removeprefix(prefix).split("/")
        for depth in range(1, len(steps) if deep else min(len(steps), 2)):
            folder = prefix + "/".join(steps[:depth])
            if folder not in folders:
                folders.add(folder)
                yield _entry_of_folder(folder, expand)
        if deep or len(steps) == 1:
            yield _entry(file, expand)


def _paths_info(
    request: Request, shelf: Shelf, repository: Repository, commit: str, parts: Mapping[str, str]
) -> Answer:
    """The entries of the named paths; those that are not there are left out."""
    form = parse_qs(request.body.decode())
    expand = form.get("expand", ["False"])[0] == "True"
    found = []
    for path in form.get("paths", []):
        file = repository.file(commit, path)
        if file is not None:
            found.append(_entry(file, expand))
        elif any(f.path.startswith(f"{path}/") for f in repository.files(commit)):
            found.append(_entry_of_folder(path, expand))
    return _json(found)


def _resolve(request: Request, shelf: Shelf, repository: Repository, commit: str, parts: Mapping[str, str]) -> Answer:
    """One file: small ones at once, large ones by a redirect to where their bytes lie."""
    if repository.gated and not request.token:
        return failure(401, "GatedRepo", f"Access to {repository.kind} {repository.id} is restricted.")
    file = repository.file(commit, parts["path"])
    if file is None:
        return _absent(parts["path"], commit)
    headers = {"X-Repo-Commit": commit, "ETag": f'"{file.oid}"'}
    if file.large:
        headers |= {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
        return Answer(302, headers | {"Location": f"{shelf.storage}/{file.sha256}"})
    return _ranged(file.bytes(), request, headers)


def _stored(request: Request, shelf: Shelf) -> Answer:
    for repository in shelf.repositories.values():
        for commit in repository.commits:
            for file in repository.files(commit):
                if file.large and file.sha256 == request.path.removeprefix("/"):
                    return _ranged(file.bytes(), request, {"ETag": f'"{file.sha256}"'})
    return failure(403, "", "no such object")


def _ranged(data: bytes, request: Request, headers: Mapping[str, str]) -> Answer:
    headers = {**headers, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
    if request.range is None:
        return Answer(200, headers, data)
    if request.range >= len(data):
        return Answer(416, {**headers, "Content-Range": f"bytes */{len(data)}"})
    found = {**headers, "Content-Range": f"bytes {request.range}-{len(data) - 1}/{len(data)}"}
    return Answer(206, found, data[request.range :])


def _absent(path: str, commit: str) -> Answer:
    missing = failure(404, "EntryNotFound", "Entry not found")
    return Answer(missing.status, {**missing.headers, "X-Repo-Commit": commit}, missing.body)


def _entry(file: File, expand: bool) -> dict[str, Any]:
    found = {"type": "file", "path": file.path, "size": file.size, "oid": file.oid, **_lfs(file)}
    return found | (_EXPANDED | {"securityFileStatus": {"status": "safe"}} if expand else {})


def _entry_of_folder(path: str, expand: bool) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": "0" * 40} | (_EXPANDED if expand else {})


_EXPANDED = {"lastCommit": {"id": "0" * 40, "title": "files", "date": DATE}}


def _lfs(file: File) -> dict[str, Any]:
    return {"lfs": {"oid": file.sha256, "size": file.size, "pointerSize": 134}} if file.large else {}


def _json(value: Any) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


Reply = Callable[[Request, Shelf, Repository, str, Mapping[str, str]], Answer]
_API = r"/api/(?P<kind>datasets|models)/(?P<id>[^/]+/[^/]+)"
ROUTES: list[tuple[tuple[str, ...], str, Reply]] = [
    (("GET",), _API, _info),
    (("GET",), _API + r"/revision/(?P<revision>[^/]+)", _info),
    (("GET",), _API + r"/refs", _refs),
    (("GET",), _API + r"/tree/(?P<revision>[^/]+)(?:/(?P<path>.+))?", _tree),
    (("POST",), _API + r"/paths-info/(?P<revision>[^/]+)", _paths_info),
    (("GET", "HEAD"), r"/(?P<kind>datasets)/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _resolve),
    (("GET", "HEAD"), r"/(?P<kind>)(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _resolve),
]
