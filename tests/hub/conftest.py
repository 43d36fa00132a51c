"""A Hub on the loopback with its desk manned: one token may write to `me`, one may only read."""

import pytest

from tests.loopback import Client, LoopbackHub

WRITES, READS = "hf_" + "w" * 34, "hf_" + "r" * 34


@pytest.fixture(scope="module")
def server():
    with LoopbackHub() as made:
        made.desk.tokens = {WRITES: frozenset({"me"}), READS: frozenset()}
        yield made


@pytest.fixture(autouse=True)
def fresh(server):
    server.reset()


@pytest.fixture(scope="module")
def clients(server, tmp_path_factory):
    """Processes by name, each with a home and a token of its own."""
    made = {}

    def client(name, token=WRITES, **more):
        if name not in made:
            made[name] = Client(server.address, tmp_path_factory.mktemp(name), HF_TOKEN=token, **more)
        return made[name]

    yield client
    for each in made.values():
        each.__exit__(None, None, None)


@pytest.fixture(scope="module")
def client(clients):
    return clients("writer")
