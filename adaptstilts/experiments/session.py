"""What the steps of one process share: the opened backbone, rows, and the transfer that was loaded last."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from adaptstilts.data.loading import Loaded, load
from adaptstilts.experiments.config import Config
from adaptstilts.experiments.facts import task_of, where_of
from adaptstilts.experiments.steps import Ingredient, Shelved, Transfer
from adaptstilts.experiments.store import Store
from adaptstilts.experiments.zoo import Zoo
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.backbone import Backbone
from adaptstilts.models.bundle import load_bundle
from adaptstilts.models.loading import open_backbone
from adaptstilts.tasks import Task
from adaptstilts.training import Progress, Silent


class Session:
    """One process's working memory; everything in it can be read again from the store."""

    def __init__(
        self,
        config: Config,
        store: Store,
        zoo: Zoo,
        *,
        progress: Progress | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.config, self.store, self.zoo, self.say = config, store, zoo, say
        self.progress: Progress = progress or Silent()
        self._rows: dict[tuple[str, str, str, int | None], Loaded] = {}
        self._held: tuple[str, Assembly] | None = None

    @cached_property
    def backbone(self) -> Backbone:
        return open_backbone(self.config.backbone, self.say)

    def task(self, name: str) -> Task:
        return task_of(self.config, name)

    def rows(self, task: Task, split: str, language: str, limit: int | None, seed: int = 0) -> Loaded:
        """Rows of one split and language, read once; the shuffle behind a limited training set follows `seed`."""
        key = (task.name, split, language, limit)
        if split == "train":
            return load(task, split, language, where_of(self.config), limit, seed)
        if key not in self._rows:
            self._rows[key] = load(task, split, language, where_of(self.config), limit, seed)
        return self._rows[key]

    def adapter_folder(self, ingredient: Ingredient) -> Path:
        """Where the files of one intermediate adapter lie, checked against their digest if they come from the zoo."""
        if isinstance(ingredient, Shelved):
            return self.zoo.files(ingredient.digest)
        return self.store.folder(ingredient.key) / "adapter"

    def adapter_folders(self, transfer: Transfer) -> dict[str, Path]:
        return {ingredient.task: self.adapter_folder(ingredient) for ingredient in transfer.adapters}

    def assembly(self, transfer: Transfer) -> Assembly:
        """The trained composition of a finished transfer, loaded from its bundle; the last one asked for stays loaded."""
        if self._held is None or self._held[0] != transfer.key:
            self.release()
            folder = self.store.folder(transfer.key) / "bundle"
            self._held = (transfer.key, load_bundle(self.backbone, folder, self.adapter_folders(transfer)))
        return self._held[1]

    def release(self) -> None:
        """Let go of the loaded transfer, so that another can be put together on the same backbone."""
        if self._held is not None:
            self._held[1].close()
            self._held = None
