"""The model card of a published adapter or composition: metadata for the Hub, and pages for a reader."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml
from huggingface_hub import ModelCardData

from adaptstilts.attacks import ATTACKS
from adaptstilts.hub.licences import licence_fields
from adaptstilts.hub.markup import fenced, grid, shown
from adaptstilts.hub.package import Package
from adaptstilts.hub.results import adapter_index, columns, lines, model_index, source_ids
from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.numerals import percent
from adaptstilts.store.records.numbers import AboveChance
from adaptstilts.tasks import TASKS

CONFIG = "config.yaml"
_LOADS = "loads each folder (`fusion-*`, `adapter-*`, `head`) with `use_safetensors=True`"
_APART = "computes another function on this encoder"
CITATION = "Phang et al. 2020, arXiv 2005.13013"


def card(found: Package, id: str) -> str:
    """README.md of a repository `id`: metadata and text; nothing in it comes from elsewhere than the package."""
    return _page(found, _use(found, id), _again(found))


def shelf_card(found: Package, command: str) -> str:
    """The card of an adapter that travels with adaptstilts, made by `command`."""
    facts = found.facts
    taken = shlex.join(["adaptstilts", "fuse", "--tasks", str(facts["name"]), "--target", "xnli"])
    if not _is_pocket(facts):
        taken += f" --config {shlex.quote(str(facts['provenance']['config']))}"
    plain = f'name = model.load_adapter("adapter_zoo/files/{facts["digest"]}", use_safetensors=True)'
    return _page(found, _two_ways(taken, plain), fenced(command, "sh"))


def _two_ways(ours: str, plain: str, apart: str = "") -> str:
    said = f"Plain `adapters` {_APART}: {apart}."
    plainly = f"With plain `adapters`, on a model of the same backbone:\n\n{fenced(plain, 'python')}"
    return f"{fenced(ours, 'sh')}\n\n{said if apart else plainly}"


def _page(found: Package, use: str, again: str) -> str:
    facts = found.facts
    parts = [
        f"# {shown(facts.get('title') or facts['name'])}",
        _what(facts),
        _dirty(facts),
        "## Results\n\n" + _results(found),
        "## Where it comes from\n\n" + _origin(found),
        "## Cost\n\n" + _cost(facts),
        "## Use it\n\n" + use,
        "## Make it again\n\n" + again,
        "## Citation\n\n" + _citation(facts),
    ]
    return f"---\n{metadata(found)}\n---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def metadata(found: Package) -> ModelCardData:
    """The card's YAML head, as the Hub reads it."""
    facts = found.facts
    name, pocket = str(facts["name"]), _is_pocket(facts)
    backbone = str(facts["backbone"].get("name", ""))
    languages = [
        code for code in _languages(found) if re.fullmatch(r"[a-z]{2,3}", code) and not re.match(r"q[a-t]", code)
    ]
    licence = licence_fields(str(facts["licence"]))
    head = ModelCardData(
        license=licence["license"],
        license_name=licence.get("license_name"),
        library_name="adapters",
        language=languages or None,
        tags=["adapters", f"adapterhub:{facts['task']}", *_architecture(found), backbone.split("/")[-1], "adaptstilts"],
        base_model=backbone if "/" in backbone else None,
        datasets=(not pocket and source_ids(facts["spec"])) or None,
    )
    if facts["kind"] == "composition":
        head["model-index"] = model_index(name, str(facts["target"]), columns(found.scores), pocket) or None
    else:
        head["model-index"] = adapter_index(name, str(facts["task"]), facts["results"], pocket) or None
    return head


def config_text(found: Package) -> str:
    """The config that it was made with, as a file that `--config` reads; empty where the record does not hold it."""
    settings = found.facts.get("provenance", {}).get("settings")
    return yaml.safe_dump(_set(settings), sort_keys=False, allow_unicode=True) if settings else ""


def _set(value: Any) -> Any:
    """The settings without those that are not set, which say nothing."""
    if isinstance(value, Mapping):
        kept = {key: _set(item) for key, item in value.items() if item is not None}
        return {key: item for key, item in kept.items() if item != {}}
    return value


def command(facts: Mapping[str, Any]) -> str:
    """The command line that makes it again."""
    config, spec = f"--config {CONFIG}", facts["spec"]
    seed = ["--seed", str(spec["seed"])] if spec.get("seed") else []
    if facts["kind"] == "adapter":
        return shlex.join(["adaptstilts", "train", str(facts["task"]), *config.split(), *seed])
    names = [str((m.get("hub") and f"hub:{m['hub']}") or m["name"]) for m in facts["members"]]
    tasks = ["--tasks", ",".join(names)] if names else []
    method = ["--method", str(spec["method"])] if spec.get("method") else []
    bare = ["--no-target-adapter"] if spec.get("target_adapter") is False else []
    verb, target = str(facts["composition"]), ["--target", str(facts["target"])]
    return shlex.join(["adaptstilts", verb, *tasks, *target, *config.split(), *method, *bare, *seed])


