"""A real sweep of the pocket lab, small enough for a test, and a store in which it was run."""

from adaptstilts.files import write_json
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.steps.spec import spec
from adaptstilts.store.manifest import write_manifest
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

SMALL = """
extends: pocket
name: tiny
summary: a tiny sweep
intermediate: {recipe: {steps: 2}, rows: 64}
transfer: {recipe: {steps: 2}, rows: 64}
evaluation: {rows: 8, languages: [en, qaa], attacks: [swap, mix_fields, greedy], search_rows: 4, budget: 4}
sweep:
  pool: [qqp, mnli]
  k: [0, 1, 2]
  targets: [pawsx]
  replays: [greedy]
"""
SAME = ["intermediate.tasks={}", "transfer.tasks={}"]


def planned(folder):
    """The sweep, expanded with no zoo to take adapters from."""
    file = folder / "tiny.yaml"
    file.write_text(SMALL)
    return expand(str(file), SAME, Zoo(folder / "no zoo"))


def describe(sweep, store):
    """What a sweep leaves before its first step: the manifest, and what each step is."""
    write_manifest(manifest(sweep), store)
    for step in sweep.steps:
        store.folder(step.key).mkdir(parents=True, exist_ok=True)
        upstream = [need.key for need in step.needs]
        write_json(
            store.folder(step.key) / "planned.json", {"spec": spec(step), "title": step.title, "upstream": upstream}
        )


def do(steps, sweep, root):
    """Do these steps in this process."""
    session = Session(sweep.config, Store(root), Zoo(root / "no zoo"))
    for step in steps:
        work(step, session)
