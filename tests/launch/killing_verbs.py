"""Verbs that write, killed at random moments: a reader never meets half of anything, and the same command ends well afterwards."""

import dataclasses
import os
import random
import shutil
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from adaptstilts.store.store import Store
from adaptstilts.zoo.verification import verify
from adaptstilts.zoo.zoo import Zoo
from tests.launch.killing import SIGNALS, Command, Wrong, _say, expected, final, finished, same
from tests.loopback import LoopbackHub

TOKEN = "hf_" + "w" * 34


@dataclasses.dataclass
class Verb:
    """What is typed, what must hold whenever it is killed, and what must be there in the end, by name."""

    words: list
    holds: Callable[[Path], None]
    end: Callable[[Path], dict]
    more: dict = dataclasses.field(default_factory=dict)


def archive(folder):
    """The members of an archive, if it is there: of a whole one each reads to its end."""
    path = folder / "ours.tar.gz"
    if not path.exists():
        return {}
    with tarfile.open(path) as found:
        return {member.name: found.extractfile(member).read() for member in found if member.isfile()}


def pooled(folder):
    return final(folder / "theirs")


def pooled_holds(folder):
    """Each record that is there reads back; the rest comes with the next import."""
    list(Store(folder / "theirs").records())


def shelf(folder):
    """The entries of the zoo, whose files are whole."""
    return {entry.name: entry.digest for entry in Zoo(folder / "zoo")}


def shelf_holds(folder):
    if damaged := [flaw for flaw in verify(Zoo(folder / "zoo")) if flaw.level == "damaged"]:
        raise Wrong(f"damaged: {damaged}")


def figures(folder):
    """The numbers behind the figures."""
    return {path.name: path.read_bytes() for path in (folder / "report").rglob("*.csv")}


def hosted(hub):
    def files(folder):
        repository = hub.repositories.get(("model", f"me/{folder.name}"))
        if repository is None or "main" not in repository.refs:
            return {}
        return {file.path: file.bytes() for file in repository.files(repository.refs["main"])}

    return files


def hosted_holds(hub, whole):
    """At any moment the repository has all files or none of them."""

    def holds(folder):
        found = set(hosted(hub)(folder)) - {".gitattributes"}
        if found and len(found) < whole:
            raise Wrong(f"half a commit: {found}")

    return holds


def nothing(folder):
    pass


def table(hub, adapter):
    """The verbs by name."""
    there = {
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HOME": "home",
    }
    zoo = ["--zoo", "zoo"]
    return {
        "export": Verb(["export", "--records", "ours.tar.gz"], archive, archive),
        "import": Verb(["import", "../whole.tar.gz", "--out", "theirs"], pooled_holds, pooled),
        "zoo add": Verb(["zoo", "add", adapter, "--as", "mine", *zoo], shelf_holds, shelf),
        "report": Verb(["report", "runs", "--format", "csv", "--out", "report"], nothing, figures),
        "publish": Verb(["publish", "pocket-mnli", "me/NAME"], hosted_holds(hub, 6), hosted(hub), there),
        "pull": Verb(["pull", "me/whole", "--as", "pulled"], shelf_holds, shelf, {**there, "ADAPTSTILTS_ZOO": "zoo"}),
    }


def killed_verb(verb, folder, seconds, rng):
    """The verb killed once, and then done: who was killed, and how. Wrong if anything is not as it should be."""
    words = [word.replace("NAME", folder.name) for word in verb.words]
    more = {name: str(folder / text) if text in ("home", "zoo") else text for name, text in verb.more.items()}
    number = rng.choice(SIGNALS)
    with Command(words, folder, more) as command:
        time.sleep(rng.random() * seconds)
        hit = command.kill("parent", number)
        code = command.ended()
        if code not in expected(hit, number):
            raise Wrong(f"{number.name}: code {code}: {command.told()}")
    verb.holds(folder)
    with Command(words, folder, more) as command:
        if code := command.ended():
            raise Wrong(f"after {number.name}: code {code}: {command.told()}")
    verb.holds(folder)
    return hit, number.name


def _prepared(root, number):
    """A folder with the finished sweep's store in it."""
    folder = root / f"killed-{number}"
    folder.mkdir()
    shutil.copytree(root / "runs", folder / "runs", copy_function=os.link)
    return folder


def _times(root, verb, folder):
    """How long the verb takes when it is left alone."""
    words = [word.replace("NAME", folder.name) for word in verb.words]
    more = {name: str(folder / text) if text in ("home", "zoo") else text for name, text in verb.more.items()}
    began = time.monotonic()
    with Command(words, folder, more) as command:
        if code := command.ended():
            raise Wrong(f"left alone it ends with {code}: {command.told()}")
    return time.monotonic() - began


def verbs(root, wanted, seed, *names):
    """Kill each verb so often; those that ended before the kill do not count, but three times as many are tried at most."""
    rng, hits, wrong = random.Random(seed), {}, []
    finished(root)
    with LoopbackHub() as hub:
        hub.desk.tokens = {TOKEN: frozenset({"me"})}
        adapter = next(record.key for record in Store(root / "runs").records() if record.step == "adapter")
        _first(root, hub, adapter, names)
        number = 0
        for name, verb in table(hub, adapter).items():
            if names and name not in names:
                continue
            hits[name] = Counter()
            whole = _prepared(root, f"whole-{name.replace(' ', '-')}")
            seconds = _times(root, verb, whole)
            end = verb.end(whole)
            for _ in range(3 * wanted):
                if sum(hits[name].values()) >= wanted:
                    break
                number += 1
                folder = _prepared(root, number)
                try:
                    hit, how = killed_verb(verb, folder, seconds, rng)
                    hits[name][how] += bool(hit)
                    if name != "publish":
                        same(verb.end(folder), end, name)
                    elif set(verb.end(folder)) != set(end):
                        raise Wrong("other files were published")
                    if left := list(folder.rglob(".import-*")):
                        raise Wrong(f"left over: {left}")
                    _say(f"{name}: {hit} {how}")
                except Wrong as error:
                    wrong.append(f"{name}: {error}")
                    _say(f"WRONG {name}: {error}")
                shutil.rmtree(folder)
    return {"kills": {name: dict(found) for name, found in hits.items()}, "wrong": wrong}


def _first(root, hub, adapter, names):
    """What `import` and `pull` read: an archive of the store, and a published adapter."""
    folder = _prepared(root, "first")
    verbs = table(hub, adapter)
    if not names or "import" in names:
        _times(root, verbs["export"], folder)
        shutil.copy(folder / "ours.tar.gz", root / "whole.tar.gz")
    if not names or "pull" in names:
        _times(root, dataclasses.replace(verbs["publish"], words=["publish", "pocket-mnli", "me/whole"]), folder)
