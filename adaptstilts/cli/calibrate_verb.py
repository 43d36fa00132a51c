"""`calibrate`: measure how fast this machine is with a config's backbone, for `plan` and the limit of `sweep`."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import echo, print_json, talk
from adaptstilts.cli.tables import print_rows
from adaptstilts.listeners import Speaker

log = Speaker(__name__)


@click.command(name="calibrate", epilog="Example: adaptstilts calibrate --config xlmr-large --set backbone.init=random")
@click.option(
    "--file", metavar="FILE", type=options.FILE,
    help="Write it here (for `plan --calibration`) in place of the user's cache.",
)  # fmt: skip
@options.shared(options.config, options.settings, options.as_json, options.quiet)
def command(file: Path | None, config_name: str, settings: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Measure tokens a second, read and trained, at several input lengths, and peak memory; it takes seconds.

    Inputs are random, so the weights need not be the trained ones: `--set backbone.init=random` measures a shape whose
    config.json and tokenizer are at hand.
    """
    from dataclasses import asdict

    from humanize import naturalsize

    from adaptstilts.config.load import load_config
    from adaptstilts.work.calibration import calibrate, keep

    talk(quiet)
    config = load_config(config_name, settings)
    found = calibrate(config)
    path = keep(found, config, file)
    if as_json:
        print_json({**asdict(found), "file": str(path)})
        return
    rows = [(str(s.length), f"{s.forward:,.0f}", f"{s.train:,.0f}") for s in found.speeds]
    print_rows(
        ("tokens of an input", "tokens/s read", "tokens/s trained"), rows, title=f"{found.backbone} on {found.device}"
    )
    echo(f"peak memory {naturalsize(found.memory)}, a fresh process starts in {found.start:.1f} s")
    log.info(f"kept in {path}")
