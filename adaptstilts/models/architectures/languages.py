"""Which of an encoder's languages reads a text, where its layers have parts for each (X-MOD)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adaptstilts.errors import InputError, NotApplicable


def reader(code: str, known: Sequence[str], reads: Mapping[str, str]) -> str:
    """The encoder's own name for a language: `en_XX` for "en", the first of several; NotApplicable for one that it lacks.

    `reads` says for languages that it lacks whose parts read them.
    """
    check_readable([code], known, reads)
    return _named(reads.get(code, code), known)


def check_readable(codes: Iterable[str], known: Sequence[str], reads: Mapping[str, str]) -> None:
    """NotApplicable, naming all, for languages that an encoder lacks and that nobody reads."""
    lost = [code for code in codes if not _named(reads.get(code, code), known)]
    if not lost:
        return
    named = [f"{reads[code]!r}, which should read {code!r}" if code in reads else repr(code) for code in lost]
    there = dict.fromkeys(name.partition("_")[0] for name in known)
    told = " ".join(f"--set backbone.reads.{code}=en" for code in lost)
    do = (
        f"Leave texts in {', '.join(lost)} out with --langs, or say whose parts read them (`{told}`); "
        f"there are: {', '.join(there)}."
    )
    raise NotApplicable(f"the encoder has no parts for {', '.join(named)}", where="backbone.reads", do=do)


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
