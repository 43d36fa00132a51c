"""Which encoder numbers stand on, in words, and where its card is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import metadata
from urllib.parse import quote

from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.store.records.origin import Encoder

HUB = re.compile(r"[\w.-]+/[\w.-]+")
REPOSITORY = "repository"
"""What the package's metadata call the URL that its files are read at."""


@dataclass(frozen=True)
class EncoderName:
    """An encoder's name, a sentence about it, its card's name and, where there is one, the card's URL."""

    name: str
    about: str = ""
    card: str = ""
    url: str = ""


def named(encoder: Encoder) -> EncoderName:
    """The encoder as a reader should know it; no card for one that came from a folder."""
    untrained = "randomly initialised: of that model it has only the shape" if encoder.init == "random" else ""
    if encoder.name in PACKAGED:
        packaged = PACKAGED[encoder.name]
        return EncoderName(encoder.name, untrained or packaged.about, packaged.card, _page(packaged.card))
    if encoder.name == "pocket":
        card = "adaptstilts/pocket/encoder/README.md"
        return EncoderName(
            "pocket", untrained or "the pocket lab's tiny encoder of generated languages", card, _page(card)
        )
    if encoder.hub or HUB.fullmatch(encoder.name):
        id = encoder.hub or encoder.name
        return EncoderName(id, untrained, "its card on the Hub", f"https://huggingface.co/{quote(id)}")
    return EncoderName(encoder.name, untrained)


def _page(file: str) -> str:
    """Where a file of the repository is read; empty while the package names no repository."""
    urls = (line.partition(",") for line in metadata("adaptstilts").get_all("Project-URL") or ())
    place = next((url.strip() for label, _, url in urls if label.strip().lower() == REPOSITORY), "")
    return f"{place.rstrip('/')}/blob/main/{file}" if place else ""
