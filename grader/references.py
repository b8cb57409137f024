"""References are derived twice: the derived forms, evaluated here, against the module's independent second derivation.

A second derivation must also notice: with every form shifted a little, each one it asks for must be complained of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from grader.assignment import Reference, build_world
from grader.errors import EvaluationError, ReadError
from grader.maths.evaluate import Evaluator
from grader.maths.notation import DEFAULT
from grader.maths.numeric import primal
from grader.maths.parser import parse
from grader.maths.values import Tens, Value
from grader.maths.worlds import Block, Factor, Function, World

_SHIFT: Final = 1e-3


class Forms:
    """Values of derived forms at numbers; remembers which forms were asked for.

    `shift` moves every number, to see whether it is noticed.
    """

    def __init__(self, derived: Mapping[str, str], shift: float = 0.0) -> None:
        self.derived = derived
        self.shift = shift
        self.asked: set[str] = set()

    def __call__(
        self,
        form: str,
        numbers: Mapping[str, Any],
        *,
        functions: Mapping[str, tuple[str, str]] | None = None,
        tables: Mapping[str, tuple[Sequence[str], Mapping[tuple[int, ...], float]]] | None = None,
        at: Mapping[str, int] | None = None,
        given: Sequence[str] = (),
        sizes: Mapping[str, int] | None = None,
        givens: Mapping[str, Any] | None = None,
        support: Sequence[float] = (),
    ) -> Any:
        """The value of a form.

        `numbers` holds values by key (lists are vectors, lists of lists matrices), `functions` bodies as LaTeX, `tables`
        joint tables of binary variables by density letter, `at` the states of variables and sizes, `given` the variables
        conditioned on, `sizes` whole numbers that sums and dimensions run to, `givens` families, chains of
        linear steps and copies as in `worlds()`, `support` the two values of every variable of the tables.
        """
        self.asked.add(form)
        block = self._block({**numbers, **(sizes or {})}, functions or {}, tables or {}, at or {}, given, sizes or {})
        if givens:
            built = build_world(givens)
            block.world = replace(block.world, families=built.families, linear=built.linear, copies=built.copies)
        for key in block.variables if support else ():
            block.cache[key] = block.along(np.array([support]), [key])
        ev = Evaluator(block)
        for key, value in numbers.items():
            if key not in block.sizes:
                ev.bound[key] = _bound(value, block)
        node = parse(self.derived[form], block.world.notation)
        states = {block.variables[k]: v for k, v in (at or {}).items() if k in block.variables}
        return self._plain(ev.value(node), states)

    def _block(
        self,
        numbers: Mapping[str, Any],
        functions: Mapping[str, tuple[str, str]],
        tables: Mapping[str, tuple[Sequence[str], Mapping[tuple[int, ...], float]]],
        at: Mapping[str, int],
        given: Sequence[str],
        more: Mapping[str, int],
    ) -> Block:
        sizes = {k: int(v) for k, v in {**numbers, **at}.items() if k in ("N", "T", "t") or k in more}
        names = sorted({n for variables, _ in tables.values() for n in variables})
        notation = DEFAULT.with_names(functions=frozenset(functions), scalars=frozenset("xczt"))
        world = World(
            notation=replace(notation, densities=notation.densities | frozenset(tables)),
            functions={k: Function((p,), parse(body, DEFAULT)) for k, (p, body) in functions.items()},
            joints={k: _joint(names) for k in tables},
            given=frozenset(given),
            open=not tables,
        )
        block = Block(world, 0, sizes, names, 1)
        block.cell = 2
        for letter, (variables, table) in tables.items():
            array = np.zeros((1, *([2] * len(names))))
            order = [list(variables).index(n) for n in names]
            for point, mass in table.items():
                array[(0, *(point[i] for i in order))] = mass
            block.tables[("joint", letter)] = array
        return block

    def _plain(self, value: Value, states: Mapping[int, int]) -> Any:
        if isinstance(value, Tens):
            return [self._plain(item, states) for item in value.items]
        array = np.asarray(primal(value))
        place = tuple(states.get(axis, 0) if axis and array.shape[axis] > 1 else 0 for axis in range(array.ndim))
        number = complex(array[place]) * (1 + self.shift) + self.shift
        return number.real if number.imag == 0 else number


def _joint(names: Sequence[str]) -> Callable[[Mapping[str, int]], list[Factor]]:
    return lambda sizes: [Factor(tuple(names))]


def _bound(value: Any, block: Block) -> Value:
    if isinstance(value, list):
        return Tens("mat" if isinstance(value[0], list) else "vec", [_bound(v, block) for v in value])
    return np.array([float(value)]).reshape([1] * block.ndim)


def disagreements(reference: Reference, wanted: Sequence[str], *, torch: bool = False) -> list[str]:
    """All faults of one reference: what its two derivations do not agree on, and forms of `wanted` only derived once.

    With `torch` the module's further derivation in torch runs too, if it has one. Raises nothing: whatever a module
    does wrong is a fault.
    """
    module, name = reference.module, reference.path.stem
    for function in ("worlds", "derive", "second"):
        if not callable(getattr(module, function, None)):
            return [f"reference {name}: it has no function {function}()"]
    try:
        derived = module.derive()
    except Exception as error:
        return [f"reference {name}: derive() fails ({type(error).__name__}: {error})"]
    missing = [form for form in wanted if form not in derived]
    faults = [f"reference {name}: it derives no {form!r}" for form in missing]
    forms = Forms(derived)
    try:
        faults += [f"reference {name}: {text}" for text in module.second(forms)]
        if torch and callable(getattr(module, "second_torch", None)):
            faults += [f"reference {name} (torch): {text}" for text in module.second_torch(Forms(derived))]
    except (EvaluationError, ReadError, KeyError, TypeError, ValueError, ArithmeticError, IndexError) as error:
        return [*faults, f"reference {name}: second() fails ({type(error).__name__}: {error})"]
    faults += [
        f"reference {name}: {form!r} is used by the rubric and has no second derivation"
        for form in wanted
        if form in derived and form not in forms.asked
    ]
    if not faults:
        faults += _unnoticed(module, name, derived, forms.asked)
    return faults


def _unnoticed(module: Any, name: str, derived: Mapping[str, str], asked: set[str]) -> list[str]:
    """Forms whose change the second derivation does not notice."""
    try:
        said = " ".join(module.second(Forms(derived, _SHIFT)))
    except (EvaluationError, ReadError, KeyError, TypeError, ValueError, ArithmeticError, IndexError):
        return [f"reference {name}: second() fails where a derived form is changed"]
    words = set(said.replace(":", " ").replace(",", " ").split())
    return [
        f"reference {name}: a change of {form!r} is not noticed by the second derivation"
        for form in sorted(asked)
        if form not in words
    ]
