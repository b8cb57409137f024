"""Errors carried forward: a later answer judged by what follows from the student's own earlier one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from grader.checks.context import PartContext
from grader.checks.specs import Carried, CheckBase, ComponentsCheck, Target
from grader.maths import syntax as T
from grader.maths.answers import read_answer
from grader.maths.notation import Notation
from grader.maths.parser import parse


def own_answer(context: PartContext, node: T.Node) -> T.Node:
    """An answer as it can be used in another part: its value alone, the student's names written out."""
    answer = read_answer(node)
    value = answer.items[0] if len(answer.items) == 1 else T.Tup(answer.items)
    return context.expanded(T.unboxed(value))


def own_names(
    names: Sequence[str],
    then: Mapping[str, str],
    answer: T.Node,
    notation: Notation,
    read: Callable[[str], T.Node],
) -> dict[str, T.Node]:
    """What names stand for by an earlier answer: its entries in order, or all of it for one name.

    `read` gives the rubric's formulas of `then`.
    """
    keys = [n.key for n in (parse(text, notation) for text in names) if isinstance(n, T.Name)]
    entries = _entries(answer)
    found: dict[str, T.Node] = {}
    if len(keys) == 1:
        found[keys[0]] = answer
    elif len(entries) == len(keys):
        found.update(zip(keys, entries, strict=True))
    else:
        return {}
    for text, meaning in then.items():
        name = parse(text, notation)
        if isinstance(name, T.Name):
            found[name.key] = read(meaning)
    return found


def carried_targets(
    spec: CheckBase, carried: Carried, own: T.Node, context: PartContext
) -> Mapping[Target, T.Node] | None:
    """What the check's targets become if the student's own earlier answer is taken for right; None if that is not known.

    A Jacobian is written as derivatives of the student's own field at the point, eigenvalues as those of the student's
    own matrix.
    """
    whole: T.Node | None = None
    parts: tuple[T.Node, ...] = ()
    entries = _entries(own)
    if carried.how == "jacobian" and entries:
        variables = [parse(v, context.notation) for v in carried.variables]
        where = tuple(T.Rel((v, T.Num(Fraction(0))), ("=",)) for v in variables)
        whole = T.Matrix(tuple(tuple(T.At(T.Deriv((v,), e), where) for v in variables) for e in entries))
    elif carried.how == "eigenvalues" and isinstance(own, T.Matrix):
        if _all_zero(own):
            return None  # an error that left nothing to do
        whole = T.Call("eig", (own,))
    elif (
        carried.how == "polynomial"
        and not _all_zero(own)
        and isinstance(own, T.Matrix)
        and len(own.rows) == len(own.rows[0])
    ):
        size = range(len(own.rows))
        lam = parse(r"\lambda", context.notation)
        whole = T.Call(
            "det",
            (
                T.Matrix(
                    tuple(tuple(_minus(own.rows[i][j], lam) if i == j else own.rows[i][j] for j in size) for i in size)
                ),
            ),
        )
    elif carried.how == "added" and isinstance(own, T.Matrix) and len(carried.added) == 1:
        whole = T.Add((own, context.target(Target(latex=carried.added[0]))))
    elif carried.how == "added" and len(entries) == len(carried.added):
        added = [context.target(Target(latex=text)) for text in carried.added]
        parts = tuple(T.Add(pair) for pair in zip(entries, added, strict=True))
        whole = T.Tup(parts)
    if whole is None:
        return None
    targets: dict[Target, T.Node] = {spec.target: whole}  # type: ignore[attr-defined]
    if isinstance(spec, ComponentsCheck):
        if len(parts) != len(spec.entries):
            return None
        targets.update(zip(spec.entries, parts, strict=True))
    return targets


def _all_zero(own: T.Node) -> bool:
    return isinstance(own, T.Matrix) and all(isinstance(e, T.Num) and not e.value for row in own.rows for e in row)


def _minus(a: T.Node, b: T.Node) -> T.Node:
    return T.Add((a, T.Neg(b)))


def _entries(node: T.Node) -> tuple[T.Node, ...]:
    if isinstance(node, T.Transpose):
        node = node.value
    if isinstance(node, T.Tup):
        return node.items
    if isinstance(node, T.Matrix) and (len(node.rows) == 1 or all(len(row) == 1 for row in node.rows)):
        return tuple(e for row in node.rows for e in row)
    return ()
