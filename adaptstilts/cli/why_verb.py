"""`why`: what one step is, how it stands, what it waits for, and how it differs from the step most like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import echo, print_json

if TYPE_CHECKING:
    from adaptstilts.store.status import Reason


@click.command(name="why", epilog="Example: adaptstilts why 2b6500cc")
@click.argument("key")
@options.shared(options.out, options.as_json)
def command(key: str, out: Path, as_json: bool) -> None:
    """Tell everything about the step whose key begins with KEY (four letters or more).

    What decides its numbers, how the steps that it needs stand, its error and logs, its places in sweeps, and in which
    fields it differs from the most similar step of the store: why it was not taken from there.
    """
    from adaptstilts.store.status import why
    from adaptstilts.store.store import Store

    found = why(Store(out), key)
    if as_json:
        print_json(found.as_dict())
        return
    echo("\n".join(_lines(found)))


def _lines(found: Reason) -> list[str]:
    bare = " (its weights are not here: pooled, or removed by gc)" if found.bare else ""
    lines = [f"{found.key}  {found.kind}  {found.title}", f"state     {found.state}{bare}"]
    lines += [f"cell      {cell}" for cell in found.cells]
    lines += [f"spec      {json.dumps(found.spec, ensure_ascii=False)}"] if found.spec else []
    lines += [f"needs     {key}  {state}" for key, state in found.upstream.items()]
    if found.nearest:
        lines.append(f"nearest   {found.nearest}, which differs in {len(found.differs)} field(s): this | that")
        lines += [f"          {path}: {_said(mine)} | {_said(other)}" for path, (mine, other) in found.differs.items()]
    lines += [f"log       {path}" for path in found.logs]
    lines += ["error", *(f"  {line}" for line in found.error.splitlines())] if found.error else []
    return lines


def _said(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
