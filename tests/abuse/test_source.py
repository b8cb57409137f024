"""Sources that cannot be run, or only in part: told with the line, and what can be run still is."""

from __future__ import annotations

import pytest

from abuse.conftest import Box
from grader.programs import Case, Ending, Limits, Program

ROWS: list[tuple[str, str, Ending, str, int | None]] = [
    ("syntax", "x = 1\ndef f(:\n    return 1\n", Ending.ERROR, "SyntaxError", 2),
    ("indentation", "def f():\nreturn 1\n", Ending.ERROR, "IndentationError", 2),
    ("null_bytes", "def f():\n    return 1\n\x00", Ending.ERROR, "null bytes", None),
    ("surrogates", "def f():\n    return '\ud800'\n", Ending.ERROR, "UnicodeEncodeError", None),
    ("byte_order_mark", "\ufeffdef f():\n    return 1\n", Ending.OK, "", None),
    ("windows_lines", "def f():\r\n    return 1\r\n", Ending.OK, "", None),
    ("coding", "# -*- coding: latin-1 -*-\ndef f():\n    return 1\n", Ending.OK, "", None),
    ("future", "from __future__ import annotations\ndef f() -> Missing:\n    return 1\n", Ending.OK, "", None),
    ("nested_brackets", "x = " + "(" * 500 + ")" * 500 + "\ndef f(): return 1\n", Ending.ERROR, "SyntaxError", 1),
    ("nested_minus", "x = " + "-" * 100_000 + "1\ndef f(): return 1\n", Ending.ERROR, "nested too deeply", None),
    ("nested_attributes", "x = a" + ".b" * 100_000 + "\ndef f(): return 1\n", Ending.ERROR, "", None),
    ("endless_import", "while True: pass\ndef f(): return 1\n", Ending.TIMEOUT, "stopped", None),
    ("memory_at_import", "x = bytearray(4 << 30)\ndef f(): return 1\n", Ending.MEMORY, "", 1),
    ("empty", "", Ending.ABSENT, "does not define f", None),
    ("missing", "def g(): return 1\n", Ending.ABSENT, "does not define f", None),
    ("json", '{"cells": [}', Ending.ERROR, "SyntaxError", 1),
    ("error_before", "x = 1 / 0\ndef f(): return 1\n", Ending.ERROR, "ZeroDivisionError", 1),
    ("exit_before", "import sys\nsys.exit()\ndef f(): return 1\n", Ending.EXIT, "ended itself", 2),
    ("error_after", "def f(): return 1\nassert f() == 2, 'my own test fails'\n", Ending.OK, "", None),
    ("exit_after", "def f(): return 1\nimport sys\nsys.exit(3)\n", Ending.OK, "", None),
    ("needs_what_did_not_come", "def f(): return g()\nx = 1 / 0\ndef g(): return 1\n", Ending.ERROR, "ZeroDivisionError", 2),
    ("library_missing", "import surely_not_installed.part as s\ndef f(): return 1\n", Ending.NOT_RUN, "surely_not_installed", 1),
    ("library_missing_after", "def f(): return 1\nimport surely_not_installed\n", Ending.OK, "", None),
    ("library_missing_inside", "def f():\n    import surely_not_installed\n", Ending.NOT_RUN, "surely_not_installed", 2),
    ("library_missing_forged", "def f(): raise ModuleNotFoundError('x', name='never' + 'mentioned')\n", Ending.ERROR, "ModuleNotFound", 1),
    ("error_deep_in_a_library", "import numpy\ndef f():\n    return numpy.linalg.inv(numpy.zeros((2, 2)))\n", Ending.ERROR, "Singular", 3),
    ("wrong_arguments", "def f(a, b): return 1\n", Ending.ERROR, "TypeError", None),
    ("shadows_numpy", "import numpy\ndef f(): return 1\n", Ending.OK, "", None),
    ("main_guard", "def f(): return 1\nif __name__ == '__main__':\n    while True: pass\n", Ending.OK, "", None),
    ("dataclass", "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\ndef f(): return P(1).a\n", Ending.OK, "", None),
    ("source_seen", "import inspect\ndef f(): return len(inspect.getsource(f)) // 40\n", Ending.OK, "", None),
    ("stray_bytes", "def f(): return 1\n\x1b\x07", Ending.ERROR, "SyntaxError", 2),
    ("right_to_left", "def f():  # \u202e\u2066\n    return 1\n", Ending.OK, "", None),
]  # fmt: skip


@pytest.mark.parametrize("name, source, ending, message, line", ROWS, ids=[row[0] for row in ROWS])
def test_source(box: Box, name: str, source: str, ending: Ending, message: str, line: int | None) -> None:
    program = Program(
        "numpy" if name == "shadows_numpy" else "homework", source, names=frozenset({"f"} if "f" in source else ())
    )
    if name == "missing":
        program = Program("homework", source, names=frozenset({"g"}))
    ran = box.ask("run", program, [Case("f", limits=Limits(0.6 if ending is Ending.TIMEOUT else 10, 256))])[0]
    assert ran.ending is ending, ran
    assert message in ran.message and "\n" not in ran.message
    assert ran.line == line
    if ending is Ending.OK:
        assert ran.value == 1


def test_a_large_source_is_run(box: Box) -> None:
    source = "x = 1\n" * 200_000 + "def f(): return x\n"
    ran = box.case(source, seconds=30, memory_mb=1024)
    assert (ran.ending, ran.value) == (Ending.OK, 1), ran


def test_what_fails_early_fails_no_other_function(box: Box) -> None:
    source = "def f(): return 1\nraise ValueError('a cell that does not run')\ndef g(): return 2\n"
    program = Program("homework", source, names=frozenset({"f", "g"}))
    f, g, h = box.ask("run", program, [Case("f"), Case("g"), Case("h")])
    assert (f.ending, f.value) == (Ending.OK, 1)
    assert (g.ending, g.line) == (Ending.ERROR, 2) and "a cell that does not run" in g.message
    assert h.ending is Ending.ABSENT
