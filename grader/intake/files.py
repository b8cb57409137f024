"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, also where the machine stops meanwhile: written beside it, synced, renamed.

    Raises OSError if it cannot be written; then nothing is left behind and the file is as it was.
    """
    waiting = path.with_name(f".{path.name}.part")
    try:
        with waiting.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError:
        try:
            waiting.unlink(missing_ok=True)
        except OSError:
            pass
        raise
