"""The README as a package index shows it, where links into the repository lead nowhere: their text, and the path that they name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

NOTE = "Paths are those of the source distribution (`pip download --no-binary :all: --no-deps adaptstilts`).\n"


class Readme(MetadataHookInterface):
    """Gives the project's metadata its `readme`."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_repository(text)}


def without_repository(text: str) -> str:
    """Markdown without pictures and links of relative paths; code blocks as they are."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else _plain(part) for part in parts).rstrip() + "\n\n" + NOTE


def _plain(text: str) -> str:
    text = re.sub(r"^!\[[^\]]*\]\((?!https?:)[^)]*\)\n\n?", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^\[\]]+)\]\((?!https?:|#)([^)\s]+)\)", _named, text)


def _named(link: re.Match[str]) -> str:
    text, path = link.groups()
    return f"`{path}`" if text == path else f"{text} (`{path}`)"
