"""Every task from the Hub: fetched through the loopback by the real clients, ten steps of training, every language scored.

Real rows where the sample of the Hub is at hand and holds the task, generated ones in the published schema elsewhere; XLM-R's
own tokenizer with the sample, the pocket lab's without it. The model has two layers and random weights, and comes from the Hub
too.
"""

import json
from pathlib import Path

import pytest

from adaptstilts import places
from adaptstilts.data.draw import in_draw_order
from adaptstilts.data.files.folder import languages_in, shards_of
from adaptstilts.data.load import load
from adaptstilts.data.reshape import read_rows
from adaptstilts.data.sources import source_of
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Whereabouts
from adaptstilts.models.door.folder import TEXT_FILES
from adaptstilts.tasks import TASKS
from tests.loopback import Client, LoopbackHub, Repository, from_folder
from tests.loopback.published import published, schema

HUB = Path(__file__).resolve().parents[3] / "shared" / "hub"
ROWS = 16
MODEL = "FacebookAI/xlm-roberta-base"
NARROW = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
SETTINGS = [
    *(f"{stage}.{rest}" for stage in ("intermediate", "transfer") for rest in (
        "tasks={}", "recipe={steps: 10, batch: 4}", "rows=40",
    )),
    f"evaluation.rows={ROWS}",
    f"backbone.name={MODEL}",
    "backbone.init=random",
    "backbone.layers=2",
    "limits={max_length: 96, stride: 24}",
]  # fmt: skip


def sampled(task):
    """Whether the sample of the Hub has everything that training and scoring the task takes."""
    root = HUB / "datasets"
    declared = bool(task.test or task.dev)
    return (
        root.is_dir()
        and declared
        and bool(scored(task))
        and (not task.train or bool(shards_of(task, "train", "en", root)))
    )


def scored(task):
    if task.role == "intermediate":
        return ("en",) if shards_of(task, "dev", "en", HUB / "datasets") else ()
    return languages_in(task, HUB / "datasets")


def few(task):
    """Languages to generate rows in: English to train in, and two of the task's own."""
    return tuple(dict.fromkeys(("en", *task.languages[:2]))) if "en" in task.languages else task.languages[:2]


def model():
    """A narrow XLM-R: the configuration and tokenizer of the sample, or the pocket encoder's."""
    folder = HUB / "models" / "FacebookAI" / "xlm-roberta-large"
    folder = folder if (folder / "tokenizer.json").is_file() else places.encoder()
    files = {name: folder / name for name in TEXT_FILES if (folder / name).is_file()}
    config = json.loads((folder / "config.json").read_text())
    repository = Repository("model", MODEL)
    repository.commit({**files, "config.json": json.dumps({**config, **NARROW}).encode()})
    return repository


def revisions():
    found = {}
    for task in TASKS:
        for source in (*task.train, *task.dev, *task.test):
            found.setdefault(("dataset", source.id), set()).add(source.revision)
    return found


def with_stand_ins(repository):
    """The sample leaves out some test sets that the Hub has; there the development set's file is served under that name."""
    for files in repository.commits.values():
        for path in list(files):
            alike = path.replace("/validation-", "/test-").replace("/dev_r", "/test_r")
            files.setdefault(alike, files[path])
    return repository


def served(task, split, language, is_real):
    """How many of the rows drawn from what the Hub serves ask something: read from the sample's files, or the generated records."""
    if is_real:
        rows = load(task, split, language, source_of(str(HUB / "datasets")), ROWS, drawn=True).rows
    else:
        kind, place = kind_of(task.kind), Whereabouts(task.name, split, language)
        sources = [s for s in (task.test if split == "test" else task.dev) if s.language in ("", language)]
        own = [s for s in sources if s.language == language] or sources
        configs = [(s, s.config.replace("{language}", task.spellings.get(language, language))) for s in own]
        records = [record for s, config in configs for record in schema(s.id, config).rows(config, s.split)]
        rows = [row for i, record in enumerate(records) for row in read_rows(record, str(i), task, kind, place)]
        rows = list({row.id: row for row in rows}.values())
        rows = rows if task.options.get("pool") == "all" else in_draw_order(rows)[:ROWS]
    return min(ROWS, sum(bool(kind_of(task.kind).fields(row, task)) for row in rows))


