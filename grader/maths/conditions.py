"""Comparing conditions: truth at random points and, exactly, on the boundary of each inequality.

Random points never tell `>` from `≥`; points where the two sides of an inequality meet do. They are found by a sign
change along one variable at a time and bisection, and there both conditions are decided with a tolerance for "equal".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from grader.errors import EvaluationError
from grader.maths import numeric as N
from grader.maths import syntax as T
from grader.maths.blocks import Judge
from grader.maths.evaluate import Evaluator
from grader.maths.rules_truth import truth
from grader.maths.side_by_side import number
from grader.maths.values import Value, leaves, scalar
from grader.maths.worlds import Block, rests_on
from grader.model import Outcome, Verdict, Witness

_GRID = np.concatenate([np.linspace(-30, -6, 25), np.linspace(-5.9, 5.9, 119) + 0.0137, np.linspace(6, 30, 25)])
_STEPS = 54
"""Steps towards a root at most; a dozen suffice where nothing bends sharply."""
_MET_AT = 1e-15
"""How close to zero, against its size at the ends of the bracket, a difference must come."""
_BRACKETS = 3
_HUGE = 1e9
"""A gap of this size at a boundary point is a pole of the other condition: undefined there."""
_TOUCH = 1e-9
_ORDERS = frozenset({"<", "<=", ">", ">=", "!="})
_SAMPLES = 96


@dataclass(frozen=True, slots=True)
class Atom:
    """`left relation right` with relation one of < <= > >= = !=."""

    left: T.Node
    relation: str
    right: T.Node


@dataclass(frozen=True, slots=True)
class Formula:
    """Atoms joined by `and`/`or`."""

    op: str
    parts: tuple[Formula | Atom, ...]


def equivalent(judge: Judge, left: T.Node, right: T.Node) -> Verdict:
    """Whether two conditions hold for the same values."""
    subject = _subject(left) or _subject(right) or T.Name("x")
    try:
        a, b = formula(left, subject), formula(right, subject)
        wide = Judge(replace(judge.world, samples=_SAMPLES, quadratures=1, moved=True, spread=True))
        nodes = [n for atom in (*atoms(a), *atoms(b)) for n in (atom.left, atom.right)]
        with np.errstate(all="ignore"):
            blocks = wide.blocks(nodes)
            return _decide(blocks, a, b)
    except EvaluationError as error:
        return Verdict(Outcome.UNDECIDED, error.note, detail=error.detail)


def _subject(node: T.Node) -> T.Node | None:
    """The variable a membership speaks of."""
    for n in T.walk(node):
        if isinstance(n, T.Rel) and "in" in n.relations:
            return n.operands[0]
    for n in T.walk(node):
        if isinstance(n, T.Rel):
            names = [o for o in n.operands if isinstance(o, T.Name)]
            if names:
                return names[0]
    return None


def formula(node: T.Node, subject: T.Node) -> Formula | Atom:
    """The inequalities a condition is made of. Raises EvaluationError `unsupported`."""
    node = T.unboxed(node)
    if isinstance(node, T.Logic) and node.op in ("and", "or", "list"):
        parts = tuple(formula(i, subject) for i in node.items if not _quantifier(i))
        return parts[0] if len(parts) == 1 else Formula("or" if node.op == "or" else "and", parts)
    if isinstance(node, T.Logic) and node.op in ("if", "forall"):
        return formula(node.items[0] if node.op == "if" else node.items[-1], subject)
    if isinstance(node, (T.Interval, T.NamedSet)):
        return _membership(subject, node)
    if isinstance(node, T.Tup) and len(node.items) == 2:
        return _membership(subject, T.Interval(node.items[0], node.items[1], node.square, node.square))
    if isinstance(node, T.Rel):
        found: list[Formula | Atom] = []
        ordered = any(r in _ORDERS for r in node.relations)
        for i, relation in enumerate(node.relations):
            if ordered and relation in ("=", ":="):
                continue  # `\\Delta = b^2 - 4ac > 0`: the equality only names or rewrites
            left, right = node.operands[i], node.operands[i + 1]
            if relation == "in":
                if isinstance(right, T.Tup) and len(right.items) == 2:
                    right = T.Interval(right.items[0], right.items[1], right.square, right.square)
                found.append(_membership(left, right))
            elif relation in ("<", "<=", ">", ">=", "=", "!=", ":="):
                found.append(Atom(left, "=" if relation == ":=" else relation, right))
            else:
                raise EvaluationError("unsupported", f"the relation {relation}")
        return found[0] if len(found) == 1 else Formula("and", tuple(found))
    raise EvaluationError("unsupported", "a condition that is no relation")


def _quantifier(node: T.Node) -> bool:
    return isinstance(node, T.Logic) and node.op in ("forall", "exists")


def _membership(left: T.Node, right: T.Node) -> Formula | Atom:
    zero = T.Num(Fraction(0))
    if isinstance(right, T.Interval):
        parts: list[Formula | Atom] = []
        if not _infinite(right.low):
            parts.append(Atom(left, ">=" if right.low_closed else ">", right.low))
        if not _infinite(right.high):
            parts.append(Atom(left, "<=" if right.high_closed else "<", right.high))
        return parts[0] if len(parts) == 1 else Formula("and", tuple(parts))
    if isinstance(right, T.NamedSet):
        relation = {
            "R+": ">=",
            "R>=0": ">=",
            "R>0": ">",
            "R+*": ">",
            "R*+": ">",
            "R++": ">",
            "R-": "<=",
            "R*": "!=",
            "R": "real",
        }.get(right.name)
        if relation == "real":
            return Formula("and", ())
        if relation:
            return Atom(left, relation, zero)
    if isinstance(right, T.SetOf):
        return Formula("or", tuple(Atom(left, "=", item) for item in right.items))
    raise EvaluationError("unsupported", "membership in this set")


def _infinite(node: T.Node) -> bool:
    inner = node.value if isinstance(node, T.Neg) else node
    return isinstance(inner, T.Const) and inner.name == "inf"


def atoms(node: Formula | Atom) -> Iterator[Atom]:
    if isinstance(node, Atom):
        yield node
    else:
        for part in node.parts:
            yield from atoms(part)


def truth_of(ev: Evaluator, node: Formula | Atom, tolerance: float) -> N.Array:
    """Truth with sides closer than the tolerance taken as equal."""
    if isinstance(node, Formula):
        if not node.parts:
            return np.ones((1,) * ev.block.ndim, dtype=bool)
        masks = [truth_of(ev, p, tolerance) for p in node.parts]
        out = masks[0]
        for mask in masks[1:]:
            out = (out | mask) if node.op == "or" else (out & mask)
        return out
    gaps = _gap(ev, node)
    result: N.Array | None = None
    for gap in gaps:
        real_part, touching = np.real(gap), np.abs(gap) <= tolerance
        ordered = np.isfinite(real_part) & (np.abs(np.imag(gap)) <= 1e-12)
        if node.relation == "=":
            mask = touching
        elif node.relation == "!=":
            mask = ~touching
        else:
            sign = real_part if node.relation[0] == ">" else -real_part
            mask = np.where(touching, len(node.relation) == 2, sign > 0) & ordered
        result = mask if result is None else result & mask
    assert result is not None
    return result


def _gap(ev: Evaluator, atom: Atom) -> list[N.Array]:
    """`left - right`, entry by entry."""
    left, right = leaves(ev.value(atom.left)), leaves(ev.value(atom.right))
    if len(left) == 1 and len(right) > 1:
        left = left * len(right)
    if len(right) == 1 and len(left) > 1:
        right = right * len(left)
    if len(left) != len(right):
        raise EvaluationError("shape", "sides of different sizes are compared")
    return [np.asarray(N.primal(a) - N.primal(b)) for a, b in zip(left, right, strict=True)]


def _decide(blocks: list[Block], a: Formula | Atom, b: Formula | Atom) -> Verdict:
    agree = both = neither = 0
    differ = 0
    witness: Witness | None = None
    for block in blocks:
        ev = Evaluator(block, budget=600_000)
        x, y = _flat(truth_of(ev, a, 1e-12), block), _flat(truth_of(ev, b, 1e-12), block)
        wrong = np.flatnonzero(x != y)
        agree += int((x == y).sum())
        both += int((x & y).sum())
        neither += int((~x & ~y).sum())
        if len(wrong):
            differ += len(wrong)
            witness = witness or described(ev, block, int(wrong[0]), bool(x[wrong[0]]), bool(y[wrong[0]]))
    if differ >= 2:
        return Verdict(Outcome.INCORRECT, "condition_differs", witness)
    if differ:
        return Verdict(Outcome.UNDECIDED, "one_point", witness)
    met, edge, poles = _boundaries(blocks, a, b)
    if edge is not None:
        return Verdict(Outcome.INCORRECT, "strictness", edge)
    if poles:
        return Verdict(Outcome.UNDECIDED, "undefined_at_boundary", samples=agree + met)
    if met == 0:
        if (both and not neither) or (neither and not both):
            strict = {atom.relation for atom in atoms(a)}, {atom.relation for atom in atoms(b)}
            if strict[0] == strict[1] and agree and list(atoms(a)) == list(atoms(b)):
                return Verdict(Outcome.CORRECT, "agrees", samples=agree)
            return Verdict(Outcome.UNDECIDED, "no_boundary_found", samples=agree)
        return Verdict(Outcome.UNDECIDED, "no_boundary_found", samples=agree)
    return Verdict(Outcome.CORRECT, "agrees", samples=agree + met)


def _flat(mask: N.Array, block: Block) -> N.Array:
    mask = np.broadcast_to(mask, np.broadcast_shapes(mask.shape, (block.samples, *([1] * (block.ndim - 1)))))
    return np.asarray(mask.reshape(block.samples, -1).all(axis=1))


def _boundaries(blocks: list[Block], a: Formula | Atom, b: Formula | Atom) -> tuple[int, Witness | None, int]:
    """Points where some inequality of either condition is an equality: how many agree, a witness if two do not, and at
    how many one of the conditions is undefined."""
    met = poles = 0
    for block in blocks:
        for atom in {*atoms(a), *atoms(b)}:
            for key in _movable(block, atom):
                try:
                    if block.draw(key) is None and key not in block.world.definitions:
                        continue
                    roots, usable = all_roots(block, atom, key)
                except EvaluationError:
                    continue
                if not usable.any():
                    continue
                ev = Evaluator(block, budget=600_000)
                ev.bound[key] = roots
                x, y = truth_of(ev, a, _TOUCH), truth_of(ev, b, _TOUCH)
                shape = np.broadcast_shapes(x.shape, y.shape, roots.shape)
                x, y = np.broadcast_to(x, shape), np.broadcast_to(y, shape)
                usable = np.broadcast_to(usable, shape) & in_domain(ev, key, roots)
                poles += int((usable & ~finite(ev, a, b)).sum())
                usable = usable & clear_of_edges(ev, a) & clear_of_edges(ev, b)
                wrong = usable & (x != y)
                met += int((usable & (x == y)).sum())
                if wrong.sum() >= 2:
                    where = np.argwhere(wrong)[0]
                    witness = described(ev, block, int(where[0]), bool(x[tuple(where)]), bool(y[tuple(where)]), where)
                    return met, witness, poles
    return met, None, poles


def _movable(block: Block, atom: Atom) -> list[str]:
    """Names whose values may be moved to where the sides of an atom meet: what a defined name rests on in its stead."""
    names = (T.names_in(atom.left) | T.names_in(atom.right)) - set(block.sizes)
    for key in names & set(block.world.definitions):
        below = {k for k in rests_on(block.world, [key]) if k in block.world.symbols}
        names = names - {key} | below if below else names
    return sorted(names)


def finite(ev: Evaluator, a: Formula | Atom, b: Formula | Atom) -> N.Array:
    out = np.ones((1,) * ev.block.ndim, dtype=bool)
    for atom in (*atoms(a), *atoms(b)):
        for gap in _gap(ev, atom):
            out = out & (np.abs(gap) < _HUGE)
    return out


def in_domain(ev: Evaluator, key: str, roots: N.Array) -> N.Array:
    """Points that satisfy the world's own conditions and the domain of the variable that was moved."""
    mask = np.asarray(np.isfinite(roots))
    world = ev.block.world
    base = key.split("_", 1)[0]
    symbol = world.symbols.get(key) or world.symbols.get(base + "_*")
    if (symbol is None and world.open and base == "sigma") or (symbol is not None and symbol.kind == "positive"):
        mask = mask & (roots > 0)
    elif symbol is not None and symbol.kind == "between":
        mask = mask & (roots > symbol.low) & (roots < symbol.high)
    for condition in world.conditions:
        mask = mask & truth(ev, condition)
    return mask


