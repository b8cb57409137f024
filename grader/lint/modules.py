"""Reference modules and their worlds: loaded once, each fault at its line in the module."""

from __future__ import annotations

import importlib.util
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.assignment import Assignment, Reference, WorldError, load_reference
from grader.errors import EvaluationError, GraderError
from grader.lint.fault import Fault
from grader.lint.reading import RubricFile
from grader.maths.blocks import Judge
from grader.references import disagreements
from grader.validation import meant


class Modules:
    """The references that the rubrics name, and the worlds of their parts. Their faults gather in `faults`."""

    def __init__(self, assignment: Assignment, files: Sequence[RubricFile]) -> None:
        self.assignment = assignment
        self.faults: list[Fault] = []
        self.loaded: dict[str, Reference | None] = {}
        self._worlds: dict[str, Mapping[str, Any]] = {}
        self._judges: dict[tuple[str, str], Judge | None] = {}
        for file in files:
            name = file.question.reference if file.question is not None else None
            if name is not None and name not in self.loaded:
                self.loaded[name] = self._load(file, name)

    def _load(self, file: RubricFile, name: str) -> Reference | None:
        path = self.assignment.folder / "reference" / f"{name}.py"
        if not path.is_file():
            known = [p.stem for p in path.parent.glob("*.py")]
            self.faults.append(file.fault(("reference",), f"there is no reference/{name}.py{meant(name, known)}"))
            return None
        try:
            found = load_reference(path)
            self._worlds[name] = found.worlds()
            self._worlds[name] = {str(key): dict(value) for key, value in self._worlds[name].items()}
        except SyntaxError as error:
            text = f"cannot be loaded ({type(error).__name__}: {error.msg})"
            self.faults.append(Fault(str(path), error.lineno or 1, error.offset or 1, text))
        except GraderError as error:
            self.faults.append(Fault(str(path), 1, 1, str(error).removeprefix(f"{path}: ")))
        except Exception as error:  # a reference is the author's program: whatever it raises is a fault of his
            line, column = _raised(path, error)
            text = f"cannot be loaded ({type(error).__name__}: {error})"
            self.faults.append(Fault(str(path), line, column, text))
        else:
            return found
        return None

    def forms(self, name: str | None) -> Mapping[str, str] | None:
        """The derived forms of a reference; None if it could not be loaded."""
        reference = self.loaded.get(name or "")
        return reference.derived if reference is not None else None

    def names(self, name: str | None) -> list[str]:
        """The worlds of a reference."""
        return list(self._worlds.get(name or "", ()))

    def judge(self, name: str, world: str) -> Judge | None:
        """A world that some values satisfy; None (and a fault, once) if it is not one."""
        place = (name, world)
        if place not in self._judges:
            self._judges[place] = self._build(name, world)
        return self._judges[place]

    def _build(self, name: str, world: str) -> Judge | None:
        reference = self.loaded[name]
        assert reference is not None
        data = self._worlds[name][world]
        try:
            built = reference.built(world)
            if built is not None:
                judge = Judge(built)
                judge.blocks([])
                return judge
        except WorldError as error:
            self._say(reference.path, error.text, f"the world {world} cannot be built: {error}")
        except EvaluationError as error:
            conditions = [str(c) for c in data.get("conditions", ())]
            self._say(reference.path, *conditions, f"the world {world}: {error.detail or error.note}")
        except (GraderError, KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}" if not isinstance(error, GraderError) else str(error)
            self._say(reference.path, f'"{world}"', f"the world {world} cannot be built: {what}")
        return None

    def _say(self, path: Path, *texts: str) -> None:
        """A fault (the last text) where the first of the other texts stands in the module that is found there."""
        *sought, message = texts
        source = path.read_text(encoding="utf-8")
        found = next((at for text in sought if (at := _quoted(source, text)) is not None), None)
        if found is None:
            found = max(source.find("def worlds"), 0)
        fault = Fault(str(path), *_place(source, found), message)
        if not any((f.path, f.line, f.column) == (fault.path, fault.line, fault.column) for f in self.faults):
            self.faults.append(fault)  # worlds that share what is at fault are blamed once

    def derived_twice(self, used: Mapping[str, set[str]], strict: bool) -> Iterator[Fault]:
        """Each reference against its second derivation, for the forms that the rubrics use.

        What cannot be run here is a warning, with `strict` a fault.
        """
        torch = importlib.util.find_spec("torch") is not None
        for name, reference in sorted(self.loaded.items()):
            if reference is None:
                continue
            source = reference.path.read_text(encoding="utf-8")
            wanted = sorted(used.get(name, set()) & set(reference.derived))
            folded: dict[str, tuple[str, int]] = {}
            for text in disagreements(reference, wanted, torch=torch):
                head = text.split(" at ")[0]
                first, count = folded.get(head, (text, -1))
                folded[head] = first, count + 1
            for text, more in folded.values():
                function = "derive" if "derive()" in text else "second_torch" if "(torch)" in text else "second"
                at = max(source.find(f"def {function}("), 0)
                yield Fault(str(reference.path), *_place(source, at), text + (f" (and {more} more)" if more else ""))
            if not torch and hasattr(reference.module, "second_torch"):
                text = "torch is not installed: the second derivation in torch was not run"
                at = source.find("def second_torch")
                yield Fault(str(reference.path), *_place(source, at), text, "error" if strict else "warning")


def _quoted(source: str, text: str) -> int | None:
    """Where a text stands between quotes, as it is or with its backslashes doubled."""
    for form in (text, text.replace("\\", "\\\\")):
        found = re.search(r"""["']""" + re.escape(form.strip('"')), source)
        if found is not None:
            return found.start() + 1 if not text.startswith('"') else found.start()
    return None


def _raised(path: Path, error: BaseException) -> tuple[int, int]:
    """The last line of a file that an error went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    if not frames or not frames[-1].lineno:
        return 1, 1
    line = frames[-1].lineno
    text = path.read_text(encoding="utf-8").splitlines()[line - 1]
    return line, len(text) - len(text.lstrip()) + 1


def _place(source: str, at: int) -> tuple[int, int]:
    at = max(at, 0)
    return source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at)
