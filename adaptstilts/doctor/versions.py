"""Whether Python and the packages are of the versions that the project's metadata ask for."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata

from adaptstilts.doctor.finding import Finding

NAME = "adaptstilts"
_AGAIN = "Install the package again (`pip install .` in a checkout); that brings the versions it asks for."


def versions() -> Iterator[Finding]:
    """Python first, then the required packages: one finding for all that fit, one for each that does not."""
    try:
        asked, python = metadata.requires(NAME) or [], metadata.metadata(NAME)["Requires-Python"]
    except metadata.PackageNotFoundError:
        what = "the package is not installed, so its metadata say nothing of versions"
        yield Finding("versions", NAME, "warning", what, "Run `pip install .` in the checkout.")
        return
    yield python_version(python or "")
    yield from packages(asked)


def python_version(asked: str) -> Finding:
    """Python against a specifier such as `>=3.10,<3.14`."""
    from packaging.specifiers import SpecifierSet

    found = platform.python_version()
    fits = SpecifierSet(asked).contains(found, prereleases=True)
    do = "" if fits else "Make a virtual environment with a Python in that range."
    what = f"{found} (asked for: {asked})"
    return Finding("versions", "python", "ok" if fits else "problem", what, do, {"version": found})


def packages(asked: Sequence[str]) -> Iterator[Finding]:
    """The requirements that hold here, those of extras left out, against what is installed."""
    from packaging.requirements import Requirement

    fitting: dict[str, str] = {}
    needed = [requirement for requirement in map(Requirement, asked) if _holds(requirement)]
    for requirement in sorted(needed, key=lambda r: r.name):
        wanted = f"asked for: {requirement.specifier or 'any'}"
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Finding("versions", requirement.name, "problem", f"not installed ({wanted})", _AGAIN)
            continue
        if requirement.specifier.contains(found, prereleases=True):
            fitting[requirement.name] = found
        else:
            yield Finding("versions", requirement.name, "problem", f"{found} ({wanted})", _AGAIN, {"version": found})
    shown = ", ".join(f"{name} {found}" for name, found in fitting.items())
    if fitting:
        yield Finding("versions", "packages", "ok", f"{len(fitting)} as asked for: {shown}", values=fitting)


def _holds(requirement: object) -> bool:
    marker = getattr(requirement, "marker", None)
    return marker is None or bool(marker.evaluate({"extra": ""}))
