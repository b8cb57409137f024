"""A question's reference in a student's kit: worlds and forms as data, with sealed values for what is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from grader.errors import AuthorError
from grader.maths import syntax as T
from grader.maths.sealed import Formula, Vault
from grader.maths.stored import decoded, encoded
from grader.maths.worlds import World

SCHEMA: Final = "grader/kit/1"


@dataclass(slots=True)
class KitReference:
    """Worlds by name, forms by the names that the kit's rubrics have for them, and what is known of the sealed ones."""

    stored: Mapping[str, Any]
    forms: Mapping[str, T.Node]
    vault: Vault

    def names(self) -> list[str]:
        """The names of all worlds."""
        return list(self.stored)

    def built(self, name: str) -> World | None:
        """A world by its name; None if there is none."""
        if name not in self.stored:
            return None
        world: World = decoded(self.stored[name], self.vault)
        return world

    def form(self, name: str) -> T.Node:
        """A form's tree. Raises AuthorError if there is none."""
        if name not in self.forms:
            raise AuthorError(f"the kit has no {name!r}")
        return self.forms[name]


def kit_data(worlds: Mapping[str, World], forms: Mapping[str, T.Node], vault: Vault) -> dict[str, Any]:
    """A reference as data for JSON."""
    return {
        "schema": SCHEMA,
        "worlds": {name: encoded(world) for name, world in worlds.items()},
        "forms": {name: encoded(tree) for name, tree in forms.items()},
        "salt": vault.salt,
        "formulas": {ref: list(astuple(found)) for ref, found in vault.formulas.items()},
        "constants": dict(vault.constants),
        "follows": {ref: list(found) for ref, found in vault.follows.items()},
    }


def load_kit_reference(path: Path) -> KitReference:
    """A kit's reference from its file. Raises AuthorError for what is no such file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise AuthorError(f"{data['schema']}: made by another version of the grader", str(path))
        formulas = {r: Formula(tuple(k), kind, width, blob) for r, (k, kind, width, blob) in data["formulas"].items()}
        vault = Vault(data["salt"], formulas, data["constants"], {k: tuple(v) for k, v in data["follows"].items()})
        forms = {name: decoded(tree, vault) for name, tree in data["forms"].items()}
        return KitReference(data["worlds"], forms, vault)
    except OSError as error:
        raise AuthorError(f"cannot be read ({error.strerror})", str(path)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise AuthorError(f"is no reference of a kit ({type(error).__name__})", str(path)) from None
