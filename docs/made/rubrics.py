"""`reference_rubric.md`: every key of a rubric, from the JSON Schemas, which are made of the models."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, Final, get_args

from grader.checks import CHECKS
from grader.checks.specs import CheckBase, Feature
from grader.model import Role
from grader.schema import said, schema_text
from made.markdown import MADE, link, plural, table

CHECKS_ARE: Final = "a check, by its `type`"


def value_of(schema: Mapping[str, Any]) -> str:
    """What a value of a rubric may be, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "`" + "`, `".join(r.value for r in Role) + "`" if name == "Role" else link(name)
    if "discriminator" in schema:
        return CHECKS_ARE
    if "anyOf" in schema:
        return " or ".join(value_of(s) for s in schema["anyOf"] if s.get("type") != "null")
    if tuple(schema.get("enum", ())) == get_args(Feature):
        return "[feature](#features)"
    if "enum" in schema:
        return ", ".join(f"`{v}`" for v in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema["type"]
    if kind == "array":
        return f"list of {plural(value_of(schema['items']))}" + (", at least one" if schema.get("minItems") else "")
    if kind == "object":
        return f"{plural(value_of(schema['additionalProperties']))} by name"
    words = {"string": "text", "number": "number", "integer": "whole number", "boolean": "`true`, `false`"}[kind]
    if schema.get("pattern") not in (None, r"\S"):
        words += f" (`{schema['pattern']}`)"
    bounds = {"exclusiveMinimum": "above {}", "minimum": "at least {}", "maximum": "at most {}"}
    return ", ".join([words, *(said_so.format(schema[b]) for b, said_so in bounds.items() if b in schema)])


def default_of(schema: Mapping[str, Any], needed: bool) -> str:
    """What stands for a key that is left out; empty for nothing, `needed` where it may not be."""
    if needed:
        return "needed"
    value = schema.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value)}`"


def fields_of(name: str, schema: Mapping[str, Any], skip: frozenset[str] = frozenset()) -> str:
    """The table of a record's keys."""
    rows = []
    for key, field in schema.get("properties", {}).items():
        if key in skip:
            continue
        if not field.get("description"):
            raise SystemExit(f"{name}.{key} has no words below it in the source")
        needed = key in schema.get("required", ())
        rows.append((f"`{key}`", value_of(field), default_of(field, needed), field["description"]))
    return table(("key", "value", "default", "meaning"), rows) if rows else "No keys of its own.\n"


FEATURES: Final[dict[str, str]] = {
    "expectation": "an expectation or an integral",
    "derivative": "a derivative, also as a prime",
    "divergence": "a divergence",
    "jensen_shannon": "a Jensen-Shannon divergence",
    "norm": "a norm or an absolute value",
    "logistic": "the logistic function, written out or named, or an exponential",
    "matrix": "a matrix or a vector",
    "partial": "a partial derivative or a gradient",
    "sum": "a sum with an index",
    "product": "a product with an index",
    "log_of_mean": "`log E[..]`, `log ∫ ..`",
    "mean_of_log": "`E[log ..]`, `∫ q log ..`",
    "log_of_sum": "`log Σ ..`",
    "logs_in_sum": "`Σ log ..`",
    "sum_from_two": "a sum that starts at 2",
    "joint": "a density of a whole path, such as `p(x_{0:T})`",
    "ratio": "a quotient",
}

KEY_FIELDS: Final = (
    ("`file`", "needed", "The submission beside the key."),
    ("`parts`", "needed", "For each part of the assignment: `mark`, `max_width`, `why`."),
    ("`parts.*.mark`", "", "What a person gives; the range of the report must hold it."),
    ("`parts.*.max_width`", "", "How wide the range may be: 0 says that the program must decide by itself."),
    ("`parts.*.why`", "", "Why, for whoever reads a failure."),
    ("`programs`", "", "For each function of a Python answer the outcome it must have."),
)


def rubric_page() -> str:
    """The reference of rubrics."""
    rubric = json.loads(schema_text("rubric"))
    whole = json.loads(schema_text("assignment"))
    records = {**whole.pop("$defs"), **rubric.pop("$defs")}
    common = frozenset(CheckBase.model_fields)
    found = {d["properties"]["type"]["const"]: name for name, d in records.items() if "type" in d.get("properties", {})}
    checks = {kind: found[kind] for kind in CHECKS}
    value = records[checks["value"]]["properties"]
    base = {
        "properties": {k: {**value[k], "default": value[k].get("default")} for k in CheckBase.model_fields},
        "required": ["type", "id", "role", "points", "title"],
    }
    base["properties"]["type"] = {"enum": list(checks), "description": said(CheckBase)["type"]}
    out = [
        MADE,
        "# Rubric files\n\n",
        "All keys of the YAML files in `rubrics/`, as the program reads them. [rubric_author.md](rubric_author.md) says where to begin; "
        "`grader lint` finds every fault with its line, and with `grader schema` an editor completes and explains these keys.\n\n",
        "Formulas are LaTeX. Quote them with single quotes: `'\\frac12'`.\n\n",
        f"## assignment.yaml\n\n{_text(whole)}\n\n{fields_of('Assignment', whole)}\n",
        f"## A question\n\n{_text(rubric)}\n\n{fields_of('Question', rubric)}\n",
        f"## Part\n\n{_text(records['Part'])}\n\n{fields_of('Part', records['Part'])}\n",
        "## Every check\n\n",
        f"{_text({'description': inspect.getdoc(CheckBase)})} The keys of each type follow.\n\n{fields_of('CheckBase', base)}\n",
    ]
    for kind, name in checks.items():
        out.append(f"## {kind}\n\n{_text(records[name])}\n\n{fields_of(name, records[name], common)}\n")
    out.append("## Records within\n\n")
    for name in sorted(records.keys() - set(checks.values()) - {"Part", "Role"}):
        out.append(f"### {name}\n\n{_text(records[name])}\n\n{fields_of(name, records[name])}\n")
    assert set(FEATURES) == set(get_args(Feature))
    out.append("## Features\n\nShapes that a formula may have.\n\n")
    out.append(table(("name", "what stands in it"), [(f"`{k}`", v) for k, v in FEATURES.items()]))
    out.append(
        "\n## Keys of examples\n\nBeside an example submission `ada.md` stands `ada.key.yaml`, which `grader selftest` holds it to.\n\n"
    )
    out.append(table(("key", "", "meaning"), KEY_FIELDS))
    return "".join(out)


def _text(schema: Mapping[str, Any]) -> str:
    """The words of a record, its lines joined within paragraphs."""
    return "\n\n".join(" ".join(p.split()) for p in schema["description"].split("\n\n"))
