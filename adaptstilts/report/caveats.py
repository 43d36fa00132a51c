"""What numbers can and cannot say, as (heading, sentence), from how they were made."""

from __future__ import annotations

from adaptstilts.store.records.record import ScoreRecord, TransferRecord


def generated(transfer: TransferRecord, clean: ScoreRecord) -> bool:
    """Whether a score stands on the pocket lab's rows."""
    return transfer.provenance.config.startswith("pocket") or "pocket" in clean.spec.data


def caveats(transfer: TransferRecord, clean: ScoreRecord) -> list[tuple[str, str]]:
    """What keeps these numbers from saying anything about human languages or the model of that name; empty for neither."""
    found = []
    if generated(transfer, clean):
        found.append((
            "Pocket lab: generated languages, a tiny encoder.",
            "These numbers show whether the method works as built. They say nothing about human languages, and nothing about "
            "whether more intermediate tasks cost robustness there.",
        ))  # fmt: skip
    if transfer.provenance.backbone.init == "random":
        found.append((
            "The backbone is randomly initialised.",
            "These scores mean nothing beyond a pipeline that runs: no model of that name would score like this.",
        ))  # fmt: skip
    return found