def clear_of_edges(ev: Evaluator, node: Formula | Atom) -> N.Array:
    """Points at which every inequality is either met to rounding or clearly not: nothing lies in between."""
    out = np.ones((1,) * ev.block.ndim, dtype=bool)
    for atom in atoms(node):
        for gap in _gap(ev, atom):
            size = np.abs(gap)
            out = out & ((size <= _TOUCH) | (size > 1e3 * _TOUCH)) & (size < _HUGE)
    return out


def all_roots(block: Block, atom: Atom, key: str) -> tuple[N.Array, N.Array]:
    """Values of one variable at which the atom's sides meet, crossing or (squares, absolute values) only touching."""
    crossing, usable = _roots(block, atom, key, touching=False)
    if not any(isinstance(n, (T.Pow, T.Abs)) for side in (atom.left, atom.right) for n in T.walk(side)):
        return crossing, usable
    touching, met = _roots(block, atom, key, touching=True)
    return _side_by_side(crossing, touching), _side_by_side(usable, met)


def _side_by_side(first: N.Array, second: N.Array) -> N.Array:
    """Joined along the last axis, that of the moved variable; the others broadcast."""
    rest = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    both = [np.broadcast_to(x, (*rest, x.shape[-1])) for x in (first, second)]
    return np.concatenate(both, -1)


