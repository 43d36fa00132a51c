"""All letters of a row become capitals, or small ones."""

from collections.abc import Callable
from random import Random

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.edits.editable import EditableField
from adaptstilts.attacks.edits.fields import of_fields
from adaptstilts.attacks.text.graphemes import Rewrite, clusters
from adaptstilts.attacks.text.languages import writes_in
from adaptstilts.rows import Row

_DOTTED = {"tr", "az"}  # i and ı are two letters there, each with its capital


def upper(cluster: str, language: str) -> str:
    """The cluster in capitals by the language's rules: tr and az write İ for i."""
    return (cluster.replace("i", "İ") if language in _DOTTED else cluster).upper()


def lower(cluster: str, language: str) -> str:
    """The cluster in small letters by the language's rules: tr and az write ı for I."""
    return (cluster.replace("I", "ı").replace("İ", "i") if language in _DOTTED else cluster).lower()


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """Draws which; the same draw again changes nothing more."""
    to = rng.choice((upper, lower))
    return of_fields(row, scene, lambda sheet: _recased(sheet, to, scene.language))


def _recased(sheet: EditableField, to: Callable[[str, str], str], language: str) -> list[Rewrite]:
    found = []
    for run in sheet.runs:
        for i in range(run.start, run.end):
            new = to(sheet.pieces[i], language)
            if new != sheet.pieces[i] and not sheet.locked[i]:
                final = new == "σ" and i + 1 == run.end and i > run.start  # small sigma ends a Greek word as ς
                found.append(Rewrite(i, i + 1, ("ς",) if final else tuple(clusters(new))))
    return found


attack = Attack(
    name="case",
    summary="a row all in capitals or all in small letters",
    family="static",
    needs=frozenset({"case"}),
    perturb=perturb,
    languages=writes_in("Latin", "Cyrillic", "Greek", "Armenian"),
    citation="Ribeiro et al. 2020 (CheckList); Unicode SpecialCasing (Turkish, Azerbaijani, final sigma)",
)
