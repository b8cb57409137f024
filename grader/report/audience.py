"""What a student may see: of a final answer that it differs, where, and by which kind of change; never the
reference.
"""

from __future__ import annotations

import copy
from typing import Any, Final

REFERENCE_SIDE: Final = frozenset({"not_the_discriminant"})
"""Notes of steps whose other side is not the student's own but the question's."""


def for_student(data: dict[str, Any]) -> dict[str, Any]:
    """The report without reference values."""
    out = copy.deepcopy(data)
    for part in out["parts"]:
        part.pop("wrong", None)  # what it has in common with others is nobody's business
        for check in part["checks"]:
            check["evidence"].pop("alike", None)  # nor this
            witness = check["evidence"].get("witness")
            if witness is not None:
                witness.pop("right", None)
        for step in part["steps"]:
            witness = step.get("witness")
            # a named matrix or vector that is one and the same everywhere: its value would be the answer itself
            if witness is not None and not witness["values"] and isinstance(witness["left"], list):
                witness["left"] = None
            if witness is not None and step["note"] in REFERENCE_SIDE:
                witness["right"] = None
    return out
