"""The driver of edits that change every field of a row at once, whatever the severity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adaptstilts.attacks.attack import Attacked, Scene
from adaptstilts.attacks.edits.editable import CHOICES, EditableField
from adaptstilts.attacks.text.graphemes import Rewrite
from adaptstilts.rows import Row


def reaches_model(row: Row, after: Row, scene: Scene) -> bool:
    """Whether the model is given something else for a changed row: what lies behind a cut is no attack."""
    if scene.given is None:
        return True
    old, new = scene.given([row, after])
    return old.ids != new.ids


def of_fields(row: Row, scene: Scene, change: Callable[[EditableField], Sequence[Rewrite]]) -> Attacked:
    """The row with the rewrites that `change` finds for each field; choices stay unless all of them change.

    `rate` is rewrites over all clusters of the row. A row of which the tokenizer sees no change is a "noop".
    """
    sheets = [EditableField(field) for field in scene.kind.fields(row, scene.task) if field.text]
    found = [list(change(sheet)) for sheet in sheets]
    choices = [rewrites for sheet, rewrites in zip(sheets, found, strict=True) if sheet.field.group == CHOICES]
    if not all(choices):
        for rewrites in choices:
            rewrites.clear()
    changed = [(sheet, rewrites) for sheet, rewrites in zip(sheets, found, strict=True) if rewrites]
    edits = {sheet.field.name: sheet.edited(rewrites) for sheet, rewrites in changed}
    count = sum(map(len, found))
    seen = any(scene.survives(sheet.field.text, edits[sheet.field.name].text) for sheet, _ in changed)
    texts = [edits[s.field.name].text if s.field.name in edits else s.field.text for s in sheets]
    apart = [text for sheet, text in zip(sheets, texts, strict=True) if sheet.field.group == CHOICES]
    before = [sheet.field.text for sheet in sheets if sheet.field.group == CHOICES]
    after = scene.kind.replace(row, edits) if edits else row
    if not seen or len(set(apart)) < len(set(before)) or not reaches_model(row, after, scene):
        return Attacked(row, "noop", 0, 0.0)
    return Attacked(after, "edited", count, count / sum(len(s.pieces) for s in sheets))
