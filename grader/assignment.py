"""An assignment: a folder with `rubrics/` and `reference/`. The engine knows nothing else of it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.checks.program_specs import ProgramSpec
from grader.errors import AuthorError, OperatorError, ReadError
from grader.kit_reference import KitReference, load_kit_reference
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.maths.structured import KINDS
from grader.maths.worlds import Factor, Function, LinearStep, Measure, Symbol, World
from grader.provenance import assignment_sha256
from grader.provenance import shipped as shipped
from grader.reading.part_text import Chain
from grader.reading.sections import PartOutline, QuestionOutline
from grader.rubric import Assignment as AssignmentFile
from grader.rubric import Part, Question, load_model, targets_of

_ENGINE = "2"
"""Changes when derived references must be derived again although their source did not change."""


@dataclass(slots=True)
class Reference:
    """One question's reference module: worlds by name, and derived forms (from the cache if its source is
    unchanged).
    """

    module: ModuleType
    path: Path
    derived: dict[str, str] = field(default_factory=dict)

    def worlds(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.module.worlds()
        return found

    def names(self) -> list[str]:
        """The names of all worlds."""
        return list(self.worlds())

    def built(self, name: str) -> World | None:
        """A world by its name; None if there is none."""
        worlds = self.worlds()
        return build_world(worlds[name]) if name in worlds else None


class WorldError(AuthorError):
    """A text in a reference's description of a world that cannot be read."""

    def __init__(self, text: str, message: str) -> None:
        super().__init__(f"{text!r} cannot be read ({message})")
        self.text = text


class Assignment:
    """Rubrics and references of one folder, loaded once."""

    def __init__(self, folder: Path, read: tuple[AssignmentFile, Sequence[Question]] | None = None) -> None:
        """Read all rubrics, or take those that were `read` already.

        Raises OperatorError if there is no assignment, AuthorError at the first fault.
        """
        self.folder = folder
        self.file, questions = read or _read(folder)
        self.questions: list[Question] = list(questions)
        self._references: dict[str, Reference] = {}
        stored = sorted(folder.glob("reference/*.json"))
        self.kits: dict[str, KitReference] = {path.stem: load_kit_reference(path) for path in stored}
        """Of a student's kit: the references, sealed."""
        self._judges: dict[str, Judge] = {}
        self._targets: dict[tuple[int, str | None, str | None, Notation], T.Node] = {}

    @cached_property
    def sha256(self) -> str:
        """Hash of all rubric and reference files."""
        return assignment_sha256(self.folder)

    @property
    def parts(self) -> list[tuple[Question, Part]]:
        return [(q, p) for q in self.questions for p in q.parts]

    def outline(self) -> list[QuestionOutline]:
        """What the reader needs to find the parts."""
        return [
            QuestionOutline(q.number, q.words, tuple(PartOutline(p.id, p.label, p.words) for p in q.parts))
            for q in self.questions
        ]

    def reference(self, name: str) -> Reference:
        """A reference module, loaded by path under a name of its own."""
        found = self._references.get(name)
        if found is None:
            found = load_reference(self.folder / "reference" / f"{name}.py")
            self._references[name] = found
        return found

    def source(self, name: str) -> Reference | KitReference:
        """What gives the worlds of a question: its reference module, or in a student's kit its data."""
        return self.kits[name] if name in self.kits else self.reference(name)

    def missed(self) -> int:
        """How often a kit was asked for what it does not know; 0 where the references are whole."""
        return sum(kit.vault.missed for kit in self.kits.values())

    def offer(self, question: Question, part: Part, judge: Judge, chains: Sequence[Chain]) -> None:
        """In a kit, let the constants that a part asks for be known once the student writes them in it."""
        kit = self.kits.get(question.reference or "")
        names = {t.derived or t.latex or "" for check in part.checks for t in targets_of(check)} if kit else ()
        if kit is not None and any(T.contains(kit.form(name), T.Sealed) for name in names):
            refs = sorted({n.ref for name in names for n in T.of_kind(kit.form(name), T.Sealed)})
            kit.vault.offer(
                judge, refs, [line.tree for chain in chains for line in chain.lines if line.tree is not None]
            )

    def open_by(self, question: Question, spec: ProgramSpec, judge: Judge, numbers: Sequence[T.Node]) -> None:
        """In a kit, let the constants that a function is asked for be known if it returned them."""
        kit = self.kits.get(question.reference or "")
        if kit is not None:
            forms = [kit.form(t.derived or t.latex or "") for t in targets_of(spec)]
            kit.vault.offer(judge, sorted({n.ref for tree in forms for n in T.of_kind(tree, T.Sealed)}), numbers)

    def part(self, part_id: str) -> tuple[Question, Part]:
        for question, part in self.parts:
            if part.id == part_id:
                return question, part
        known = ", ".join(p.id for _, p in self.parts)
        raise OperatorError(f"no part {part_id!r}; the parts are {known}")

    def judge(self, part_id: str) -> Judge | None:
        """The world of a part; None if its question has no reference yet."""
        found = self._judges.get(part_id)
        if found is None:
            question, part = self.part(part_id)
            found = self.world(question, part.world or part.id)
            if found is not None:
                self._judges[part_id] = found
        return found

    def world(self, question: Question, name: str) -> Judge | None:
        """A world of the question's reference by its name."""
        if question.reference is None:
            return None
        place = f"{question.reference}/{name}"
        if place not in self._judges:
            world = self.source(question.reference).built(name)
            if world is None:
                return None
            self._judges[place] = Judge(world)
        return self._judges[place]

    def worlds(self, question: Question, pattern: str) -> list[Judge]:
        """All worlds of the question's reference whose names match a pattern such as `combined*`."""
        if question.reference is None:
            return []
        names = [n for n in self.source(question.reference).names() if fnmatchcase(n, pattern)]
        return [judge for name in names if (judge := self.world(question, name)) is not None]

    def target(self, question: Question, judge: Judge, derived: str | None, latex: str | None) -> T.Node:
        """A target's tree, one and the same for each notation: what is evaluated of it is kept by identity.

        Raises AuthorError if the reference does not derive it.
        """
        kit = self.kits.get(question.reference or "")
        if kit is not None:
            return kit.form(derived or latex or "")
        place = (question.number, derived, latex, judge.world.notation)
        found = self._targets.get(place)
        if found is None:
            found = parse(self._form(question, derived) if derived is not None else latex or "", judge.world.notation)
            self._targets[place] = found
        return found

    def _form(self, question: Question, derived: str) -> str:
        if question.reference is None:
            raise AuthorError(f"the target {derived!r} needs a reference")
        forms = self.reference(question.reference).derived
        if derived not in forms:
            raise AuthorError(f"the reference {question.reference} derives no {derived!r}")
        return forms[derived]


