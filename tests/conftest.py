"""Tests run offline: any connection that would leave this machine fails, here and in the processes the tests start."""

import os
import socket
from pathlib import Path

import pytest

os.environ.update(
    HF_HUB_OFFLINE="1", HF_UPDATE_DOWNLOAD_COUNTS="0", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false"
)

REPOSITORY = Path(__file__).resolve().parent.parent
HUB = REPOSITORY.parent / "shared" / "hub"

_connect = socket.socket.connect


def _loopback_only(self, address):
    local = self.family == socket.AF_UNIX or str(address[0]) in {"127.0.0.1", "::1", "localhost"}
    if not local:
        raise AssertionError(f"a test tried to reach {address}")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)


@pytest.fixture(scope="session")
def hub() -> Path:
    """Real rows in the Hub's layout, and XLM-R's tokenizer; they are not part of the project."""
    if not HUB.is_dir():
        pytest.skip(f"no sample of Hub data at {HUB}")
    return HUB
