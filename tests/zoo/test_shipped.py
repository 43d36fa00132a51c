"""The adapters of human languages that travel with the package: small, whole, told of, and those that config `small` would train."""

import html
import json

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.zoo.zoo import CARDS, shipped_zoo

ZOO = shipped_zoo()
HUMAN = [entry for entry in ZOO if entry.backbone == "e5-small"]
STANDINS = {"ccg": "udpos"}
UNTAUGHT = {"small-anli", "small-squad2"}


def test_all_nine_are_there():
    assert {entry.task for entry in HUMAN} >= set(GROUPS.get("phang2020").tasks)


def test_all_of_them_take_less_than_8_megabytes():
    files = [path for entry in HUMAN for path in (ZOO.root / "files" / entry.digest).iterdir()]
    assert sum(path.stat().st_size for path in files) < 8_000_000


@pytest.mark.parametrize("entry", HUMAN, ids=lambda entry: entry.name)
def test_their_weights_are_half_and_a_card_tells_what_they_are(entry):
    with (ZOO.files(entry.digest) / "adapter.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    assert {tensor["dtype"] for name, tensor in header.items() if name != "__metadata__"} == {"F16"}
    card = html.unescape((ZOO.root / CARDS / f"{entry.name}.md").read_text(encoding="utf-8"))
    assert entry.digest in card and TASKS.get(STANDINS.get(entry.task, entry.task)).licence in card
    assert "training rows" in card and "4 bits" in card and "docs/backbones/e5-small.md" in card
    stood_in = entry.task in STANDINS
    assert f"adaptstilts zoo build {entry.task} --config small --half{' --allow-standin' if stood_in else ''}\n" in card
    assert (f"was trained on {STANDINS.get(entry.task)} in its place" in card) == stood_in
    assert ("**Untaught**" in card) == (entry.name in UNTAUGHT)


@pytest.mark.parametrize("entry", HUMAN, ids=lambda entry: entry.name)
def test_config_small_takes_them_for_the_sample_s_rows(entry, hub):
    settings = [f"data.source={hub / 'datasets'}", f"data.allow_standin={str(entry.task in STANDINS).lower()}"]
    step = adapter_step(ConfigFacts(load_config("small", settings)), entry.task)
    assert step.key == entry.step