def _read(folder: Path) -> tuple[AssignmentFile, list[Question]]:
    index = folder / "rubrics" / "assignment.yaml"
    if not index.is_file():
        raise OperatorError(f"{folder}: no assignment here (rubrics/assignment.yaml is missing)")
    file, faults = load_model(index, AssignmentFile)
    questions: list[Question] = []
    for name in file.questions if file is not None else ():
        question, found = load_model(folder / "rubrics" / name, Question)
        faults.extend(found)
        questions.append(question)
    if faults:
        raise faults[0]
    return file, questions


def load_reference(path: Path) -> Reference:
    """Load a reference module and its derived forms; SymPy runs only if the source changed since the last time."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise AuthorError(f"cannot be read ({error.strerror})", str(path)) from None
    digest = hashlib.sha256(source + _ENGINE.encode()).hexdigest()
    spec = importlib.util.spec_from_file_location(f"grader_reference_{digest[:16]}", path)
    if spec is None or spec.loader is None:
        raise AuthorError("cannot be loaded", str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for function in ("worlds", "derive"):
        if not callable(getattr(module, function, None)):
            raise AuthorError(f"has no function {function}()", str(path))
    cache = cache_folder() / f"{path.stem}-{digest[:24]}.json"
    try:
        derived = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        derived = module.derive()
        _write_cache(cache, derived)
    return Reference(module, path, derived)


def cache_folder() -> Path:
    """Where derived references are kept between runs."""
    base = os.environ.get("GRADER_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(base) / "homework-grader" if base else Path.home() / ".cache" / "homework-grader"


def _write_cache(path: Path, derived: Mapping[str, str]) -> None:
    """Write whole or not at all; a read-only home only costs the next run some time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(derived, file)
        os.replace(file.name, path)
    except OSError:
        return


# worlds from data


_MODELS = ("joints", "measures", "linear", "open")
"""What makes a world one of distributions: elsewhere `p(x)` is a function like any other."""


