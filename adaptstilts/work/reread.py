"""A saved transfer read again in a fresh process: nothing that only lived in the process that trained it can help."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts import ids
from adaptstilts.config.build import build
from adaptstilts.config.include import INCLUDED, include
from adaptstilts.config.sections import Config
from adaptstilts.errors import CorruptArtefact
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.bundle import load_bundle
from adaptstilts.steps.spec import rebuilt, spec
from adaptstilts.steps.step import REREAD_ROWS, Transfer
from adaptstilts.stops import end_with
from adaptstilts.store.runs import step_of
from adaptstilts.store.store import Store
from adaptstilts.tasks import Task
from adaptstilts.threads import cap_threads
from adaptstilts.training.prediction import predict
from adaptstilts.work.session import Session
from adaptstilts.zoo.zoo import open_zoos

if TYPE_CHECKING:
    import numpy as np


def check_saved(step: Transfer, before: Sequence[str], session: Session, folder: Path) -> None:
    """Load the bundle in `folder` and predict what was predicted before saving; CorruptArtefact unless all is the same.

    In a fresh process where the session says so, else in this one.
    """
    after = _apart(step, session, folder) if session.apart else reread(step, session, folder)
    if list(after) != list(before):
        what = "the saved transfer does not predict what it predicted before saving"
        raise CorruptArtefact(what, where=str(folder))


def outputs(assembly: Assembly, step: Transfer, session: Session) -> list[str]:
    """Digests of the raw outputs for the first rows of the transfer's training set, or of a language that it is scored in."""
    task: Task = session.task(step.target)
    scored = [code for code in task.languages if code in session.config.evaluation.languages] or task.languages
    split, code = ("train", step.language) if assembly.head.learns else ("test", scored[0])
    rows = session.rows(task, split, code, REREAD_ROWS).rows
    return [_digest(output) for output in predict(assembly, session.encode(rows, task))]


def reread(step: Transfer, session: Session, folder: Path) -> list[str]:
    """`outputs` of the bundle that a transfer's folder holds."""
    languages = session.language_folders(step)
    assembly = load_bundle(session.backbone, folder / "bundle", session.adapter_folders(step), languages)
    try:
        session.speak(assembly, step, step.language)
        return outputs(assembly, step, session)
    finally:
        assembly.close()


def _digest(output: np.ndarray) -> str:
    return hashlib.blake2b(output.tobytes(), digest_size=16).hexdigest()


def _apart(step: Transfer, session: Session, folder: Path) -> list[str]:
    device = dataclasses.replace(session.config.device, precision=session.backbone.precision)
    asked = {
        "settings": ids.plain(dataclasses.replace(session.config, device=device)),
        "spec": spec(step),
        "key": step.key,
        "store": str(session.store.root),
        "zoos": [str(root) for root in session.zoo.roots],
        "folder": str(folder),
        "include": [str(path) for path in INCLUDED],
        "parent": os.getpid(),
    }
    alone = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    command = [sys.executable, "-m", __name__]
    done = subprocess.run(command, input=json.dumps(asked), env=alone, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise CorruptArtefact(f"a fresh process cannot read the saved transfer ({last[0]})", where=str(folder))
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Answer one request on standard input: digests as JSON on the last line of standard output."""
    asked = json.load(sys.stdin)
    end_with(asked["parent"])
    for path in asked["include"]:
        include(Path(path))
    cap_threads()
    config, store = build(Config, asked["settings"], "the transfer's config"), Store(Path(asked["store"]))
    session = Session(config, store, open_zoos(map(Path, asked["zoos"])))
    step = rebuilt(asked["spec"], lambda key: step_of(store, key), asked["key"])
    if step.kind != "transfer":
        raise TypeError("only a transfer is read again")
    sys.stdout.write(json.dumps(reread(step, session, Path(asked["folder"]))) + "\n")


if __name__ == "__main__":
    main()
