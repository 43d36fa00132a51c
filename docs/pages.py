"""What MkDocs is told besides `docs/`: pages made of other documents, of the command line and of record types, and where links lead."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from adaptstilts.cli.main import VERBS, cli
from adaptstilts.compositions import COMPOSITIONS

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "findings/README.md": "findings.md",
    "adapter_zoo/README.md": "zoo-format.md",
    "examples/first-hour.ipynb": "first-hour.md",
}
"""Documents that lie elsewhere in the repository, and the pages that they become."""

LINK = re.compile(r"(!?)\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that have no file in `docs/`."""
    made = {page: document(REPOSITORY / name) for name, page in DOCUMENTS.items()}
    made |= {"reference/verbs.md": verbs(), "reference/records.md": records()}
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def document(path: Path) -> str:
    """A document as Markdown; a notebook without what it printed."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [("".join(cell["source"]), cell["cell_type"] == "code") for cell in json.loads(text)["cells"]]
    return "\n\n".join(f"```python\n{source}\n```" if code else source for source, code in cells)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as they are right in the repository, made right in the site."""
    home = {made: name for name, made in DOCUMENTS.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    page.meta["hide"] = [*(["navigation"] if page.is_homepage else []), *([] if "\n## " in markdown else ["toc"])]
    markdown = re.sub(
        r"(?<=`)[^`\n]*\\\|[^`\n]*(?=`)", lambda code: code[0].replace("\\|", "|"), markdown
    )  # forges want the stroke
    parts = re.split(r"(^ *```.*?^ *```$)", markdown, flags=re.DOTALL | re.MULTILINE)
    return "".join(
        part if part.lstrip().startswith("```") else LINK.sub(lambda link: led(link, home, page.file.src_uri), part)
        for part in parts
    )


def led(link: re.Match[str], home: str, page: str) -> str:
    """A link of the document `home` as it must be in `page`; only its text where it leads to a file that is no page."""
    picture, text, target = link.groups()
    path, hash_, anchor = target.partition("#")
    if "://" in target or not path:
        return link[0]
    found = posixpath.normpath(posixpath.join(posixpath.dirname(home), path))
    if not (REPOSITORY / found).exists():
        return link[0]  # MkDocs says that it leads nowhere
    place = found.removeprefix("docs/") if found.startswith("docs/") else DOCUMENTS.get(found)
    if place is None:
        return text
    return f"{picture}[{text}]({posixpath.relpath(place, posixpath.dirname(page) or '.')}{hash_}{anchor})"


def verbs() -> str:
    """A page of all verbs with their options, from the command line itself."""
    lines = ["# Verbs\n\n`adaptstilts --help` and `adaptstilts VERB --help` say the same.\n"]
    top = click.Context(cli, info_name="adaptstilts")
    lines += ["## A verb per composition\n", *_compositions(top)]
    for heading, named in VERBS.items():
        lines.append(f"## {heading}\n")
        for name in named:
            lines += _verb(cli.get_command(top, name), name, top)
    return "\n".join(lines)


def _compositions(top: click.Context) -> Iterator[str]:
    """What each does, then the options that all share, then what only some have."""
    yield "| verb | what it does |\n| --- | --- |"
    yield "\n".join(f"| `{entry.name}` | {entry.summary} |" for entry in COMPOSITIONS) + "\n"
    options = {name: _options(cli.get_command(top, name), top) for name in COMPOSITIONS.names()}
    shared = {option for option in options["fuse"] if all(option in of for of in options.values())}
    yield "All of them take:\n"
    yield _table([option for option in options["fuse"] if option in shared])
    seen = set(shared)
    rest = [option for of in options.values() for option in of if not (option in seen or seen.add(option))]
    yield "And some:\n"
    yield _table(
        [(f"{option[0]} ({', '.join(n for n, of in options.items() if option in of)})", option[1]) for option in rest]
    )


def _verb(command: click.Command | None, name: str, parent: click.Context) -> Iterator[str]:
    """One verb, or a verb with verbs of its own below it."""
    assert command is not None, name
    context = click.Context(command, info_name=name, parent=parent)
    yield f"### `{name}`\n"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {pieces}\n```\n"
    told = (command.help or command.short_help or "", command.epilog or "")
    yield from (re.sub(r"\s*\n\s*(?!\n)", " ", paragraph) + "\n" for text in told for paragraph in text.split("\n\n"))
    yield _table(_options(command, parent))
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            for line in _verb(found, f"{name} {inner}", parent):
                yield line.replace("### ", "#### ", 1) if line.startswith("### ") else line


def _options(command: click.Command | None, parent: click.Context) -> list[tuple[str, str]]:
    assert command is not None
    context = click.Context(command, parent=parent)
    told = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [record for record in told if record and record[0].startswith("-") and not record[0].endswith("--help")]


def _table(rows: list[tuple[str, str]]) -> str:
    cells = [(re.sub(r"^([^(]+?)(?= \(|$)", r"`\1`", option), told) for option, told in rows]
    body = "\n".join(f"| {option} | {told} |" for option, told in cells)
    return f"| option | what it does |\n| --- | --- |\n{body}\n" if rows else ""


def records() -> str:
    """A page of the types of records and of the zoo's index, from their JSON schemas."""
    text = "# Records\n\nMade from `adaptstilts/store/record.schema.json` (JSON Schema 2020-12).\n"
    schema = json.loads((REPOSITORY / "adaptstilts" / "store" / "record.schema.json").read_text(encoding="utf-8"))
    kinds = [reference(kind) for kind in schema["oneOf"]]
    text += f"{schema['description']}\n\nA record is one of {', '.join(kinds)}.\n"
    order = sorted(schema["$defs"], key=lambda name: (f"[{name}](#{name.lower()})" not in kinds, name))
    return text + "".join(_type(name, schema["$defs"][name]) for name in order)


def _type(name: str, declared: dict[str, Any]) -> str:
    rows = [
        f"| `{field}` | {shape(facts)} | {'' if field in declared.get('required', ()) else 'no'} | {facts.get('description', '')} |"
        for field, facts in declared.get("properties", {}).items()
    ]
    head = "\n| field | type | always there | what it is |\n| --- | --- | --- | --- |\n"
    return f"\n## {name}\n\n{declared.get('description', '')}\n" + (head + "\n".join(rows) + "\n" if rows else "")


def shape(facts: dict[str, Any]) -> str:
    """A field's type in words."""
    if "$ref" in facts:
        return reference(facts)
    if "anyOf" in facts:
        return " or ".join(dict.fromkeys(map(shape, facts["anyOf"])))
    if "const" in facts or "enum" in facts:
        return " or ".join(f"`{json.dumps(value)}`" for value in facts.get("enum", [facts.get("const")]))
    kind = facts.get("type", "any")
    if kind == "array":
        return f"list of {shape(facts['items'])}" if "items" in facts else "list"
    if kind == "object" and isinstance(inner := facts.get("additionalProperties"), dict):
        return f"object of {shape(inner)}"
    bounds = [
        f"{word} {facts[key]:g}"
        for key, word in (("minimum", "from"), ("maximum", "to"))
        if abs(facts.get(key, 1e16)) < 1e15
    ]
    return " ".join([kind, *bounds])


def reference(facts: dict[str, Any]) -> str:
    """A link to the section of a type."""
    name = facts["$ref"].rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})"
