"""Cards: what they must say, that hostile names stay text, and that the Hub's own reader takes them."""

import json
import re

import pytest
import yaml
from click.testing import CliRunner
from huggingface_hub import ModelCard, metadata_load

from adaptstilts import places
from adaptstilts.cli.main import cli
from adaptstilts.config.build import build
from adaptstilts.config.sections import Config
from adaptstilts.errors import NotApplicable
from adaptstilts.hub.card import card, command, config_text
from adaptstilts.hub.licences import licence_fields
from adaptstilts.hub.markup import fenced, grid, shown
from adaptstilts.hub.package import Package, package
from adaptstilts.hub.results import columns, model_index
from adaptstilts.hub.scrub import scrubbed
from adaptstilts.store.store import Store
from adaptstilts.zoo.zoo import Zoos, zoos
from tests.store.filled import record, whole

HOSTILE = [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://h/i.png)", "a|b\n# Heading", "`code`", "**bold**",
    "---\nlicense: mit\n---", "&lt;b&gt;", "https://evil.example", "@someone", "www.evil.example", "_a_", "{{ x }}", "\u202egnp.exe",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with one adapter, trained for two steps by the command line."""
    root = tmp_path_factory.mktemp("trained")
    words = [
        "train",
        "mnli",
        "--retrain",
        "--train-rows",
        "12",
        "--set",
        "intermediate.tasks.mnli.steps=2",
        "--seed",
        "3",
    ]
    done = CliRunner().invoke(cli, [*words, "--json", "-q", "--out", str(root)], catch_exceptions=False)
    (record,) = json.loads(done.stdout)
    return root, record


def rendered(root, record, **changes):
    path = Store(root).folder(record["key"]) / "record.json"
    whole = json.loads(path.read_text())
    for key, value in changes.items():
        whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(whole))
    try:
        return package(record["key"][:8], Store(root), zoos(root))
    finally:
        path.write_text(json.dumps(record))


def test_a_trained_adapters_card_says_all_that_its_record_knows(trained):
    root, record = trained
    found = rendered(root, record, provenance={"dirty": False})
    text = card(found, "me/mine")
    head = ModelCard(text).data
    assert head.tags == ["adapters", "adapterhub:mnli", "xlm-roberta", "pocket", "adaptstilts"]
    assert head.eval_results[0].metric_value == round(record["scores"]["en"]["accuracy"], 4)
    assert "dirty tree" not in text
    for said in (
        "adaptstilts train mnli --config config.yaml --seed 3", record["key"], found.facts["digest"], "12 | ",
        f"{record['cost']['seconds']:,.1f} s", f"{record['parts']['trainable']:,} trained parameters", "arXiv 1704.05426",
        "load_adapter", "adaptstilts pull me/mine", record["provenance"]["packages"]["torch"].replace("+", "&#43;"),
    ):  # fmt: skip
        assert said in text, said
    again = build(Config, yaml.safe_load(config_text(found)), "the card's config")
    assert again == build(Config, record["provenance"]["settings"], "the record's")


def test_a_card_tells_whose_the_rows_were(trained):
    """Own rows on the pocket lab's encoder are no generated rows, and no data set of the Hub."""
    root, record = trained
    lab = rendered(root, record)
    spec = {**lab.facts["spec"], "data": {"folder": "0" * 16}}
    texts = [card(found, "me/mine") for found in (lab, Package(lab.files, {**lab.facts, "spec": spec, "task": "mine"}))]
    assert "whose languages are generated" in texts[0] and "adaptstilts/pocket-mnli" in texts[0]
    assert "whose languages are generated" not in texts[1] and "whatever the rows are" in texts[1]
    assert "adaptstilts/pocket-" not in texts[1] and ModelCard(texts[1]).data.eval_results[0].dataset_type == "mine"


def test_a_dirty_tree_is_told(trained):
    assert "**dirty tree**" in card(rendered(*trained, provenance={"dirty": True}), "me/mine")


def test_an_adapter_is_found_by_key_by_digest_and_by_name(trained):
    root, record = trained
    digest = record["adapter"]["digest"]
    by = [package(name, Store(root), zoos(root)).facts for name in (record["key"], record["key"][:6], digest[:6])]
    assert by[0] == by[1] == by[2] and by[0]["digest"] == digest
    assert package("pocket-mnli", Store(root), zoos(root)).facts["origin"] == "shipped"
    with pytest.raises(NotApplicable, match="a score"):
        other = whole("score", key="f" * 16)
        Store(root).folder("f" * 16).mkdir()
        (Store(root).folder("f" * 16) / "record.json").write_text(json.dumps(other))
        package("ffffff", Store(root), zoos(root))


def test_what_tells_of_the_machine_stays_here(trained):
    root, record = trained
    here = {"data": {"source": str(root), "text": "~/private/notes.txt"}, "language_adapters": {"de": "../mine/de"}}
    settings = {**record["provenance"]["settings"], **here}
    found = rendered(root, record, provenance={"settings": settings})
    everything = json.dumps(found.facts) + card(found, "me/mine") + config_text(found)
    for private in (str(root), "private/", "../mine", record["provenance"]["platform"]):
        assert private not in everything
    assert found.facts["provenance"]["settings"]["data"]["text"] == "./notes.txt"
    assert not {"platform", "cores", "engine"} & set(found.facts["provenance"])
    assert scrubbed("FacebookAI/xlm-roberta-base") == "FacebookAI/xlm-roberta-base"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_text(hostile):
    line = shown(hostile)
    assert "\n" not in line and not re.search(r"[<>\[\]`*|{}@\u202e]|://|(?<!&#)_|www\.", line)
    import html

    printable = "".join(c if c.isprintable() else " " for c in hostile)
    assert html.unescape(line) == " ".join(printable.split()), "a reader sees what it was"
    assert len(grid(["a"], [[hostile]]).splitlines()) == 3


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_card_with_hostile_names_is_still_one_card(hostile, tmp_path):
    facts = {
        "kind": "adapter", "name": hostile, "task": "mnli", "key": hostile, "digest": "0" * 32, "licence": hostile,
        "backbone": {"name": hostile, "revision": hostile}, "spec": {"task": hostile}, "results": {hostile: {"accuracy": 0.5}},
        "scores": {}, "provenance": {"packages": {hostile: hostile}, "python": hostile, "commit": hostile},
    }  # fmt: skip
    text = card(Package({}, facts), "me/x")
    (tmp_path / "README.md").write_text(text)
    head = metadata_load(tmp_path / "README.md")
    assert head["model-index"][0]["name"] == hostile and head["license"] != "mit"
    body = text.split("\n---\n", 1)[1]
    code = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", body)
    assert "<script" not in code and "](" not in code and "https://evil" not in code
    assert len(re.findall(r"(?m)^# ", code)) == 1


def test_challenge_sets_of_one_data_set_are_results_of_their_own():
    told = {"scores": {"en": {"accuracy": 0.5, "n": 2, "split": "test"}}}
    clean, *sets = (record("score", challenge=name, **told) for name in (None, "anli_r1", "anli_r2"))
    scores = [clean, *sets, record("score", attack="swap", spec={"clean": clean.key}, **told)]
    (index,) = model_index("x", "xnli", columns(scores), False)
    names = [(r["dataset"]["name"], [metric["name"] for metric in r["metrics"]]) for r in index["results"]]
    assert names == [
        ("xnli (test)", ["accuracy (clean)", "accuracy under swap"]),
        ("anli_r1 (test)", ["accuracy (clean)"]),
        ("anli_r2 (test)", ["accuracy (clean)"]),
    ]


@pytest.mark.parametrize("text", ["fuse(mnli, squad) → pawsx", "mix_fields", "torch 2.13.0, balanced_accuracy (clean)"])
def test_what_cannot_be_markup_is_left_as_people_write_it(text):
    assert shown(text) == text


def test_a_fence_is_longer_than_any_inside():
    text = fenced("a\n````\nb", "yaml")
    assert text.startswith("`````yaml\n") and text.endswith("\n`````")


@pytest.mark.parametrize(
    ("stated", "fields"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("MIT", {"license": "mit"}),
        ("AFL 3.0", {"license": "afl-3.0"}),
        ("CC BY 2.0", {"license": "cc-by-2.0"}),
        ("CC BY 2.0 FR", {"license": "other", "license_name": "cc-by-2.0-fr"}),
        ("CC BY-SA 4.0", {"license": "cc-by-sa-4.0"}),
        ("OANC; the fiction part CC BY 3.0", {"license": "other", "license_name": "oanc-the-fiction-part-cc-by-3.0"}),
        ("ANLI: CC BY-NC 4.0; SNLI: CC BY-SA 4.0", {"license": "other"}),
    ],
)
def test_licences_are_the_hubs_ids_or_other(stated, fields):
    assert licence_fields(stated).items() >= fields.items()


def test_the_command_names_members_by_where_they_are():
    facts = {
        "kind": "composition", "composition": "merge", "target": "xnli", "spec": {"method": "ties", "seed": 2, "target_adapter": False},
        "members": [{"name": "a", "hub": "me/a@" + "0" * 40}, {"name": "squad", "path": "adapters/squad"}],
    }  # fmt: skip
    assert command(facts) == (
        f"adaptstilts merge --tasks hub:me/a@{'0' * 40},squad --target xnli --config config.yaml --method ties "
        "--no-target-adapter --seed 2"
    )


def test_the_shipped_zoo_is_read_and_never_written_to(tmp_path, monkeypatch):
    both = zoos(tmp_path)
    assert isinstance(both, Zoos) and both.root == tmp_path / "zoo"
    (entry, *_), folder = both, places.shipped("adapter_zoo")
    assert both.files(entry.digest).parent.parent == folder and both.get(entry.digest) == entry
    assert both.made_by(entry.step) == entry and list(both.own) == []
    monkeypatch.setenv("ADAPTSTILTS_ZOO", str(tmp_path / "elsewhere"))
    assert zoos(tmp_path).root == tmp_path / "elsewhere"
