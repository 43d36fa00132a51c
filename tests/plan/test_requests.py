"""What is refused before an adapter is fetched or taken in, and what names of members stand in keys."""

import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.config.load import load_config
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.zoo.zoo import shipped_zoo

MNLI = shipped_zoo().named("pocket-mnli")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("single", "--target", "nope"), "no task called 'nope'"),
        (("single", "--target", "pawsx", "--tasks", "./folder,mnli"), "takes 1 task(s), not 2"),
        (("single", "--target", "pawsx", "--langs", "xx"), "no language of pawsx called 'xx'"),
        (("single", "--target", "pawsx", "--set", "adapter.architecture=none"), "no adapter architecture 'none'"),
    ],
)
def test_a_request_that_cannot_be_takes_nothing_in(tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shipped_zoo().files(MNLI.digest), tmp_path / "folder")
    done = CliRunner().invoke(cli, [words[0], "--tasks", "./folder", *words[1:]])
    assert isinstance(done.exception, AdaptstiltsError) and told in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_an_adapter_as_it_is_has_its_name_in_the_key_though_it_is_its_tasks():
    own = replace(MNLI, name="tales", task="tales")
    found = cell(load_config("pocket"), Request("single", ("tales",), "pawsx", taken={"tales": own}), None)
    assert found.transfer.names == ("tales",)
