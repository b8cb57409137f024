"""Writes the pages of docs/ that are made of the program itself: `python docs/make_reference.py`.

What a field means is said once, below it in the source; here it is only laid out. A key without words is an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

from made.class_reports import class_sections  # noqa: E402
from made.commands import commands_page  # noqa: E402
from made.modules import modules_page  # noqa: E402
from made.reports import report_page  # noqa: E402
from made.right_rows import filled  # noqa: E402
from made.rubrics import rubric_page  # noqa: E402

PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference_rubric.md": rubric_page,
    "reference_report.md": lambda: report_page() + "".join(class_sections()).rstrip("\n") + "\n",
    "commands.md": commands_page,
    "modules.md": modules_page,
}


def main() -> None:
    """Write all of them, and the table of right rows in `trust.md`."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    trust = DOCS / "trust.md"
    trust.write_text(filled(trust.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
