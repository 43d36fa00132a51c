"""What a config says of a name: where its rows lie, the task as it is there, the backbone's identity; found once each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from adaptstilts import ids
from adaptstilts.attacks.text.graphemes import tables
from adaptstilts.attacks.text.lexicon import read_lexicon, read_tautologies
from adaptstilts.config.load import Config
from adaptstilts.data.identity import identity as data_identity
from adaptstilts.data.sources import DataSource, facts_for, source_of
from adaptstilts.data.text import text_identity
from adaptstilts.errors import DataMissing, InputError, NotApplicable
from adaptstilts.models.architectures.languages import check_readable, check_reads
from adaptstilts.models.door.config import ModelConfig
from adaptstilts.models.door.folder import config_at_hand
from adaptstilts.models.door.identity import identity as backbone_identity
from adaptstilts.settings import AdapterSettings
from adaptstilts.tasks import TASKS, Task


class ConfigFacts:
    """One config's answers, each found at the first asking and remembered: what changes on disk later is not seen.

    Files are read, nothing is fetched or written. Identities are canonical JSON, as steps hold them.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._tasks: dict[str, Task] = {}
        self._rows: dict[tuple[str, str, tuple[str, ...]], str] = {}

    @cached_property
    def source(self) -> DataSource:
        """Where the rows come from; DataMissing if there is no such folder."""
        return source_of(self.config.data.source)

    def backbone(self, *languages: str) -> str:
        """The identity of the backbone as a step in some languages has it: with who reads them, where another one's parts do."""
        lent = self._reads(languages)
        return ids.canonical({**self._backbone, "reads": lent} if lent else self._backbone)

    def reads(self, languages: Sequence[str]) -> str:
        """Whose parts of the encoder read those of some languages that it lacks; empty without any. Raises as `check_read`."""
        self.check_read(languages)
        lent = self._reads(languages)
        return ids.canonical(lent) if lent else ""

    def _reads(self, languages: Iterable[str]) -> dict[str, str]:
        told = self.config.backbone.reads
        return {code: told[code] for code in languages if code in told}

    @cached_property
    def _backbone(self) -> dict[str, Any]:
        return backbone_identity(self.config.backbone)

    @cached_property
    def clusters(self) -> str:
        """What decides the letters that an attack parts text into; empty where the text is generated."""
        return "" if self.source.generated else tables()

    def task(self, name: str) -> Task:
        """The task as it is here: its languages and labels where its rows lie, its kind's settings; UnknownName.

        Where the task has no public data, the user has none, and stand-ins are allowed, it is the stand-in that comes back.
        """
        if name not in self._tasks:
            task = facts_for(TASKS.get(name), self.source)
            if task.standin and self.config.data.allow_standin and not self._is_there(task):
                task = facts_for(TASKS.get(task.standin), self.source)
            self._tasks[name] = dataclasses.replace(task, options={**task.options, **self.options(task)})
        return self._tasks[name]

    def _is_there(self, task: Task) -> bool:
        try:
            self.rows(task, "train", (self.config.data.intermediate_language,))
        except DataMissing:
            return False
        return True

    def options(self, task: Task) -> dict[str, Any]:
        """What the config sets of the task's kind: where and how retrieval reads the encoder, and compares."""
        if task.kind != "retrieval":
            return {}
        evaluation = self.config.evaluation
        chosen = dataclasses.asdict(evaluation.retrieval)
        return {"depth": evaluation.depth, **{name: value for name, value in chosen.items() if value is not None}}

    def rows(self, task: Task, split: str, languages: tuple[str, ...]) -> str:
        """The identity of the rows of one split; DataMissing if a language has none."""
        asked = (task.name, split, languages)
        if asked not in self._rows:
            self._rows[asked] = ids.canonical(data_identity(task, self.source, split, languages))
        return self._rows[asked]

    @cached_property
    def text(self) -> str:
        """The identity of the running text for masked-language modelling; InputError where there is none."""
        return text_identity(self.config.data.text, self.source)

    @cached_property
    def speakers(self) -> Mapping[str, str]:
        """The digests of the language adapters by language; InputError for a folder that is not there."""
        return {code: _digest(code, Path(place).expanduser()) for code, place in self.config.language_adapters.items()}

    def languages(self, alone: str = "") -> str:
        """The digests of the language adapters by language; empty without any.

        `alone` picks the one of a language, which is all that training in it depends on.
        """
        found = {code: digest for code, digest in self.speakers.items() if alone in ("", code)}
        return ids.canonical(found) if found else ""

    @cached_property
    def encoder(self) -> ModelConfig | None:
        """The backbone's config, where it is here; whoever fetches it later may set it."""
        return config_at_hand(self.config.backbone)

    def check_adapter(self, shape: AdapterSettings) -> None:
        """NotApplicable for adapters of a shape that cannot be put on the backbone; of one that is not here nothing is known."""
        why = self.encoder.architecture.unfit.get(shape.architecture, "") if self.encoder else ""
        if self.encoder and why:
            what = f"{shape.architecture!r} cannot be put on {self.encoder.model_type}: {why}"
            raise NotApplicable(what, where="adapter.architecture", do="`adaptstilts list encoders` says more.")

    def check_languages(self, languages: Iterable[str]) -> None:
        """NotApplicable for languages that the encoder lacks, where it has parts for each; InputError for `reads` of one that it has.

        And, naming all, for languages without an adapter where the config has language adapters.
        """
        self.check_read(languages)
        known = self.config.language_adapters
        missing = [code for code in languages if known and code not in known]
        if missing:
            do = "Name a folder for each in the config's `language_adapters`, or leave them out with --langs."
            what = f"there is no language adapter for {', '.join(missing)}"
            raise NotApplicable(what, where="language_adapters", do=do)

    def check_read(self, languages: Iterable[str]) -> None:
        """The same of the encoder alone, for languages that texts are in."""
        spoken, reads = (self.encoder.languages if self.encoder else ()), self.config.backbone.reads
        check_reads(spoken, reads)
        check_readable(dict.fromkeys(languages) if spoken else (), spoken, reads)

    def lexicon(self, language: str) -> Mapping[str, tuple[str, ...]]:
        """Translations by word: of the user's lexicon (a file, or a folder of `de-en.txt` and the like), or the pocket lab's.

        Empty where there is none for the language. Raises DataMissing and InputError as `read_lexicon`.
        """
        file = self._lexicon_file(language)
        if file:
            return read_lexicon(file, language)
        return {} if self.config.data.lexicon else self.source.lexicon(language)

    def tautology(self, language: str) -> str:
        """The clause of the user's table that changes no label; empty without one for the language."""
        return read_tautologies(self._clauses).get(language, "") if self._clauses else ""

    def resources(self, languages: tuple[str, ...]) -> str:
        """What decides the user's lexicon and table of clauses; empty where there are neither."""
        lexicons = {language: file for language in languages if (file := self._lexicon_file(language))}
        found = {f"lexicon {language}": ids.files_digest([file]) for language, file in lexicons.items()}
        if self._clauses:
            read_tautologies(self._clauses)  # says so if it is not there
            found["tautologies"] = ids.files_digest([self._clauses])
        return ids.canonical(found) if found else ""

    @property
    def _clauses(self) -> Path | None:
        return Path(self.config.data.tautologies).expanduser() if self.config.data.tautologies else None

    def _lexicon_file(self, language: str) -> Path | None:
        if not self.config.data.lexicon:
            return None
        path = Path(self.config.data.lexicon).expanduser()
        if path.is_dir():
            return next(iter(sorted(path.glob(f"{language}-*"))), None)
        if not path.is_file():
            do = "Name a file in MUSE's or PanLex's format, or a folder of files called de-en.txt and the like."
            raise DataMissing("there is no such lexicon", where=str(path), do=do)
        return path


def _digest(code: str, folder: Path) -> str:
    if not folder.is_dir():
        do = "Name the folder of an adapter that `adapters` saved as safetensors."
        raise InputError(f"there is no language adapter for {code!r}", where=str(folder), do=do)
    return ids.files_digest(sorted(folder.iterdir()))