def _is_pocket(facts: Mapping[str, Any]) -> bool:
    """Whether the encoder is the pocket lab's, and the rows too if it has learnt from any."""
    return _on_pocket(facts) and "pocket" in (facts["spec"].get("data") or ("pocket",))


def _on_pocket(facts: Mapping[str, Any]) -> bool:
    return str(facts["backbone"].get("name")) == "pocket"


def _architecture(found: Package) -> list[str]:
    """The tag that AdapterHub gives to encoders of this family."""
    return [found.model_type] if found.model_type else []


def _languages(found: Package) -> list[str]:
    clean = columns(found.scores).get("clean")
    scored = clean.scores if clean else {}
    return list(scored or found.facts.get("results", {}))


def _what(facts: Mapping[str, Any]) -> str:
    backbone, task = facts["backbone"], str(facts["task"])
    at = backbone.get("revision") or backbone.get("content") or "unknown"
    on = f"the frozen encoder {shown(backbone.get('name', 'unknown'))} (revision {shown(at)})"
    about = shown(TASKS.get(task).summary) if task in TASKS else "a task that is not known"
    if facts["kind"] == "adapter":
        text = f"An adapter for {shown(task)} ({about}), trained on {on}."
    else:
        text = f"A composition of adapters for {shown(task)} ({about}) on {on}: {shown(facts['title'])}."
    packaged = PACKAGED.get(str(backbone.get("name")))
    if packaged:
        text += f"\n\nThat encoder is {packaged.about}; `{packaged.card}` in the repository of adaptstilts says what that costs."
    if _is_pocket(facts):
        text += (
            "\n\nIt comes from the embedded pocket lab, whose languages are generated: it shows that the method works, and says "
            "nothing about human languages."
        )
    elif _on_pocket(facts):
        text += (
            "\n\nThe encoder is the pocket lab's, tiny, and has read generated languages only: whatever the rows are, scores on it say "
            "nothing about human languages."
        )
    if backbone.get("init") == "random":
        text += "\n\n**The backbone is randomly initialised: its scores say nothing about the model of that name.**"
    for name, other in facts.get("standins", {}).items():
        text += f"\n\n**{shown(name)} was trained on {shown(other)} in its place.**"
    return text


def _dirty(facts: Mapping[str, Any]) -> str:
    if not facts.get("provenance"):
        return "No record of its making is at hand; what follows is what the zoo's index says."
    dirty = facts["provenance"].get("dirty")
    return "**dirty tree**: made by code with changes that are in no commit." if dirty else ""


def _results(found: Package) -> str:
    facts = found.facts
    if facts["kind"] == "composition":
        headings, rows = lines(columns(found.scores))
        if not rows:
            return "It has not been scored."
        metric = columns(found.scores)["clean"].metric
        return (
            f"{shown(metric)} in per cent by language, clean and attacked; n is the number of rows scored clean.\n\n"
            f"{grid(headings, rows)}{_attacks(found)}"
        )
    results = facts["results"]
    if not results:
        return "It has not been scored."
    names = list(next(iter(results.values())))
    rows = [
        [language, *(_shown_number(name, cells.get(name)) for name in names)] for language, cells in results.items()
    ]
    table = f"On held-out rows of its own task, clean, in per cent.\n\n{grid(['language', *names], rows)}"
    return f"{table}\n\n{_learnt(facts)}"


def _learnt(facts: Mapping[str, Any]) -> str:
    """By how much an adapter beats answers that read nothing."""
    if not facts.get("above_chance"):
        return "Nobody has looked whether it beats answers that read nothing."
    found = AboveChance(**facts["above_chance"])
    than = (
        f"{found.points} points [95 % interval] against the {percent(found.uninformed)} that the best answers which read nothing "
        f"score on the same {found.n:,} rows"
    )
    if found.taught:
        return f"It has learnt its task: {than}."
    return f"**Untaught**: {than}. It counts as a control, not as a task."


