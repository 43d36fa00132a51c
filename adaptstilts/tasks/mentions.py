"""Mewsli-X's records as rows: mentions as queries, entities as candidates, pairs of both for training."""

from __future__ import annotations

import re
from typing import Any

_BRACED = re.compile(r"\{(.*?)\}")

LANGUAGES = ("ar", "de", "en", "es", "fa", "ja", "pl", "ro", "ta", "tr", "uk")
"""Those of the mentions; entities are described in 50."""
OTHERS = (
    "af", "az", "bg", "bn", "el", "et", "eu", "fi", "fr", "gu", "he", "hi", "ht", "hu", "id", "it", "jv", "ka", "kk", "ko", "lt",
    "ml", "mr", "ms", "my", "nl", "pa", "pt", "qu", "ru", "sw", "te", "th", "tl", "ur", "vi", "wo", "yo", "zh",
)  # fmt: skip
"""Those of entities alone (Mewsli-X's own description of its candidates)."""


def mentioned(record: dict[str, Any], language: str) -> list[dict[str, Any]] | None:
    """A mention, an entity, or a pair of them; None for an entity that another language brings.

    An entity comes with the mentions of its description's language, or with the English ones where there are none in it, so
    that all mention languages together hold each entity once.
    """
    if "contextual_mention" in record:
        query, entity = _query(record["contextual_mention"]), record["entity"]
        if query is None:
            return None
        held = _candidate(entity)
        return [{**held, "id": _id(record["contextual_mention"]), "query": query, "answers": [held["key"]]}]
    if "mention" in record:
        query = _query(record)
        if query is None:
            return None
        answers = [record["mention"]["entity_id"].strip()]
        return [{"id": _id(record), "query": query, "candidate": "", "answers": answers}]
    spoken = record["description_language"]
    home = spoken if spoken in LANGUAGES else "en"
    return [{**_candidate(record), "candidate_language": spoken}] if language == home else None


def _id(record: dict[str, Any]) -> str:
    return str(record["mention"]["example_id"])


def _query(record: dict[str, Any]) -> str | None:
    """The mention, a colon, and its sentence with the mention in braces (XTREME-R's query); None outside any sentence.

    Braces that the text has become brackets.
    """
    text, span = record["context"]["text"], record["mention"]["mention_span"]
    start, end = span["start"], span["end"]
    for sentence in record["context"]["sentence_spans"]:
        if sentence["start"] <= start < end <= sentence["end"]:
            left = _BRACED.sub(r"(\1)", text[sentence["start"] : start])
            right = _BRACED.sub(r"(\1)", text[end : sentence["end"]])
            return _line(f"{span['text']}: {left} {{ {span['text']} }} {right}")
    return None


def _candidate(entity: dict[str, Any]) -> dict[str, Any]:
    text = entity["description"]
    sentences = [text[span["start"] : span["end"]] for span in entity["sentence_spans"]]
    name = str(entity["entity_id"]).strip()
    return {"id": f"entity-{name}", "query": "", "candidate": _line(" ".join(sentences)), "key": name}


def _line(text: str) -> str:
    return " ".join(text.splitlines()).replace("  ", " ").strip()
