"""`report`: the verdict on a store, with figures, tables and one page."""

from __future__ import annotations

from pathlib import Path
from random import randrange
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import complain, echo, leads, print_json, talk, typed
from adaptstilts.listeners import Speaker

if TYPE_CHECKING:
    from adaptstilts.report.report import Report

log = Speaker(__name__)
VERIFIED = 3
"""How many scores are made again where no number is given."""


@click.command(
    name="report",
    epilog="Examples: adaptstilts report;  adaptstilts report runs --figure 1 --figure forest --format pdf",
)
@click.argument("store", default="runs", metavar="[STORE|CONFIG]")
@click.option(
    "--figure", "-f", "figures", multiple=True, metavar="N|NAME",
    help="Draw this figure only, as PDF, PNG and CSV unless --format says otherwise; may be repeated.",
)  # fmt: skip
@click.option(
    "--format", "formats", metavar="A,B",
    help="html (one page; the default), pdf (figures as PDF and PNG), latex (tables), csv (numbers behind the figures).",
)  # fmt: skip
@click.option("--sweep", metavar="NAME", help="The sweep of the store that is reported, where it holds several.")
@click.option(
    "--store", "within", default="runs", show_default=True, metavar="DIR", type=options.PLACE,
    help="The store, where a CONFIG is named.",
)  # fmt: skip
@click.option(
    "--out", metavar="DIR", type=options.FOLDER,
    help="Where the report goes.  [default: report/ in the store]",
)  # fmt: skip
@click.option(
    "--verify", is_flag=False, flag_value=VERIFIED, default=0, type=click.IntRange(0), metavar="[N]",
    help=f"Make N scores again from weights, {VERIFIED} if no number is given, and hold them against their records.",
)  # fmt: skip
@click.option(
    "--verify-seed",
    type=click.IntRange(0),
    metavar="SEED",
    help="Which scores are made again; drawn afresh if not given.",
)
@options.shared(options.as_json, options.quiet)
def command(store: str, figures: tuple[str, ...], formats: str | None, **given: Any) -> None:
    """Report on a STORE (a folder of runs) or the sweep of a CONFIG: the verdict, figures, tables, one page.

    Everything is read from records and prediction files; nothing is computed by a model but what --verify asks for. Every score is
    counted again from its predictions first: one that disagrees is named and left out. A figure that the store has no data for
    says why.
    """
    from adaptstilts.report import wording
    from adaptstilts.report.caveats import unlearnt_in
    from adaptstilts.report.report import report

    if not leads():
        return
    talk(given["quiet"])
    place, sweep = _place(store, given["within"], given["sweep"])
    wanted = options.names(formats) or (("pdf", "csv") if figures else ("html",))
    seed = randrange(1 << 32) if given["verify_seed"] is None else given["verify_seed"]
    checked = {"verify": given["verify"], "seed": seed}
    made = report(place, given["out"], sweep=sweep, formats=wanted, figures=figures, command=typed(), **checked)
    if given["as_json"]:
        print_json(made.as_dict())
    else:
        echo(wording.text(made.verdict), nl=False)
        for heading, sentence in unlearnt_in(made.frame):
            echo(f"{heading} {sentence}")
    _close(made, asked=bool(figures))


def _place(named: str, within: Path, sweep: str | None) -> tuple[Path, str | None]:
    """The store and the sweep that an argument names: a folder as it is, anything else as a config whose sweep was run."""
    from adaptstilts.config.load import available, load_config
    from adaptstilts.errors import InputError

    if Path(named).is_dir():
        return Path(named), sweep
    if named == "runs":
        do = "Run something first, or name the folder that holds the runs."
        raise InputError("there is no store here", where=named, do=do)
    if named not in available() and not Path(named).is_file():
        do = f"Name a folder of runs, or a config: {', '.join(available())}."
        raise InputError("neither a folder nor a config", where=named, do=do)
    return within, sweep or load_config(named, ()).name


def _close(made: Report, *, asked: bool) -> None:
    """What is lacking and where everything went; NotDrawn where nothing that was asked for could be drawn."""
    from adaptstilts.errors import CorruptArtefact
    from adaptstilts.report.drawing.figure import NotDrawn

    if problems := made.frame.problems:
        complain(
            (*problems, f"left out: {len(problems)} record(s) that do not read back, or are not as they were made")
        )
    for line in made.rescored.lines() if made.rescored else ():
        log.info(line)
    lacking = [shown for shown in made.figures if shown.drawn is None]
    for shown in lacking:
        needs = f" (it takes {shown.figure.needs})" if shown.figure.needs and not shown.broken else ""
        log.info(f"figure {shown.figure.number} {shown.figure.name} not available: {shown.reason}{needs}")
    for path in made.files:
        log.info(f"wrote {path}")
    if asked and len(lacking) == len(made.figures):
        raise NotDrawn("none of these figures can be drawn", do="What each one takes is told above.")
    if made.rescored and made.rescored.unlike:
        complain(made.rescored.unlike)
        raise CorruptArtefact(f"{len(made.rescored.unlike)} score(s) are not what their weights give")