def build_world(data: Mapping[str, Any]) -> World:
    """A world from a reference module's plain description (names and formulas are LaTeX)."""
    applied = frozenset(key_of(name) for name in data.get("applied", ())) | frozenset(
        key_of(n) for n in data.get("functions", {})
    )
    base = Notation()
    notation = Notation(
        functions=base.functions | applied | ({"pi"} if data.get("joints") else set()),  # `\\pi(x)` is no product there
        scalars=frozenset(data.get("scalars", ())),
        densities=frozenset(data.get("densities", ("p", "q") if any(data.get(key) for key in _MODELS) else ())),
        vectors=frozenset(data.get("vectors", ())) | _vector_letters(data.get("symbols", {})),
    )

    def tree(text: str) -> T.Node:
        try:
            return parse(text, notation)
        except ReadError as error:
            raise WorldError(text, error.message) from None

    return World(
        notation=notation,
        symbols={key_of(k): _symbol(key_of(k), v) for k, v in data.get("symbols", {}).items()},
        definitions={key_of(k): tree(v) for k, v in data.get("definitions", {}).items()},
        functions={
            key_of(k): Function(tuple(key_of(p) for p in v["params"]), tree(v["body"]))
            for k, v in data.get("functions", {}).items()
        },
        measures={
            key_of(k): Measure(v["kind"], v["var"], tuple(tree(a) for a in v["args"]))
            for k, v in data.get("measures", {}).items()
        },
        under=str(data.get("under", "")),
        groups={key_of(k): tuple(key_of(n) for n in v) for k, v in data.get("groups", {}).items()},
        simplex=dict(data.get("simplex", {})),
        conditions=tuple(tree(c) for c in data.get("conditions", ())),
        families={_family_key(k): (letter, tree(v)) for k, (letter, v) in data.get("families", {}).items()},
        linear={k: _linear(v, tree) for k, v in data.get("linear", {}).items()},
        copies=frozenset(data.get("copies", ())),
        sizes=tuple(data.get("sizes", ())),
        size_values={k: tuple(v) for k, v in data.get("size_values", {}).items()},
        joints={k: _joint(v) for k, v in data.get("joints", {}).items()},
        given=frozenset(key_of(n) for n in data.get("given", ())),
        indices={k: (int(low), size) for k, (low, size) in data.get("indices", {}).items()},
        rest={key_of(k): tree(v) for k, v in data.get("rest", {}).items()},
        defaults={key_of(k): tree(v) for k, v in data.get("defaults", {}).items()},
        shorthand={key_of(k): tree(v) for k, v in data.get("shorthand", {}).items()},
        equations=tuple(tree(e) for e in data.get("equations", ())),
        related=tuple(tree(e) for e in data.get("related", ())),
        dummies=frozenset(key_of(n) for n in data.get("dummies", ())),
        unknowns=frozenset(key_of(n) for n in data.get("unknowns", ())),
        generic=frozenset(key_of(n) for n in data.get("generic", ())),
        told_apart=bool(data.get("told_apart", False)),
        outright=frozenset(key_of(n) for n in data.get("outright", ())),
        variable=key_of(data["variable"]) if data.get("variable") else "",
        open=bool(data.get("open", False)),
        samples=int(data.get("samples", 20)),
    )


def _joint(recipe: Any) -> Any:
    """The factors of a density letter for given sizes: `recipe(sizes)` lists (variables, given variables)."""

    def factors(sizes: Mapping[str, int]) -> list[Factor]:
        return [Factor(tuple(args), tuple(given)) for args, given in recipe(sizes)]

    return factors


def _vector_letters(symbols: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Base letters of the symbols that are vectors or matrices."""
    return frozenset(key_of(k).split("_", 1)[0] for k, v in symbols.items() if v.get("kind") in KINDS)


def _linear(recipe: Any, tree: Callable[[str], T.Node]) -> Any:
    """The steps of a linear Gaussian model for given sizes: `recipe(sizes)` lists (variable, given, factor, variance)."""

    def steps(sizes: Mapping[str, int]) -> list[LinearStep]:
        return [
            LinearStep(key_of(v), key_of(g), tree(factor), tree(variance)) for v, g, factor, variance in recipe(sizes)
        ]

    return steps


def _family_key(text: str) -> str:
    """What a family is known by: `\\bar\\alpha_t` by its base and marks."""
    node = parse(text, _BARE)
    if not isinstance(node, T.Name):
        raise AuthorError(f"{text!r} is no name")
    return node.base + node.marks


def _symbol(key: str, data: Mapping[str, Any]) -> Symbol:
    return Symbol(
        key,
        data.get("kind", "real"),
        float(data.get("low", 0.3)),
        float(data.get("high", 2.2)),
        tuple(data.get("boundary", ())),
        dim if isinstance(dim := data.get("dim", 3), str) else int(dim),
    )


def key_of(text: str) -> str:
    """The canonical key of a name written as LaTeX."""
    try:
        node = parse(text, _BARE)
    except ReadError as error:
        raise WorldError(text, error.message) from None
    if not isinstance(node, T.Name):
        raise WorldError(text, "it is no name")
    return node.key


_BARE = Notation(functions=frozenset(), densities=frozenset(), logistic=frozenset(), imaginary_unit=False)
