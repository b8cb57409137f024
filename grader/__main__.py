"""The `grader` command: the process that reads and decides begins to start before the command line is loaded."""

from __future__ import annotations

import os
import sys

_DECIDES = frozenset({"check", "compare", "lint"})
"""Commands that ask one worker; both sides take a while to load, so they load side by side."""


def main() -> None:
    """Entry point of the `grader` command."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some reads all that is installed
    if len(sys.argv) > 1 and sys.argv[1] in _DECIDES and "--help" not in sys.argv:
        from grader.isolate import begin

        begin()
    from grader.cli import app

    app()


if __name__ == "__main__":
    main()
