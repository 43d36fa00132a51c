"""Which of an encoder's languages reads a text, where its layers have parts for each (X-MOD)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptstilts.errors import NotApplicable


def reader(code: str, known: Sequence[str], reads: Mapping[str, str]) -> str:
    """The encoder's own name for a language: `en_XX` for "en", the first of several; NotApplicable for one that it lacks.

    `reads` says for languages that it lacks whose parts read them.
    """
    wanted = reads.get(code, code)
    named = next((name for name in known if wanted in (name, name.partition("_")[0])), "")
    if not named:
        what = f"the encoder has no parts for {wanted!r}" + (f", which should read {code!r}" if wanted != code else "")
        codes = dict.fromkeys(name.partition("_")[0] for name in known)
        do = (
            f"Leave {code} out with --langs, or say whose parts read it (`--set backbone.reads.{code}=en`); "
            f"there are: {', '.join(codes)}."
        )
        raise NotApplicable(what, where="backbone.reads", do=do)
    return named
