"""What planning could not know of an encoder whose config was not here: looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from adaptstilts.config.load import Config
from adaptstilts.data.encoding.languages import read_in
from adaptstilts.errors import DataMissing, EnvironmentProblem
from adaptstilts.models.door.folder import config_at_hand, open_config
from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.steps.step import Step


def check_encoder(steps: Sequence[Step], config: Config) -> None:
    """Fetch the encoder's config where it is on the Hub alone, and hold the steps' adapters and languages against it.

    Raises NotApplicable and InputError as planning does, Refused as `read_config`. Where the Hub cannot be reached from here nothing
    is said: whoever does the steps may reach it.
    """
    settings = config.backbone
    if settings.name in PACKAGED or config_at_hand(settings) is not None:
        return
    facts = ConfigFacts(config)
    try:
        facts.encoder = open_config(settings.name, settings.revision)
    except (EnvironmentProblem, DataMissing):
        return
    facts.check_adapter(config.adapter)
    facts.check_languages(dict.fromkeys(code for step in steps for code in _languages(step)))
    for step in steps:
        if step.kind == "score":
            facts.check_read(read_in(facts.task(step.challenge or step.transfer.target), step.languages))


def _languages(step: Step) -> tuple[str, ...]:
    return step.languages if step.kind == "score" else (step.language,)
