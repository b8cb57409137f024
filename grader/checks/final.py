"""Final answers: the value, vector, point or set of values that a part asks for, wherever and however it is claimed.

`incorrect` is said of the last claim made without conditions, if the part was read completely and the claim fails under
every reading; a right answer that a later claim contradicts is for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from grader.checks.context import Finding, PartContext, flat_relations, free_names
from grader.checks.specs import ComponentsCheck, EigenvaluesCheck, PointCheck, ValueCheck
from grader.maths import syntax as T
from grader.maths.answers import Answer, read_answer
from grader.maths.blocks import Judge
from grader.maths.compare import compare_answers
from grader.maths.decide import agrees, equal
from grader.maths.diagnose import diagnose
from grader.maths.equations import proportional, same_equation
from grader.maths.notation import Notation
from grader.maths.parser import parse
from grader.model import Outcome, Verdict
from grader.reading.claims import Chain
from grader.reading.rows import Line, with_left


@dataclass(slots=True)
class Claim:
    """One claim of the quantity: where it stands and what it was found to be."""

    chain: Chain
    line: Line
    node: T.Node
    verdict: Verdict
    conditional: bool
    boxed: bool

    @property
    def place(self) -> tuple[int, int]:
        return self.line.start, self.line.end


def check_value(spec: ValueCheck, context: PartContext) -> Finding:
    """A quantity with one value (number, vector, matrix, or an equation's left side)."""
    target = context.target(spec.target)
    heads = _heads(spec.named, context.notation)
    targets = [target]
    if spec.permutations and isinstance(target, T.Matrix):
        targets.extend(_permuted(target))
    return settle(context, _claims(context, targets, heads), targets, derivation=spec.role == "derivation")


def _heads(names: tuple[str, ...], notation: Notation) -> list[T.Node]:
    return [parse(name, notation) for name in names]


def _permuted(matrix: T.Matrix) -> list[T.Node]:
    """The matrix in other orders of the variables: rows and columns moved together."""
    size = len(matrix.rows)
    if size > 4:
        return []
    out: list[T.Node] = []
    for order in permutations(range(size)):
        if list(order) != list(range(size)):
            out.append(T.Matrix(tuple(tuple(matrix.rows[i][j] for j in order) for i in order)))
    return out


def _claims(context: PartContext, targets: list[T.Node], heads: list[T.Node]) -> list[Claim]:
    """All claims of the quantity, in order: by the name on the left, by a left side that equals it, or boxed."""
    found: list[Claim] = []
    for chain in context.text.chains:
        if chain.role == "goal":
            continue
        head = chain.head()
        claims = head is not None and _is_head(context, head, targets, heads)
        for line, rel, readings in _last_explicit(context, chain):
            if rel is None or (rel.relations and set(rel.relations) <= {"=", ":=", "=:"}):
                boxed = line.tree is not None and any(isinstance(n, T.Boxed) for n in T.walk(line.tree))
                bare = rel is None
                equation = rel is not None and _is_zero(rel.operands[-1])
                own_head = claims or (
                    rel is not None
                    and not isinstance(rel.operands[0], T.Empty)
                    and rel.operands[0] is not head
                    and _is_head(context, rel.operands[0], targets, heads)
                )
                if equation and not _worth_trying(context, readings, targets, equation):
                    continue  # an equation to be solved claims no value
                if not own_head and not _worth_trying(context, readings, targets, equation):
                    continue
                verdict = _best(context, readings, targets, chain, equation)
                if own_head or (
                    verdict.outcome is Outcome.CORRECT
                    and (boxed or bare or head is None or _unknown(context, head) or equation)
                ):
                    found.append(Claim(chain, line, readings[0][0], verdict, bool(chain.context), boxed))
    return found


def _worth_trying(
    context: PartContext, readings: list[tuple[T.Node, bool]], targets: list[T.Node], equation: bool
) -> bool:
    """Whether a claim under no known name may be the target all the same: its value is."""
    for node, _ in readings:
        answer = read_answer(node)
        if equation and answer.kind == "equation":
            if proportional(context.judge, answer.items, (targets[0], T.Num(Fraction(0)))) is not None:
                return True
        elif answer.kind != "value" or any(agrees(context.judge, answer.items[0], t) for t in targets):
            return True
    return False


def _unknown(context: PartContext, head: T.Node) -> bool:
    """A left side the world does not know: the student's own name for the quantity."""
    return isinstance(head, (T.Name, T.Apply, T.KL)) or not context.explicit(head)


def _is_zero(node: T.Node) -> bool:
    return isinstance(node, T.Num) and node.value == 0


def _is_head(context: PartContext, head: T.Node, targets: list[T.Node], heads: list[T.Node]) -> bool:
    head = T.unboxed(head)
    for name in heads:
        if head == name or (
            isinstance(head, T.Apply) and isinstance(name, T.Name) and head.head == name and not head.primes
        ):
            return True
    if isinstance(head, T.Call) and head.func == "det" and any(isinstance(t, (T.Add, T.Mul)) for t in targets):
        return "lambda" in " ".join(sorted(T.names_in(targets[0])))
    if context.explicit(head):
        return False
    return any(agrees(context.base, head, t) for t in targets[:1])


def _last_explicit(context: PartContext, chain: Chain) -> list[tuple[Line, T.Rel | None, list[tuple[T.Node, bool]]]]:
    """The last line of a chain that gives a value outright, in all its readings (each cut at that value)."""
    head = chain.head()
    for line in reversed(chain.lines):
        if line.tree is None:
            continue
        out: list[tuple[Line, T.Rel | None, list[tuple[T.Node, bool]]]] = []
        rels = list(flat_relations(line.tree))
        if not rels:
            if context.explicit(line.tree):
                return [(line, None, line.readings(context.notation))]
            continue
        for k, rel in enumerate(rels):
            at = next((i for i in range(len(rel.operands) - 1, -1, -1) if context.explicit(rel.operands[i])), None)
            if at is None or (at == 0 and len(rel.operands) > 1 and not _is_zero(rel.operands[-1])):
                continue
            cut = T.Rel(rel.operands[: at + 1], rel.relations[:at], start=rel.start, end=rel.end) if at else rel
            if len(rels) == 1 and at == len(rel.operands) - 1 and line.ambiguous:
                readings = [
                    (with_left(tree, head) if line.lead == "continues" and head is not None else tree, natural)
                    for tree, natural in line.readings(context.notation)
                ]
            else:
                tree: T.Node = cut
                if k == 0 and line.lead == "continues" and head is not None:
                    tree = with_left(cut, head)
                readings = [(tree, True)]
            out.append((line, rel, readings))
        if out:
            return out
    return []


def _best(
    context: PartContext, readings: list[tuple[T.Node, bool]], targets: list[T.Node], chain: Chain, equation: bool
) -> Verdict:
    """The kindest verdict over readings, target forms and, where it fails, the conditions the claim stands under."""
    best: Verdict | None = None
    for judge in _judges(context, chain):
        for node, natural in readings:
            for target in targets:
                answer = read_answer(node)
                verdict = _against(judge, answer, target, equation)
                if verdict.outcome is Outcome.CORRECT and natural:
                    return verdict
                if best is None or (best.outcome is Outcome.INCORRECT and verdict.outcome is not Outcome.INCORRECT):
                    best = verdict
    assert best is not None
    if best.outcome is Outcome.CORRECT:
        return Verdict(Outcome.UNDECIDED, "strained_reading")
    return best


def _judges(context: PartContext, chain: Chain) -> list[Judge]:
    return [context.judge, context.narrowed(chain.context)] if chain.context else [context.judge]


def _against(judge: Judge, answer: Answer, target: T.Node, equation: bool) -> Verdict:
    if equation and answer.kind == "equation":
        return same_equation(judge, answer.items, (target, T.Num(Fraction(0))))
    return compare_answers(judge, answer, read_answer(target))


def settle(context: PartContext, claims: list[Claim], targets: list[T.Node], *, derivation: bool = False) -> Finding:
    """One finding from all claims of a quantity."""
    right = [c for c in claims if c.verdict.outcome is Outcome.CORRECT]
    free = [c for c in claims if not c.conditional]
    if right:
        last = right[-1]
        later = [c for c in free if c.chain.order > last.chain.order and c.verdict.outcome is Outcome.INCORRECT]
        if later and not last.boxed:
            return Finding(Outcome.UNDECIDED, "contradicted_later", (last.place, later[-1].place))
        return Finding(Outcome.CORRECT, last.verdict.note, (last.place,), {"samples": last.verdict.samples})
    if not claims:
        if context.text.empty:
            return Finding(Outcome.MISSING, "nothing_handed_in")
        if context.text.unread:
            return Finding(Outcome.UNDECIDED, "unread_lines", tuple((u.start, u.end) for u in context.text.unread[:3]))
        if derivation:
            return Finding(Outcome.UNDECIDED, "not_found")
        return (
            Finding(Outcome.MISSING, "not_claimed")
            if not _loose_ends(context)
            else Finding(Outcome.UNDECIDED, "not_found")
        )
    wrong = [c for c in free if c.verdict.outcome is Outcome.INCORRECT]
    if derivation or len(wrong) < len(claims):
        other = next((c for c in reversed(claims) if c.verdict.outcome is not Outcome.INCORRECT), claims[-1])
        return Finding(Outcome.UNDECIDED, other.verdict.note, (other.place,), {"detail": other.verdict.detail})
    last = wrong[-1]
    if any(line.end >= last.place[0] - 4000 for line in context.text.unread if line.tree is None):
        return Finding(Outcome.UNDECIDED, "unread_lines", (last.place,), witness=last.verdict.witness)
    answer = read_answer(last.node)
    hint = diagnose(context.judge, answer.items[0], targets[0]) if answer.kind == "value" else None
    return Finding(Outcome.INCORRECT, last.verdict.note, (last.place,), witness=last.verdict.witness, diagnosis=hint)


def _loose_ends(context: PartContext) -> bool:
    """Formulas in names the world does not know, which might hold the answer."""
    world = context.judge.world
    for chain in context.text.chains:
        for line in chain.lines:
            if line.tree is not None and chain.kind == "display":
                if any(
                    k not in world.symbols and k not in world.definitions and k not in world.sizes
                    for k in free_names(line.tree)
                ):
                    return True
    return False


def check_components(spec: ComponentsCheck, context: PartContext) -> Finding:
    """A vector at once, in blocks, or its entries one by one; `fraction` counts the right ones."""
    target = context.target(spec.target)
    whole = settle(context, _claims(context, [target], _heads(spec.named, context.notation)), [target])
    if whole.outcome is Outcome.CORRECT:
        return whole
    goals = [context.target(entry) for entry in spec.entries]
    named = spec.named_entries or ((),) * len(goals)
    entries = [_entry(context, goal, names) for goal, names in zip(goals, named, strict=True)]
    for block in spec.blocks:
        goal = T.Tup(tuple(goals[i - 1] for i in block.entries))
        found = settle(context, _claims(context, [goal], _heads(block.named, context.notation)), [goal])
        if found.outcome is Outcome.CORRECT:
            for i in block.entries:
                entries[i - 1] = found
    for i in spec.unchanged:
        if entries[i - 1].note in _UNCLAIMED and any(e.outcome is Outcome.CORRECT for e in entries):
            entries[i - 1] = Finding(Outcome.CORRECT, "unchanged")
    return _entry_by_entry(whole, entries)


_UNCLAIMED = frozenset({"not_claimed", "not_found", "unread_lines", "nothing_handed_in"})


def _entry(context: PartContext, goal: T.Node, names: tuple[str, ...]) -> Finding:
    return settle(context, _claims(context, [goal], _heads(names, context.notation)), [goal])


def _entry_by_entry(whole: Finding, entries: list[Finding]) -> Finding:
    outcomes = [e.outcome for e in entries]
    places = tuple(p for e in entries for p in e.places)
    if all(o is Outcome.CORRECT for o in outcomes):
        return Finding(Outcome.CORRECT, "entry_by_entry", places)
    if whole.outcome is Outcome.INCORRECT and not any(o is Outcome.CORRECT for o in outcomes):
        return whole
    decided = [o for o in outcomes if o in (Outcome.CORRECT, Outcome.INCORRECT)]
    if len(decided) == len(outcomes) and whole.outcome in (Outcome.INCORRECT, Outcome.MISSING):
        wrong = next(e for e in entries if e.outcome is Outcome.INCORRECT)
        share = outcomes.count(Outcome.CORRECT) / len(outcomes)
        return Finding(
            Outcome.INCORRECT,
            "some_entries",
            wrong.places,
            witness=wrong.witness,
            diagnosis=wrong.diagnosis,
            fraction=share,
        )
    if all(o is Outcome.MISSING for o in outcomes) and whole.outcome is Outcome.MISSING:
        return whole
    return Finding(Outcome.UNDECIDED, "some_entries_undecided", places or whole.places)


def check_point(spec: PointCheck, context: PartContext) -> Finding:
    """A point as a tuple, or each coordinate on its own."""
    target = context.target(spec.target)
    assert isinstance(target, T.Tup)
    names = [parse(c, context.notation) for c in spec.coordinates]
    keys = [n.key for n in names if isinstance(n, T.Name)]
    tuples: list[Claim] = []
    single: dict[str, Claim] = {}
    for chain, line, rel in context.relations():
        if not set(rel.relations) <= {"=", ":="}:
            continue
        left, right = T.unboxed(rel.operands[0]), T.unboxed(rel.operands[-1])
        if (
            isinstance(left, (T.Tup, T.Matrix, T.Name, T.Abs))
            and isinstance(right, (T.Tup, T.Matrix))
            and context.explicit(right)
        ):
            if _size(right) == len(keys) and _speaks_of_point(left, keys):
                verdict = equal(context.judge, right, target)
                tuples.append(Claim(chain, line, rel, verdict, bool(chain.context), False))
        for operand in rel.operands[:-1]:
            stem = _coordinate(operand, keys)
            if stem is not None and context.explicit(right) and not isinstance(right, (T.Tup, T.Matrix)):
                verdict = equal(context.judge, right, target.items[keys.index(stem)])
                previous = single.get(stem)
                if previous is None or previous.verdict.outcome is not Outcome.CORRECT:
                    single[stem] = Claim(chain, line, rel, verdict, bool(chain.context), False)
    if tuples:
        return settle(context, tuples, [target])
    if len(single) == len(keys) and all(c.verdict.outcome is Outcome.CORRECT for c in single.values()):
        return Finding(Outcome.CORRECT, "coordinate_by_coordinate", tuple(c.place for c in single.values()))
    if single:
        return Finding(Outcome.UNDECIDED, "some_coordinates", tuple(c.place for c in single.values()))
    return settle(context, [], [target])


def _size(node: T.Node) -> int:
    if isinstance(node, T.Tup):
        return len(node.items)
    return len(node.rows) * len(node.rows[0]) if isinstance(node, T.Matrix) else 1


def _speaks_of_point(left: T.Node, keys: list[str]) -> bool:
    if isinstance(left, T.Abs):
        left = left.value
    names = T.names_in(left)
    return bool(names) and (
        all(any(_bare(n) == k for n in names) for k in keys) or (isinstance(left, T.Name) and "*" in left.marks)
    )


def _bare(key: str) -> str:
    return key.replace("^*", "").rstrip("*")


def _coordinate(node: T.Node, keys: list[str]) -> str | None:
    node = T.unboxed(node)
    if isinstance(node, T.Name) and _bare(node.key) in keys:
        return _bare(node.key)
    return None


def check_eigenvalues(spec: EigenvaluesCheck, context: PartContext) -> Finding:
    """A set of values, gathered from the claims that hold in the regime asked for."""
    target = context.target(spec.target)
    assert isinstance(target, T.SetOf)
    label = parse(spec.label, context.notation)
    assert isinstance(label, T.Name)
    regime = tuple(parse(r, context.notation) for r in spec.regime)
    values: dict[str, tuple[list[T.Node], Chain, Line]] = {}
    whole: list[tuple[list[T.Node], Chain, Line]] = []
    unclear = False
    for chain in context.text.chains:
        relevant = context.compatible((*regime, *chain.context)) if chain.context or regime else True
        if relevant is False:
            continue
        for line in chain.lines:
            if line.tree is None:
                continue
            answer = read_answer(line.tree)
            items = list(answer.items)
            if chain.role == "goal" or answer.kind not in ("value", "set", "list"):
                rels = list(flat_relations(line.tree))
                if answer.kind != "tuple" or not rels:
                    continue
            for rel in flat_relations(line.tree):
                left = T.unboxed(rel.operands[0])
                if isinstance(left, T.Empty) and chain.head() is not None:
                    left = T.unboxed(chain.head() or left)
                if not (isinstance(left, T.Name) and left.base == label.base) or rel.relations[-1] not in (
                    "=",
                    ":=",
                    "in",
                ):
                    continue
                if len(list(flat_relations(line.tree))) > 1:
                    items = list(read_answer(rel).items)
                if not all(context.explicit(i) and label.key not in T.names_in(i) for i in items):
                    unclear = unclear or relevant is None
                    continue
                if len(items) >= len(target.items):
                    whole.append((items, chain, line))
                else:
                    values[left.key] = (items, chain, line)
            if (
                not list(flat_relations(line.tree))
                and answer.kind in ("set", "list")
                and len(items) == len(target.items)
            ):
                if all(context.explicit(i) for i in items):
                    whole.append((items, chain, line))
    gathered = [v for items, _, _ in values.values() for v in items]
    candidates = list(whole)
    if len(gathered) == len(target.items):
        chains = [(c, ln) for _, c, ln in values.values()]
        candidates.append((gathered, chains[-1][0], chains[-1][1]))
    judge = context.narrowed(regime)
    claims = []
    for items, chain, line in candidates:
        node = T.SetOf(tuple(items))
        verdict = equal(judge, node, target)
        claims.append(Claim(chain, line, node, verdict, False, False))
    if not claims and (values or unclear):
        return Finding(Outcome.UNDECIDED, "some_values", tuple((ln.start, ln.end) for _, _, ln in values.values()))
    return settle(context, claims, [target])
