"""A new assignment: a folder with one worked question, made whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from grader.errors import OperatorError
from grader.schema import KINDS, file_name, schema_text

_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_SUFFIX: Final = ".template"


def scaffold(name: str, here: Path) -> list[Path]:
    """Make the folder `name` in `here`; the files made, relative to `here`.

    Raises OperatorError for a name that is none, for a folder that exists, and where nothing can be written.
    """
    if not _NAME.fullmatch(name) or len(name) > 80:
        raise OperatorError(f"{name!r}: a name is letters, digits and single . _ - between them, such as hw4")
    target = here / name
    if target.exists() or target.is_symlink():
        raise OperatorError(f"{name}: it exists already, and nothing is overwritten")
    texts = {
        path: text.replace("NAME", name) for path, text in _templates(resources.files("grader") / "templates" / "new")
    }
    texts |= {f"schema/{file_name(kind)}": schema_text(kind) for kind in KINDS}
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=here))
        try:
            for path, text in texts.items():
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                (made / path).write_text(text, encoding="utf-8")
            made.chmod(0o755)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise OperatorError(f"{name}: cannot be written ({error.strerror})") from None
    return [Path(name) / path for path in sorted(texts)]


def _templates(folder: Traversable, before: str = "") -> Iterator[tuple[str, str]]:
    """The templates by the path each becomes."""
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _templates(item, f"{before}{item.name}/")
        elif item.name.endswith(_SUFFIX):
            yield before + item.name.removesuffix(_SUFFIX), item.read_text(encoding="utf-8")
