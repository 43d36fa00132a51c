"""What the steps of one process share: the opened backbone, rows, and the transfer that was loaded last."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from adaptstilts.config.load import Config
from adaptstilts.data.encoding.cache import Encoded, encoded
from adaptstilts.data.encoding.languages import in_languages
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import Loaded, load
from adaptstilts.errors import CorruptArtefact
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Encoding, Head
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.bundle import load_bundle
from adaptstilts.models.door.open import open_backbone
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.progress import Progress, Silent
from adaptstilts.rows import Row
from adaptstilts.steps.step import Score, Step, TrainAdapter, Transfer
from adaptstilts.store.store import ENCODINGS, Store
from adaptstilts.tasks import Task
from adaptstilts.zoo.zoo import Zoo, Zoos, user_zoo

T = TypeVar("T")

KEPT_FROM = 2000
"""From so many rows on encodings are kept; fewer are made again sooner than they are found."""


class Session:
    """One process's working memory; everything in it can be read again from the store.

    `apart` has what was saved read again in a fresh process, as every command for one cell does; else in this one.
    `engine` is the name of what runs the steps, for their records.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        zoo: Zoo | Zoos,
        *,
        progress: Progress | None = None,
        apart: bool = False,
        engine: str = "inline",
    ) -> None:
        self.apart, self.engine = apart, engine
        self.config, self.store, self.facts = config, store, ConfigFacts(config)
        self.zoo = zoo if isinstance(zoo, Zoos) else Zoos(zoo, user_zoo(store.root))
        self.progress: Progress = progress or Silent()
        self._rows: dict[tuple[str, str, str, int | None, bool], Loaded] = {}
        self._made: dict[tuple[Hashable, ...], Any] = {}
        self._held: tuple[str, Assembly] | None = None

    @cached_property
    def backbone(self) -> Backbone:
        return open_backbone(self.config.backbone, self.config.device.precision)

    def backbone_for(self, step: Step) -> Backbone:
        """The backbone in the precision that a step asks for: a score that of its transfer, unless the config names one."""
        usual = self.backbone
        if step.kind != "score" or self.config.device.precision != "auto":
            return usual
        trained = self.store.transfer(step.transfer.key).provenance.arithmetic
        if trained == usual.precision:
            return usual
        return self.once(("backbone", trained), lambda: open_backbone(self.config.backbone, trained))

    def task(self, name: str) -> Task:
        return self.facts.task(name)

    def rows(
        self, task: Task, split: str, language: str, limit: int | None, seed: int = 0, *, drawn: bool = False
    ) -> Loaded:
        """Rows of one split and language as `load` gives them, read once; training rows each time, in the order of `seed`."""
        key = (task.name, split, language, limit, drawn)
        if split == "train":
            return load(task, split, language, self.facts.source, limit, seed)
        if key not in self._rows:
            self._rows[key] = load(task, split, language, self.facts.source, limit, seed, drawn=drawn)
        return self._rows[key]

    def scored(self, step: Score, task: Task, language: str) -> Loaded:
        """The rows that a score without an attack is over, in one language."""
        return self.rows(task, "test", language, step.rows, drawn=step.drawn)

    def head(self, name: str) -> Head:
        """The head that a task asks for."""
        task = self.task(name)
        return kind_of(task.kind).head(task)

    def encode(
        self,
        rows: Sequence[Row],
        task: Task,
        *,
        keep: bool = False,
        progress: Progress | None = None,
        published: bool = False,
    ) -> Sequence[Encoding]:
        """The rows as model inputs, by their kind; `keep` those that another run will want, beside the store."""
        kind, limits = kind_of(task.kind), self.config.limits
        tokenizer = self.tokens(published=True) if published else self.backbone.tokenizer
        if not keep or len(rows) < KEPT_FROM:
            return self._spoken(kind.encode(rows, task, tokenizer, limits), rows, task)
        folder = self.store.root / ENCODINGS
        found = encoded(rows, task, kind, tokenizer, limits, folder=folder, progress=progress)
        return self._spoken(found, rows, task)

    def _spoken(self, found: Sequence[Encoding], rows: Sequence[Row], task: Task) -> Sequence[Encoding]:
        """The same inputs with their languages, where the encoder has parts for each."""
        return in_languages(found, rows, task) if self.backbone.languages else found

    def truncated(self, encodings: Sequence[Encoding]) -> int:
        """How many inputs were cut to the length limit."""
        if isinstance(encodings, Encoded):
            return int((encodings.truncated > 0).sum())
        return sum(1 for encoding in encodings if encoding.truncated)

    def once(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """What `make` gives, made at the first asking: for what every attack needs of the same rows."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def tokens(self, *, published: bool = False) -> KeptTokens:
        """The backbone's tokenizer with a memory: for attacks, which ask about the same texts again and again.

        `published` is the fast tokenizer as its file has it.
        """
        return self.once(("tokens", published), lambda: KeptTokens.of(self.backbone.tokenizer, published=published))

    def adapter_folders(self, transfer: Transfer) -> dict[str, Path]:
        """Where the files of the composition's trained members lie, by name; those in the zoo are checked against their digest."""
        return {
            name: ingredient.made(shelved=self.zoo.files, trained=lambda key: self.store.folder(key) / "adapter")
            for name, ingredient in zip(transfer.members, transfer.adapters, strict=False)  # random ones have none
            if not ingredient.whole
        }

    def standins(self, transfer: Transfer) -> dict[str, str]:
        """Task -> the task whose data stood in for its own, over all its adapters, those taken from the zoo as well."""
        return transfer.standins({entry.digest: entry.standin for entry in self.zoo})

    def encoder_weights(self, transfer: Transfer) -> Path | None:
        """The encoder that a transfer starts from, if an earlier step trained one."""
        found = [step for step in transfer.needs if step.whole]
        return self.store.folder(found[0].key) / "encoder" / "model.safetensors" if found else None

    def language_folders(self, step: TrainAdapter | Transfer) -> dict[str, Path]:
        """The language adapters of the config, where the step has any; CorruptArtefact if they have changed since."""
        if not step.languages:
            return {}
        if ConfigFacts(self.config).languages(step.speaks) != step.languages:  # as they are now
            what = "the language adapters are not those that this run was planned with"
            do = "Run the command again: the plan will follow them."
            raise CorruptArtefact(what, where="language_adapters", do=do)
        return {code: Path(folder).expanduser() for code, folder in self.config.language_adapters.items()}

    def speak(self, assembly: Assembly, step: TrainAdapter | Transfer, language: str) -> None:
        """Let the assembly read a language, which matters where there are language adapters, or parts of the encoder for each."""
        if step.languages or assembly.backbone.languages:
            assembly.speak(language)

    def assembly(self, step: Score, language: str) -> Assembly:
        """The trained composition that a step scores, loaded from its bundle; the last one asked for stays loaded.

        It is made to read `language`, which matters where there are language adapters.
        """
        transfer = step.transfer
        if self._held is None or self._held[0] != transfer.key:
            self.release()
            folder = self.store.folder(transfer.key) / "bundle"
            folders, languages = self.adapter_folders(transfer), self.language_folders(transfer)
            self._held = (transfer.key, load_bundle(self.backbone_for(step), folder, folders, languages))
        self.speak(self._held[1], transfer, language)
        return self._held[1]

    def release(self) -> None:
        """Let go of the loaded transfer, so that another can be put together on the same backbone."""
        if self._held is not None:
            self._held[1].close()
            self._held = None