def _attacks(found: Package) -> str:
    """What each column of attacks and challenge sets means, and how strong or costly the attack was."""
    lines = []
    for column, record in columns(found.scores).items():
        name, entries = (record.attack, ATTACKS) if record.attack else (record.challenge, TASKS)
        if name:
            about = entries.get(name).summary if name in entries else "not declared here"
            strength = [f"{key} {value}" for key in ("severity", "budget") if (value := getattr(record.spec, key))]
            lines.append(f"- {shown(column)}: {shown(about)}{shown(''.join(f'; {text}' for text in strength))}")
    return "\n\n" + "\n".join(lines) if lines else ""


def _shown_number(name: str, value: Any) -> str:
    if not isinstance(value, (int, float)):
        return "n/a"
    return str(value) if name == "n" else percent(value)


def _origin(found: Package) -> str:
    facts = found.facts
    tasks = [facts["task"], *(m["task"] for m in facts.get("members", ()))]
    rows = [["licence of the data", facts["licence"]]]
    for task in dict.fromkeys(tasks):
        if task in TASKS and not _is_pocket(facts):
            known = TASKS.get(facts.get("standins", {}).get(task, task))
            ids = ", ".join(dict.fromkeys(source.id for source in known.train)) or "none"
            rows.append([f"data of {task}", f"{ids} ({known.licence})"])
    if facts.get("origin", "shipped") != "shipped":
        rows.append(["taken from", facts["origin"]])
    examples = facts.get("training", {}).get("examples")
    rows += [["training rows", f"{examples:,}"]] if isinstance(examples, int) else []
    rows += [["step", facts["key"] or "unknown"], ["digest", facts["digest"]]]
    rows += [
        [f"adapter {m['name']}", m.get("hub") or f"{m['path']} (digest {m['digest']})"]
        for m in facts.get("members", ())
    ]
    made = facts.get("provenance", {})
    packages = ", ".join(f"{name} {version}" for name, version in made.get("packages", {}).items() if version)
    if packages:
        commit = made.get("commit") or "not from a checkout"
        rows += [["packages", packages], ["commit", commit], ["Python", made["python"]]]
    return grid(["", ""], rows)


def _cost(facts: Mapping[str, Any]) -> str:
    record = facts.get("record", facts)
    parts, cost = record.get("parts", {}), record.get("cost", {})
    found = [f"{parts['trainable']:,} trained parameters" if "trainable" in parts else ""]
    found += [f"of {parts['total']:,}" if "total" in parts else ""]
    found += [f"{cost['seconds']:,.1f} s" if "seconds" in cost else "time not known"]
    device = facts.get("provenance", {}).get("device")
    memory = cost.get("peak_memory")
    found += [f"peak memory {memory / 1e6:,.0f} MB" if memory else "", f"on {shown(device)}" if device else ""]
    return ", ".join(part for part in found if part).replace(", of ", " of ") + "."


def _use(found: Package, id: str) -> str:
    facts, apart = found.facts, found.apart
    if facts["kind"] == "adapter":
        plain = (
            "from huggingface_hub import snapshot_download\n\n"
            f'folder = snapshot_download("{id}")\nname = model.load_adapter(folder, use_safetensors=True)'
        )
        ours = f"adaptstilts pull {id}\nadaptstilts fuse --tasks mnli,hub:{id} --target pawsx"
        return _two_ways(ours, plain, apart)
    inside = ", ".join(shown(m.get("hub") or m["path"]) for m in facts["members"]) or "none"
    return (
        f"{fenced(f'adaptstilts pull {id}', 'sh')}\n\nputs it into a store as a finished run, which `adaptstilts attack` takes on.\n"
        f"Plain `adapters` {_APART if apart else _LOADS}. "
        f"Intermediate adapters: {inside}."
    )


def _again(found: Package) -> str:
    facts, config = found.facts, config_text(found)
    if not config:
        spec = fenced(yaml.safe_dump(dict(facts["spec"]), sort_keys=True, allow_unicode=True), "yaml")
        shipped = facts.get("origin") == "shipped" and _is_pocket(facts)
        again = shlex.join(["adaptstilts", "train", str(facts["task"]), "--config", "pocket", "--retrain"])
        return (fenced(again, "sh") + "\n\n" if shipped else "") + f"The step that made it:\n\n{spec}"
    return f"{fenced(command(facts), 'sh')}\n\nwith this `{CONFIG}`:\n\n{fenced(config, 'yaml')}"


def _citation(facts: Mapping[str, Any]) -> str:
    tasks = [facts["task"], *(m["task"] for m in facts.get("members", ()))]
    cited = [TASKS.get(task).citation for task in dict.fromkeys(tasks) if task in TASKS]
    return "\n".join(f"- {shown(text)}" for text in dict.fromkeys([CITATION, *cited]) if text)
