"""The guard that keeps tests offline does its work, here and in child processes."""

import socket
import subprocess
import sys

import pytest

CODE = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"  # RFC 5737: an address for documentation


def test_connections_to_elsewhere_fail_here():
    with pytest.raises(AssertionError, match="tried to reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_connections_to_elsewhere_fail_in_children():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode != 0 and "tried to reach" in done.stderr


def test_loopback_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
