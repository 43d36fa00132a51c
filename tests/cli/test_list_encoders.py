"""`list encoders`: every architecture that opens, and which families of adapters it refuses."""

import json

from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.models.architectures import ARCHITECTURES


def test_every_architecture_is_listed_with_what_it_refuses():
    done = CliRunner().invoke(cli, ["list", "encoders", "--json"])
    found = {line["name"]: line for line in json.loads(done.stdout)}
    assert list(found) == ARCHITECTURES.names() and ARCHITECTURES.broken == {}
    assert {name for name, line in found.items() if line["refused"]} == {"distilbert", "modernbert"}
    assert "mmBERT" in found["modernbert"]["summary"] and found["bert"]["citation"]
    assert "xmod" in CliRunner().invoke(cli, ["list", "encoders"]).stdout
