"""`modules.md`: every module with its first line."""

from __future__ import annotations

import ast
from pathlib import Path

from made.markdown import MADE, table

ROOT = Path(__file__).resolve().parents[2]


def modules_page() -> str:
    """Every module with the first sentence of its docstring."""
    out = [
        MADE,
        "# All modules\n\n",
        "What each is for, by its own first line. [architecture.md](architecture.md) tells how they work together.\n\n",
    ]
    folders: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((ROOT / "grader").rglob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if path.name == "__init__.py" and not text:
            continue
        if not text:
            raise SystemExit(f"{path}: has no docstring")
        folder = path.parent.relative_to(ROOT).as_posix()
        folders.setdefault(folder, []).append((f"`{path.name}`", first_sentence(text)))
    for folder, rows in sorted(folders.items()):
        out.append(f"## {folder}/\n\n" + table(("module", "what it is for"), rows) + "\n")
    return "".join(out).rstrip("\n") + "\n"


def first_sentence(text: str) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join(text.split("\n\n")[0].split())
