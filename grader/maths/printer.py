"""A tree as LaTeX with every grouping explicit: how a formula was read. Parsing it back gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from grader.maths import symbols as S
from grader.maths import syntax as T

_ACCENTS: Final = {mark: f"\\{name}" for name, mark in S.ACCENTS.items() if name not in ("check", "breve", "ddot")}
_SUPERSCRIPT: Final = re.compile(r"\^[^^'~.]")
"""Marks that stand above a name at its right, `x^*`, where a lone `^` is a hat."""
_RELATIONS: Final = {
    "=": "=",
    "<=": r"\le",
    ">=": r"\ge",
    "!=": r"\neq",
    "<": "<",
    ">": ">",
    "~=": r"\approx",
    ":=": ":=",
    "in": r"\in",
    "notin": r"\notin",
    "propto": r"\propto",
    "~": r"\sim",
    "->": r"\to",
    "<<": r"\ll",
    ">>": r"\gg",
    "subset": r"\subset",
}
_FUNCTIONS: Final = {
    "log": r"\log",
    "exp": r"\exp",
    "logistic": r"\sigma",
    "logit": r"\operatorname{logit}",
    "max": r"\max",
    "min": r"\min",
    "relu": r"\operatorname{ReLU}",
    "det": r"\det",
    "arcsin": r"\arcsin",
    "arccos": r"\arccos",
    "arctan": r"\arctan",
}


def to_latex(node: T.Node) -> str:
    """LaTeX that says what was read, products with `\\cdot` and every sum inside a product bracketed."""
    rule = _PRINTERS.get(type(node))
    return rule(node) if rule else r"\text{" + type(node).__name__ + "}"


def _group(node: T.Node) -> str:
    """The node where something binds it tightly."""
    text = to_latex(node)
    single = isinstance(
        node, (T.Num, T.Const, T.Call, T.Apply, T.Abs, T.Norm, T.Matrix, T.Tup, T.SetOf, T.Density, T.KL, T.Div)
    )
    if isinstance(node, T.Name) or (single and not (isinstance(node, T.Num) and node.value < 0)):
        return text
    return f"\\left({text}\\right)"


def _num(node: T.Num) -> str:
    if node.places is not None:
        return f"{float(node.value):.{node.places}f}"
    if node.value.denominator == 1:
        return str(node.value.numerator)
    return f"\\frac{{{node.value.numerator}}}{{{node.value.denominator}}}"


def _letter(base: str) -> str:
    if base in S.GREEK:
        return f"\\{base}"
    return base if len(base) == 1 else f"\\mathrm{{{base}}}"


def _name(node: T.Name) -> str:
    text = _letter(node.base)
    marks = node.marks
    accents = ""
    while marks and marks[0] in _ACCENTS and not _SUPERSCRIPT.match(marks):
        accents, marks = marks[0] + accents, marks[1:]  # the outermost is written first
    for mark in accents:
        text = f"{_ACCENTS[mark]}{{{text}}}"
    if node.sub:
        text += "_{" + ", ".join(_sub(s) for s in node.sub) + "}"
    primes = marks.count("'")
    marks = marks.replace("'", "")
    if marks.startswith("^"):
        text += "^{" + marks[1:] + "}"
    return text + "'" * primes


def _sub(node: T.Node) -> str:
    if isinstance(node, T.Word):
        if len(node.text) == 1:
            return node.text if node.text.isalnum() else f"\\text{{{node.text}}}"
        return f"\\mathrm{{{node.text}}}"
    if isinstance(node, T.Range):
        return f"{_sub(node.low)}:{_sub(node.high)}"
    return to_latex(node)


def _add(node: T.Add) -> str:
    out = to_latex(node.terms[0]) if isinstance(node.terms[0], T.Neg) else _term(node.terms[0])
    for term in node.terms[1:]:
        if isinstance(term, T.Neg):
            out += " - " + _term(term.value)
        else:
            out += " + " + _term(term)
    return out


def _term(node: T.Node) -> str:
    loose = isinstance(node, (T.Add, T.Neg, T.PlusMinus, T.Big, T.Integral, T.Deriv, T.Grad))
    return f"\\left({to_latex(node)}\\right)" if loose else to_latex(node)


def _mul(node: T.Mul) -> str:
    return r" \cdot ".join(_group(f) if not isinstance(f, T.Pow) else to_latex(f) for f in node.factors)


def _pow(node: T.Pow) -> str:
    base = node.base
    plain = isinstance(base, (T.Name, T.Num, T.Const)) and not (
        isinstance(base, T.Name) and ("^" in base.marks or "'" in base.marks)
    )
    text = to_latex(base) if plain else f"\\left({to_latex(base)}\\right)"
    return f"{text}^{{{to_latex(node.exponent)}}}"


def _call(node: T.Call) -> str:
    args = ", ".join(to_latex(a) for a in node.args)
    if node.func == "sqrt":
        return f"\\sqrt{{{args}}}"
    if node.func == "set_builder":
        return rf"\left\{{{to_latex(node.args[0])} : {', '.join(to_latex(a) for a in node.args[1:])}\right\}}"
    if node.func == "binom":
        return f"\\binom{{{to_latex(node.args[0])}}}{{{to_latex(node.args[1])}}}"
    head = _FUNCTIONS.get(
        node.func, f"\\{node.func}" if node.func in S.PREFIX_FUNCTIONS else f"\\operatorname{{{node.func}}}"
    )
    return f"{head}\\left({args}\\right)"


def _apply(node: T.Apply) -> str:
    head = "\\sigma" if node.head.base == "logistic" else _name(node.head)
    return head + "'" * node.primes + "\\left(" + ", ".join(to_latex(a) for a in node.args) + "\\right)"


def _big(node: T.Big) -> str:
    sub = ""
    if node.var is not None:
        sub = "_{" + to_latex(node.var) + (f" = {to_latex(node.low)}" if node.low is not None else "") + "}"
    sup = f"^{{{to_latex(node.high)}}}" if node.high is not None else ""
    return f"\\{node.op}{sub}{sup} {_term(node.body)}"


def _integral(node: T.Integral) -> str:
    low = f"_{{{to_latex(node.low)}}}" if node.low is not None else ""
    high = f"^{{{to_latex(node.high)}}}" if node.high is not None else ""
    differentials = " ".join(rf"\mathrm{{d}} {to_latex(v)}" for v in node.variables)
    return rf"\int{low}{high} \left({to_latex(node.body)}\right) {differentials}"


def _deriv(node: T.Deriv) -> str:
    below = " ".join(rf"\partial {to_latex(b)}" for b in node.by)
    order = f"^{{{len(node.by)}}}" if len(node.by) > 1 else ""
    return rf"\frac{{\partial{order}}}{{{below}}}\left({to_latex(node.body)}\right)"


def _density(node: T.Density) -> str:
    given = r" \mid " + ", ".join(to_latex(g) for g in node.given) if node.given else ""
    sub = f"_{{{_letter(node.sub)}}}" if node.sub else ""
    return f"{node.letter}{sub}({', '.join(to_latex(a) for a in node.args)}{given})"


def _expect(node: T.Expect) -> str:
    over = ", ".join(to_latex(v) for v in node.over)
    dist = to_latex(node.dist) if node.dist is not None else ""
    below = rf"{over} \sim {dist}" if over and dist else over or dist
    head = r"\mathbb{E}" if node.op == "E" else r"\mathrm{Var}"
    return head + (f"_{{{below}}}" if below else "") + rf"\left[{to_latex(node.body)}\right]"


def _matrix(node: T.Matrix) -> str:
    rows = r" \\ ".join(" & ".join(to_latex(e) for e in row) for row in node.rows)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def _rel(node: T.Rel) -> str:
    out = to_latex(node.operands[0])
    for relation, operand in zip(node.relations, node.operands[1:], strict=True):
        out += f" {_RELATIONS.get(relation, relation)} {to_latex(operand)}"
    return out


def _logic(node: T.Logic) -> str:
    words = {
        "and": r" \text{ and } ",
        "or": r" \text{ or } ",
        "list": ", ",
        "=>": r" \Rightarrow ",
        "<=>": r" \iff ",
        "if": r" \text{ if } ",
    }
    return words.get(node.op, " ; ").join(to_latex(i) for i in node.items)


def _plus_minus(node: T.PlusMinus) -> str:
    sign = r"\mp" if node.flipped else r"\pm"
    return (to_latex(node.left) + " " if node.left is not None else "") + f"{sign} {_term(node.right)}"


def _interval(node: T.Interval) -> str:
    opening, closing = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{opening}{to_latex(node.low)}, {to_latex(node.high)}{closing}"


def _normal(node: T.Normal) -> str:
    var = to_latex(node.var) + "; " if node.var is not None else ""
    return rf"\mathcal{{N}}({var}{to_latex(node.mean)}, {to_latex(node.variance)})"


def _const(node: T.Const) -> str:
    return {"pi": r"\pi", "inf": r"\infty"}.get(node.name, node.name)


_PRINTERS: Final[dict[type[T.Node], Callable[[Any], str]]] = {
    T.Num: _num,
    T.Const: _const,
    T.Name: _name,
    T.Add: _add,
    T.Mul: _mul,
    T.Pow: _pow,
    T.Call: _call,
    T.Apply: _apply,
    T.Big: _big,
    T.Integral: _integral,
    T.Deriv: _deriv,
    T.Density: _density,
    T.Expect: _expect,
    T.Matrix: _matrix,
    T.Rel: _rel,
    T.Logic: _logic,
    T.PlusMinus: _plus_minus,
    T.Interval: _interval,
    T.Normal: _normal,
    T.Neg: lambda n: f"-{_term(n.value)}",
    T.Div: lambda n: f"\\frac{{{to_latex(n.num)}}}{{{to_latex(n.den)}}}",
    T.Transpose: lambda n: f"{_group(n.value)}^{{\\top}}",
    T.Factorial: lambda n: f"{_group(n.value)}!",
    T.Abs: lambda n: rf"\left|{to_latex(n.value)}\right|",
    T.Norm: lambda n: rf"\left\|{to_latex(n.value)}\right\|" + (f"_{{{n.order}}}" if n.order != "2" else ""),
    T.Tup: lambda n: r"\left(" + ", ".join(to_latex(i) for i in n.items) + r"\right)",
    T.SetOf: lambda n: r"\left\{" + ", ".join(to_latex(i) for i in n.items) + r"\right\}" if n.items else r"\emptyset",
    T.KL: lambda n: rf"\mathrm{{{n.op}}}\left[{to_latex(n.left)} \| {to_latex(n.right)}\right]",
    T.Grad: lambda n: (
        r"\nabla" + (f"_{{{to_latex(n.by)}}}" if n.by is not None else "") + rf"\left({to_latex(n.body)}\right)"
    ),
    T.Boxed: lambda n: rf"\boxed{{{to_latex(n.value)}}}",
    T.Word: lambda n: r"\dots" if n.text == "dots" else rf"\text{{{n.text}}}",
    T.Range: lambda n: f"{to_latex(n.low)}:{to_latex(n.high)}",
    T.NamedSet: lambda n: rf"\mathbb{{{n.name[:1]}}}" + (f"^{{{n.name[1:]}}}" if n.name[1:] else ""),
    T.Empty: lambda n: "",
}