def of_english(sources):
    return [s for s in sources if s.language == "en"] or [s for s in sources if not s.language]


def fetched(source, task):
    """What a record says of a declared source of English rows, its revision included."""
    config = source.config.replace("{language}", task.spellings.get("en", "en"))
    return [source.id, config, source.split, source.revision]


DECLARED = [task for task in TASKS if task.train or task.dev or task.test]


@pytest.fixture(scope="module")
def real():
    with LoopbackHub(model(), *map(with_stand_ins, from_folder(HUB, revisions())), page=100) as hub:
        yield hub


@pytest.fixture(scope="module")
def generated():
    with LoopbackHub(model(), *published(DECLARED, few)) as hub:
        yield hub


@pytest.fixture(scope="module")
def clients(request, tmp_path_factory):
    """One process per Hub, started when first asked for."""
    started = {}

    def client(name):
        if name not in started:
            hub = request.getfixturevalue(name)
            started[name] = Client(hub.address, tmp_path_factory.mktemp(name))
        return started[name]

    yield client
    for one in started.values():
        one.__exit__(None, None, None)


_BACKBONES = []


def trial(name, languages):
    """In the other process: train and score one task; what its training and scores say, and the backbone's identity.

    A challenge set is scored through the head of the first target that it names.
    """
    from adaptstilts.config.load import load_config
    from adaptstilts.plan.cell import cell, pending
    from adaptstilts.plan.ingredients import adapter_step
    from adaptstilts.plan.request import Request
    from adaptstilts.store.store import Store
    from adaptstilts.work import held_out
    from adaptstilts.work.session import Session
    from adaptstilts.work.step import work
    from adaptstilts.zoo.zoo import Zoo

    held_out.DEV_ROWS = ROWS
    task = TASKS.get(name)
    values = {"evaluation.languages": () if task.role == "intermediate" else languages}
    values |= {"evaluation.attacks": (name,) if task.role == "challenge" else ()}
    session = Session(load_config("xlmr-base", SETTINGS, values), Store(Path("runs")), Zoo(Path("zoo")))
    if _BACKBONES:
        session.__dict__["backbone"] = _BACKBONES[0]
    _BACKBONES[:] = [session.backbone]
    if task.role == "intermediate":
        trains = scores = adapter_step(session.facts, name)
        steps = [trains]
    else:
        target = next((of for of in task.of if TASKS.get(of).role == "target"), name)
        todo = cell(session.config, Request("none", (), target), None)
        trains, scores, steps = todo.transfer, todo.scores[-1], todo.steps
    for step in pending(steps, session.store):
        work(step, session)
    made, found = session.store.record(trains.key).plain(), session.store.record(scores.key).plain()
    return made.get("training"), found["scores"], session.backbone.identity


@pytest.mark.parametrize("name", [task.name for task in DECLARED])
def test_a_task_is_fetched_trained_and_scored(clients, name):
    task = TASKS.get(name)
    is_real = sampled(task)
    languages = scored(task) if is_real else few(task)
    trained, scores, backbone = clients("real" if is_real else "generated")(trial, name, languages)
    assert set(scores) == set(languages)
    split = "test" if task.test and task.role != "intermediate" else "dev"
    for language, found in scores.items():
        assert 0 <= found[task.metric] <= 1
        drawn = ", drawn by id" if task.role == "intermediate" and found["n"] == ROWS else ""
        assert (found["n"], found["split"]) == (served(task, split, language, is_real), split + drawn)
    if task.train:
        assert trained["steps"] == 10
        assert trained["origin"] == {"hub": [fetched(source, task) for source in of_english(task.train)]}
    assert backbone["hub"] == MODEL and backbone["init"] == "random"
