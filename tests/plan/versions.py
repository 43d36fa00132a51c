"""The lock of declarations' sources and versions. Renew it with `python -m tests.plan.versions`."""

import ast
import hashlib
import json
from pathlib import Path

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.tasks import TASKS

LOCK = Path(__file__).with_name("versions.lock.json")
PACKAGE = Path(__file__).resolve().parents[2] / "adaptstilts"
RENEW = "python -m tests.plan.versions"


def sources(file: Path) -> list[Path]:
    """The file that declares a thing and those of its own room that it imports, and they, and so on."""
    room, found, todo = file.relative_to(PACKAGE).parts[0], list[Path](), [file]
    while todo:
        one = todo.pop()
        if one in found:
            continue
        found.append(one)
        for node in ast.walk(ast.parse(one.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"adaptstilts.{room}."):
                path = PACKAGE.joinpath(*node.module.split(".")[1:]).with_suffix(".py")
                todo += [path] if path.is_file() else []
    return sorted(found)


def digest(file: Path) -> str:
    """Of what the sources say; blank lines, comments of a line of their own and blanks at its end do not count."""
    total = hashlib.blake2b(digest_size=8)
    for path in sources(file):
        lines = (line.rstrip() for line in path.read_text(encoding="utf-8").splitlines())
        total.update("\n".join(line for line in lines if line and not line.lstrip().startswith("#")).encode())
    return total.hexdigest()


def now() -> dict[str, dict[str, object]]:
    """Version and digest of every declaration, by noun and name."""
    registries = {"task": TASKS, "attack": ATTACKS, "composition": COMPOSITIONS}
    return {
        f"{noun} {entry.name}": {"version": entry.version, "digest": digest(registry.origin(entry.name))}
        for noun, registry in registries.items()
        for entry in registry
        if PACKAGE in registry.origin(entry.name).parents
    }


if __name__ == "__main__":
    lines = ",\n".join(f' "{name}": {json.dumps(value)}' for name, value in sorted(now().items()))
    LOCK.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
