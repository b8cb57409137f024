"""What letters mean before a formula is read: declared by the field, the rubric or the student."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Notation:
    """Which base letters are functions, plain quantities, densities or the logistic function when applied.

    `functions` are applied when a parenthesis follows; `scalars` are multiplied; a letter in neither is read both
    ways where both are plausible. A T above what names `vectors` is a transpose.
    """

    functions: frozenset[str] = frozenset({"f", "g", "h"})
    scalars: frozenset[str] = frozenset()
    densities: frozenset[str] = frozenset({"p", "q"})
    logistic: frozenset[str] = frozenset({"sigma"})
    vectors: frozenset[str] = frozenset()
    imaginary_unit: bool = True
    decimal_comma: bool = False

    def says(self, what: str, name: str = "") -> bool:
        """Whether a name is declared as one of these, or whether a sign is meant so (`decimal_comma`)."""
        found = getattr(self, what)
        return name in found if isinstance(found, frozenset) else bool(found)

    def with_names(self, *, functions: frozenset[str] = frozenset(), scalars: frozenset[str] = frozenset()) -> Notation:
        """This notation with further declarations; a later declaration wins over an earlier one."""
        return replace(
            self,
            functions=(self.functions - scalars) | functions,
            scalars=(self.scalars - functions) | scalars,
        )


DEFAULT = Notation()
