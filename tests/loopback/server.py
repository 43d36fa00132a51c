"""The two servers of a loopback Hub, its API and its large-file storage, with a record of every request."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tests.loopback.answers import Answer, Request, Shelf, answer, failure
from tests.loopback.faults import Fault, Script
from tests.loopback.repository import Repository
from tests.loopback.writes import Desk


@dataclass(frozen=True)
class Seen:
    """One request as it was served: `sent` bytes of body, after whatever fault befell it."""

    request: Request
    status: int
    sent: int


class LoopbackHub:
    """A Hub on 127.0.0.1 while the context lasts. Bytes of large files come from a second address, as on the real one.

    `page` is the number of entries on one page of a tree; `desk` says who may write (at first anybody).

    `faults` is the script; `seen` lists requests in order.
    """

    def __init__(self, *repositories: Repository, page: int = 1000) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.page = page
        self.desk = Desk()
        self.faults = Script()
        self.closing = threading.Event()
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self._servers = [_Server(("127.0.0.1", 0), _Handler, self, host) for host in ("hub", "storage")]
        for repository in repositories:
            self.add(repository)

    def __enter__(self) -> LoopbackHub:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(self, repository: Repository) -> Repository:
        self.repositories[repository.kind, repository.id] = repository
        return repository

    def fault(self, path: str, **fault: object) -> None:
        """Script a fault for paths like `*/resolve/*/README.md`, or `/<sha256>` for bytes of large files."""
        self.faults.add(Fault(path, **fault))  # type: ignore[arg-type]

    def reset(self) -> None:
        """Forget faults and requests."""
        self.faults.clear()
        with self._lock:
            self._seen.clear()

    @property
    def address(self) -> str:
        return self._servers[0].address

    @property
    def storage(self) -> str:
        return self._servers[1].address

    @property
    def seen(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    def requests(self, path: str = "", method: str = "", host: str = "") -> list[Seen]:
        """Requests in whose path the expression `path` is found."""
        return [
            seen
            for seen in self.seen
            if re.search(path, seen.request.path)
            and method in ("", seen.request.method)
            and host in ("", seen.request.host)
        ]

    def note(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def answer(self, request: Request) -> Answer:
        return answer(request, Shelf(self.repositories, self.address, self.storage, self.page, self.desk))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], hub: LoopbackHub, host: str):
        super().__init__(address, handler)
        self.hub, self.host = hub, host
        self.address = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        hub = self.server.hub
        fault = hub.faults.take(self.command, urlsplit(self.path).path)
        request = self._request(fault.taken if fault else None)
        if fault and fault.lost:
            hub.answer(request)
        if fault and (fault.drop or fault.stall or fault.lost or fault.taken is not None):
            hub.note(Seen(request, 0, 0))
            if fault.stall:
                hub.closing.wait(60)
            self._hang_up()
            return
        found = (
            failure(fault.status, "", fault.text or f"scripted {fault.status}")
            if fault and fault.status
            else hub.answer(request)
        )
        body = b"" if self.command == "HEAD" else found.body
        kept = body[: fault.cut] if fault and fault.cut is not None else body
        hub.note(Seen(request, found.status, len(kept)))  # before the bytes: a client may ask for the record at once
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(kept)
        if len(kept) < len(body):
            self._hang_up()

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def _request(self, most: int | None = None) -> Request:
        """The request with its body, or with the first bytes of it."""
        length = int(self.headers.get("Content-Length", 0))
        parts = urlsplit(self.path)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return Request(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query),
            token=self.headers.get("Authorization", "").removeprefix("Bearer "),
            range=int(wanted[1]) if wanted else None,
            body=self.rfile.read(length if most is None else min(most, length)),
            host=self.server.host,
        )

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *words: object) -> None:
        """The record of requests is the log."""