def _roots(block: Block, atom: Atom, key: str, *, touching: bool) -> tuple[N.Array, N.Array]:
    """Sign changes of the difference of the sides (`touching`: of its derivative) that are zeros of the difference."""
    axis = block.ndim - 1
    shape = [1] * block.ndim
    shape[axis] = len(_GRID)
    grid = np.broadcast_to(_GRID.reshape(shape), (block.samples, *shape[1:])).astype(float)

    def difference(values: N.Array) -> N.Array:
        ev = Evaluator(block, budget=600_000)
        ev.bound[key] = values
        found = _gap(ev, atom)
        if len(found) != 1:
            raise EvaluationError("shape", "an inequality between vectors")
        return _real(found[0], values)

    def slope(values: N.Array) -> N.Array:
        ev = Evaluator(block, budget=600_000)

        def at(seed: N.Dual) -> Value:
            ev.bound[key] = seed
            return scalar(ev.value(atom.left)) - scalar(ev.value(atom.right))

        return _real(N.primal(scalar(ev.derivative(values, at))), values)

    gap = slope if touching else difference
    values = gap(grid)
    sign = np.sign(values)
    change = (np.take(sign, range(1, len(_GRID)), axis) * np.take(sign, range(len(_GRID) - 1), axis)) < 0
    if not change.any():
        return grid[..., :1], change[..., :1]
    # the first few sign changes of each sample are enough; bisecting all intervals would cost as much as the grid again
    order = np.argsort(~change, axis=axis, kind="stable")
    order = np.take(order, range(min(_BRACKETS, order.shape[axis])), axis)
    change = np.take_along_axis(change, order, axis)
    low = np.take_along_axis(grid, order, axis)
    high = np.take_along_axis(grid, order + 1, axis)
    at, other = gap(low), gap(high)
    close = _MET_AT * np.maximum(1.0, np.maximum(np.abs(at), np.abs(other)))
    root = low
    with np.errstate(all="ignore"):
        for turn in range(_STEPS):
            # regula falsi (Illinois), with a bisection now and then: a kink or a pole would hold it up
            chord = low - at * (high - low) / (other - at)
            root = (low + high) / 2 if turn % 4 == 3 else np.where(np.isfinite(chord), chord, (low + high) / 2)
            value = gap(root)
            left = np.sign(value) == np.sign(at)
            low, high = np.where(left, root, low), np.where(left, high, root)
            at, other = np.where(left, value, at / 2), np.where(left, other / 2, value)
            if bool(np.all(~change | (np.abs(value) <= close))):
                break
    residual = np.abs(difference(root))
    return root, change & (residual <= _TOUCH)


def _real(values: N.Array, like: N.Array) -> N.Array:
    """Real parts, NaN where a value leaves the reals, in the shape of the points."""
    real_part = np.where(np.abs(np.imag(values)) > 1e-12, np.nan, np.real(values))
    return np.broadcast_to(real_part, np.broadcast_shapes(real_part.shape, like.shape))


def described(
    ev: Evaluator, block: Block, sample: int, left: bool, right: bool, where: N.Array | None = None
) -> Witness:
    values = {}
    for key in sorted(ev.used | set(ev.bound)):
        try:
            array = N.primal(ev.lookup(key))  # type: ignore[arg-type]
        except EvaluationError:
            continue
        if not isinstance(array, np.ndarray):
            continue
        place = tuple(
            (int(where[d]) if where is not None else sample if d == 0 else 0) if array.shape[d] > 1 else 0
            for d in range(array.ndim)
        )
        values[key] = number(array[place])
    values.update(block.sizes)
    return Witness(values, left, right)
