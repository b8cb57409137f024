"""The whole assignment: its index, its rubrics as far as they can be read, its references."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.assignment import Assignment
from grader.errors import OperatorError
from grader.lint.fault import Fault, of
from grader.lint.formulas import formula_faults, targets_at
from grader.lint.modules import Modules
from grader.lint.names import Known, name_faults, point_faults
from grader.lint.reading import RubricFile, read_rubric
from grader.lint.sense import sense_faults
from grader.plain_yaml import Positions, load_yaml
from grader.rubric import Assignment as AssignmentFile
from grader.validation import validated


def lint(folder: Path, *, strict: bool = False) -> list[Fault]:
    """All faults of the assignment in a folder; with `strict` what could not be verified is a fault too.

    A check with a fault of form is left out and the rest still looked at. Raises OperatorError if there is no
    assignment at all.
    """
    index = folder / "rubrics" / "assignment.yaml"
    if not index.is_file():
        raise OperatorError(f"{folder}: no assignment here (rubrics/assignment.yaml is missing)")
    data, positions, errors = load_yaml(index)
    faults = [of(error) for error in errors]
    if data is None:
        return faults
    file, found = validated(AssignmentFile, data, positions, str(index))
    faults += [of(fault.error) for fault in found]
    listed, missing = _listed(index, data, positions)
    faults += missing
    rubrics: list[RubricFile] = []
    for path in listed:
        rubric, wrong = read_rubric(path)
        rubrics.append(rubric)
        faults += wrong
    if not missing:
        known = {index, *listed}
        others = sorted(set(index.parent.glob("*.yaml")) - known)
        faults += [Fault(str(path), 1, 1, "no assignment uses this file") for path in others]
    faults += _inside(folder, file, rubrics, positions, index, strict, whole=not missing)
    return sorted(dict.fromkeys(faults), key=lambda f: (_order(f.path, index, listed), f.line, f.column))


def _order(path: str, index: Path, listed: list[Path]) -> tuple[int, str]:
    """The order of files: the index, the rubrics as they are listed, all others by name."""
    order = [str(index), *map(str, listed)]
    return (order.index(path), "") if path in order else (len(order), path)


def _listed(index: Path, data: object, positions: Positions) -> tuple[list[Path], list[Fault]]:
    """The question files that are there, and the faults of the list."""
    names = data.get("questions") if isinstance(data, dict) else None
    found: list[Path] = []
    faults: list[Fault] = []
    for n, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str):
            continue  # the schema says so
        place = positions.nearest(("questions", n))
        path = index.parent / name
        if Path(name).name != name or not name.endswith(".yaml"):
            faults.append(Fault(str(index), *place, f"{name!r} is to be a file name beside this one, with .yaml"))
        elif path in found:
            faults.append(Fault(str(index), *place, f"{name} stands twice"))
        elif not path.is_file():
            faults.append(Fault(str(index), *place, f"{name}: no such file"))
        else:
            found.append(path)
    return found, faults


def _inside(
    folder: Path,
    file: object,
    rubrics: list[RubricFile],
    positions: Positions,
    index: Path,
    strict: bool,
    *,
    whole: bool,
) -> Iterator[Fault]:
    """What is looked at once the files are read."""
    known = Known.of(rubrics)
    yield from name_faults(rubrics, known)
    if isinstance(file, AssignmentFile):
        all_read = whole and all(r.question is not None and not r.lost for r in rubrics)
        yield from point_faults(rubrics, file.points, str(index), positions.nearest(("points",)), all_read)
    for rubric in rubrics:
        yield from sense_faults(rubric)
    questions = [r.question for r in rubrics if r.question is not None]
    stand_in = file if isinstance(file, AssignmentFile) else AssignmentFile.model_construct(questions=())
    assignment = Assignment(folder, (stand_in, questions))
    modules = Modules(assignment, rubrics)
    used: dict[str, set[str]] = {}
    for rubric in rubrics:
        yield from formula_faults(rubric, modules, assignment)
        if rubric.question is not None and rubric.question.reference is not None:
            forms = {t.derived for _, t in targets_at(rubric.question, ()) if t.derived is not None}
            used.setdefault(rubric.question.reference, set()).update(forms)
    yield from modules.derived_twice(used, strict)
    yield from modules.faults
