"""Which of an encoder's languages reads a text, where its layers have parts for each (X-MOD)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptstilts.errors import InputError, NotApplicable


def reader(code: str, known: Sequence[str], reads: Mapping[str, str]) -> str:
    """The encoder's own name for a language: `en_XX` for "en", the first of several; NotApplicable for one that it lacks.

    `reads` says for languages that it lacks whose parts read them.
    """
    wanted = reads.get(code, code)
    named = _named(wanted, known)
    if not named:
        what = f"the encoder has no parts for {wanted!r}" + (f", which should read {code!r}" if wanted != code else "")
        codes = dict.fromkeys(name.partition("_")[0] for name in known)
        do = (
            f"Leave {code} out with --langs, or say whose parts read it (`--set backbone.reads.{code}=en`); "
            f"there are: {', '.join(codes)}."
        )
        raise NotApplicable(what, where="backbone.reads", do=do)
    return named


def check_reads(known: Sequence[str], reads: Mapping[str, str]) -> None:
    """InputError where `reads` has a language read by another one's parts that the encoder has parts for itself."""
    for code in reads:
        if own := _named(code, known):
            do = "Leave it out: `reads` is for languages that the encoder lacks."
            raise InputError(
                f"the encoder has parts for {code!r} itself ({own})", where=f"backbone.reads.{code}", do=do
            )


def _named(code: str, known: Sequence[str]) -> str:
    return next((name for name in known if code in (name, name.partition("_")[0])), "")
