"""Run a command as another user, from root, in a mount namespace where everybody can read what the command needs.

`as_user.py USER NEEDED[:NEEDED...] COMMAND...`: folders of root's that nobody may enter are covered by empty ones in
which the needed folders stand at their own paths. Must be started in a mount namespace of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def closed_ancestor(path: Path) -> Path | None:
    """The first folder above that others may not enter."""
    for folder in [*reversed(path.parents), path]:
        if folder.stat().st_mode & 0o005 != 0o005:
            return folder
    return None


def main() -> None:
    user = int(sys.argv[1])
    asked = [Path(p) for p in sys.argv[2].split(":")]
    needed = [p for p in asked if not any(other in p.parents for other in asked)]  # a folder brings what is in it
    covered: dict[Path, list[Path]] = {}
    for path in needed:
        closed = closed_ancestor(path)
        if closed is not None:
            covered.setdefault(closed, []).append(path)
    for closed, paths in covered.items():
        stage = Path(tempfile.mkdtemp(prefix="sandbox-test-stage-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", stage], check=True)
        for path in paths:
            place = stage / path.relative_to(closed)
            place.mkdir(parents=True)
            subprocess.run(["mount", "--bind", path, place], check=True)
        subprocess.run(["mount", "--rbind", stage, closed], check=True)
        subprocess.run(["umount", "-l", stage], check=True)
        stage.rmdir()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.execvpe(sys.argv[3], sys.argv[3:], os.environ)


if __name__ == "__main__":
    main()
