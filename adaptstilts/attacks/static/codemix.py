"""Some words of a text are said in another language, by the user's lexicon."""

from adaptstilts.attacks import Attack, Scene
from adaptstilts.attacks.edits.code_mixing import mixed


def lacks(scene: Scene) -> str:
    """What to do where no lexicon was given."""
    if scene.lexicon:
        return ""
    return f"codemix needs a lexicon for {scene.language!r}: give one with --lexicon, in MUSE's or PanLex's format"


attack = Attack(
    name="codemix",
    summary="some words are said in another language, by a lexicon of yours; severity is the share of the words",
    family="static",
    needs=frozenset({"words"}),
    perturb=mixed,
    lacks=lacks,
    citation="Tan & Joty 2021 (PolyGloss); Qin et al. 2020 (CoSDA-ML)",
)
