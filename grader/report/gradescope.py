"""Gradescope's `results.json`: a test for each part, with what was read, what breaks, where and with which numbers.

The score is what is sure; the range stands in words and in `extra_data`. What could not be graded is no 0: it says so.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grader.report import messages as M
from grader.report.audience import REFERENCE_SIDE, for_student
from grader.report.reading_words import reading

VISIBILITIES: Final = ("visible", "after_due_date", "after_published", "hidden")
_COLON: Final = {"en": ": ", "fr": " : "}
_MOST: Final = 6
"""Lines that do not hold, and lines not read, shown of each part."""
_WORDS: Final[dict[str, dict[str, str]]] = {
    "sure": {"en": "{0} of {2} points are sure", "fr": "Acquis : {0} sur {2}"},
    "range": {
        "en": "{0} of {2} points are sure; up to {1} once a person has looked",
        "fr": "Acquis : {0} sur {2} ; jusqu'à {1} après relecture par une personne",
    },
    "open": {"en": "a person will look: {0} to {1}", "fr": "une personne relira : {0} à {1}"},
    "line": {"en": "line", "fr": "ligne"},
    "cell": {"en": "cell", "fr": "cellule"},
    "at": {"en": "for example at {0}: ", "fr": "par exemple en {0} : "},
    "yours": {"en": "yours {0}", "fr": "la vôtre {0}"},
    "sides": {"en": "left {0}, right {1}", "fr": "à gauche {0}, à droite {1}"},
    "differs": {"en": "the two sides differ", "fr": "les deux membres diffèrent"},
    "consequence": {
        "en": "follows from line {0}, costs nothing more",
        "fr": "découle de la ligne {0}, ne coûte rien de plus",
    },
    "repaired": {"en": "line {0} is right again", "fr": "la ligne {0} est de nouveau juste"},
    "more": {"en": "{0} more such lines", "fr": "{0} autres lignes de ce genre"},
    "unread": {"en": "not read", "fr": "non lu"},
    "hint": {"en": "so that it can be read", "fr": "pour que ce soit lu"},
    "other_counts": {"en": "another answer counts for it", "fr": "une autre réponse compte pour cela"},
    "ungraded": {
        "en": "Could not be graded: a person will look",
        "fr": "N'a pas pu être noté : une personne regardera",
    },
    "no_verdict": {
        "en": "No mark is concluded from this.",
        "fr": "Aucune note n'en est tirée.",
    },
    "late": {"en": "Lateness", "fr": "Retard"},
    "in_time": {"en": "Handed in on time.", "fr": "Remis à temps."},
    "was_late": {
        "en": "Handed in {0} after the due date. The score above is not changed by it.",
        "fr": "Remis {0} après l'échéance. La note ci-dessus n'en est pas modifiée.",
    },
    "would_cost": {
        "en": "By the course's rule this costs {0} % of the score.",
        "fr": "Selon la règle du cours, cela coûte {0} % de la note.",
    },
    "closed": {
        "en": "This was after the last date for late submissions.",
        "fr": "C'était après la date limite des remises en retard.",
    },
}

Lines = Iterator[tuple[str, str]]
"""Lines of an output with their kind: `text`, `item`, `detail` or `code` (as the student wrote it)."""


def results(
    data: Mapping[str, Any],
    *,
    lang: str = "en",
    visibility: str = "visible",
    output_format: str = "md",
    seconds: float | None = None,
    lateness: Mapping[str, Any] | None = None,
    late_by: str | None = None,
) -> dict[str, Any]:
    """The results of one report (the JSON data of `check --json`); reference values are left out whoever asked for it.

    `lateness` is `Lateness.as_json()`; with `late_by`, its stretch of time in words, it is shown as a test of its own.
    `output_format` is md or text.
    """
    report = for_student(dict(data))
    score = report["score"]
    nothing = all(part["status"] == "unreadable" for part in report["parts"])
    said = [("text", _said(problem, lang)) for problem in report["problems"]]
    tests = [_part(part, lang, visibility, output_format) for part in report["parts"]]
    if nothing:
        tests = [_ungraded(lang, visibility, output_format, iter(said))]
    if lateness is not None and late_by is not None:
        tests.append(_late(lateness, late_by, lang, visibility, output_format))
    head = _points(score, lang)
    out: dict[str, Any] = {
        "output": _text(iter([("text", _word("ungraded", lang) if nothing else head), *said]), output_format),
        "output_format": output_format,
        "test_output_format": output_format,
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "graded": not nothing,
            "score": dict(score),
            "parts": {part["id"]: dict(part["score"]) for part in report["parts"]},
            "provenance": dict(report["provenance"]),
            **({"lateness": dict(lateness)} if lateness is not None else {}),
        },
    }
    if not nothing:
        out["score"] = score["min"]
    if seconds is not None:
        out["execution_time"] = round(seconds, 2)
    return out


def not_graded(
    why: str,
    *,
    lang: str = "en",
    output_format: str = "md",
    lateness: Mapping[str, Any] | None = None,
    late_by: str | None = None,
) -> dict[str, Any]:
    """Results of a submission that no mark can be given for: one visible test that says so, worth nothing of nothing."""
    tests = [_ungraded(lang, "visible", output_format, iter([("text", why)]))]
    if lateness is not None and late_by is not None:
        tests.append(_late(lateness, late_by, lang, "visible", output_format))
    return {
        "output": _text(iter([("text", _word("ungraded", lang)), ("text", why)]), output_format),
        "output_format": output_format,
        "test_output_format": output_format,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"graded": False, "why": why, **({"lateness": dict(lateness)} if lateness is not None else {})},
    }


def write(path: Path, results: Mapping[str, Any]) -> None:
    """Write the whole file or nothing of it. Raises OSError."""
    text = json.dumps(results, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".results-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _word(key: str, lang: str, *values: object) -> str:
    return _WORDS[key][lang].format(*values)


def _points(score: Mapping[str, Any], lang: str) -> str:
    key = "sure" if score["min"] == score["max"] else "range"
    return _word(key, lang, f"{score['min']:g}", f"{score['max']:g}", f"{score['out_of']:g}")


def _ungraded(lang: str, visibility: str, output_format: str, said: Lines) -> dict[str, Any]:
    lines = [*said, ("text", _word("no_verdict", lang))]
    return {
        "name": _word("ungraded", lang),
        "score": 0,
        "max_score": 0,
        "output": _text(iter(lines), output_format),
        "output_format": output_format,
        "visibility": "visible" if visibility == "hidden" else visibility,
        "extra_data": {"graded": False},
    }


def _late(data: Mapping[str, Any], by: str, lang: str, visibility: str, output_format: str) -> dict[str, Any]:
    if data["seconds_late"]:
        lines = [("text", _word("was_late", lang, by.replace(" d ", " j ") if lang == "fr" else by))]
        if data["percent"]:
            lines.append(("text", _word("would_cost", lang, f"{data['percent']:g}")))
    else:
        lines = [("text", _word("in_time", lang))]
    if data["after_late_due_date"]:
        lines.append(("text", _word("closed", lang)))
    return {
        "name": _word("late", lang),
        "score": 0,
        "max_score": 0,
        "output": _text(iter(lines), output_format),
        "output_format": output_format,
        "visibility": visibility,
        "extra_data": dict(data),
    }


def _part(part: Mapping[str, Any], lang: str, visibility: str, output_format: str) -> dict[str, Any]:
    score = part["score"]
    name = part["title"][lang]
    open_ = score["min"] != score["max"]
    if open_:  # a low figure beside it is no verdict
        name += f" ({_word('open', lang, format(score['min'], 'g'), format(score['max'], 'g'))})"
    test: dict[str, Any] = {
        "number": part["id"].removeprefix("Q"),
        "name": name,
        "score": score["min"],
        "max_score": score["out_of"],
        "output": _text(_lines(part, lang), output_format),
        "output_format": output_format,
        "visibility": visibility,
        "extra_data": {"score": dict(score), "status": part["status"]},
    }
    if not open_:
        test["status"] = "passed" if score["min"] == score["out_of"] else "failed"
    return test


def _lines(part: Mapping[str, Any], lang: str) -> Lines:
    yield "text", f"{_points(part['score'], lang)}. {M.say(M.STATUSES, part['status'], lang).capitalize()}."
    shown: set[str] = set()
    if part["status"] != "empty":
        for check in part["checks"]:
            if not (check["outcome"] == "missing" and "counted" in check["evidence"]):
                yield from _check(check, lang, shown)
        yield from _broken(part, lang, shown)
        yield from _unread(part, lang)


def _check(check: Mapping[str, Any], lang: str, shown: set[str]) -> Lines:
    evidence, points = check["evidence"], check["points"]
    text = f"{check['title'][lang]}{_COLON[lang]}{M.say(M.OUTCOMES, check['outcome'], lang)}"
    if points["out_of"]:
        low, high = f"{points['min']:g}", f"{points['max']:g}"
        text += f" ({low if low == high else f'{low}–{high}'} / {points['out_of']:g})"
    if check["outcome"] != "correct":
        text += f" – {M.check_note(check, lang)}"
    where = _where(check["spans"][:4], lang)
    if "function" in evidence:
        where = f"{evidence['function']}, {where}" if where else evidence["function"]
    if where:
        text += f" ({where})"
    if not points["out_of"]:
        text += f" – {_word('other_counts', lang)}"
    yield "item", text
    if check["outcome"] != "incorrect":
        return
    quote = " ".join(str(evidence.get("quote", "")).split())[:300]
    if quote and quote not in shown:
        shown.add(quote)
        yield "code", quote
    if evidence.get("diagnosis"):
        yield "detail", M.diagnosis(evidence["diagnosis"], lang)
    witness = evidence.get("witness")
    if witness:
        yield "detail", _at(witness, lang) + _word("yours", lang, M.number(witness["left"], lang))


def _broken(part: Mapping[str, Any], lang: str, shown: set[str]) -> Lines:
    """Lines that do not hold, with their numbers: both sides are the student's own."""
    lines = {step["id"]: step["span"]["line"] for step in part["steps"]}
    wrong = [step for step in part["steps"] if step["outcome"] == "incorrect"]
    for step in wrong[:_MOST]:
        said = _word("differs", lang) if step["note"] == "differs" else M.note(step["note"], lang)
        text = f"{_where([step['span']], lang)}{_COLON[lang]}{said}"
        if step["consequence_of"] in lines:
            text += f" – {_word('consequence', lang, lines[step['consequence_of']])}"
        if step["repaired_by"] in lines:
            text += f" – {_word('repaired', lang, lines[step['repaired_by']])}"
        yield "item", text
        if step["reads"] not in shown:
            shown.add(step["reads"])
            yield "code", step["reads"][:400]
        if step["diagnosis"]:
            yield "detail", M.diagnosis(step["diagnosis"], lang)
        witness = step["witness"]
        if witness is not None and step["note"] in REFERENCE_SIDE:
            yield "detail", _at(witness, lang) + _word("yours", lang, M.number(witness["left"], lang))
        elif witness is not None:
            sides = (M.number(witness[side], lang) for side in ("left", "right"))
            yield "detail", _at(witness, lang) + _word("sides", lang, *sides)
    if len(wrong) > _MOST:
        yield "detail", _word("more", lang, len(wrong) - _MOST)


def _unread(part: Mapping[str, Any], lang: str) -> Lines:
    unread = [step for step in part["steps"] if step["outcome"] == "unreadable"]
    for step in unread[:_MOST]:
        said = reading(step["note"], step["detail"], lang)
        yield "item", f"{_where([step['span']], lang)}{_COLON[lang]}{_word('unread', lang)}, {said}"
        if step["source"].strip():
            yield "code", step["source"].strip()[:300]
        if step["note"] in M.HINTS:
            yield "detail", f"{_word('hint', lang)}{_COLON[lang]}{M.say(M.HINTS, step['note'], lang)}"
    if len(unread) > _MOST:
        yield "detail", _word("more", lang, len(unread) - _MOST)


def _said(problem: Mapping[str, Any], lang: str) -> str:
    place = f"{problem.get('file', '')}:{problem.get('line', 1)}:{problem.get('column', 1)}"
    return f"{place}: {reading(problem['note'], problem['message'], lang)}"


def _where(spans: list[Mapping[str, Any]], lang: str) -> str:
    if not spans:
        return ""
    name, _, cell = spans[0]["file"].partition(":cell ")
    numbers = ", ".join(str(n) for n in sorted({span["line"] for span in spans}))
    return f"{name}, {_word('line', lang)} {numbers}" + (f", {_word('cell', lang)} {cell}" if cell else "")


def _at(witness: Mapping[str, Any], lang: str) -> str:
    at = ", ".join(f"{k} = {M.number(v, lang)}" for k, v in witness["values"].items())
    return _word("at", lang, at) if at else ""


# lines as text and as Markdown; what a student wrote stays what it is in either


def _text(lines: Lines, output_format: str) -> str:
    return "\n".join(_FORMATS[output_format](kind, text) for kind, text in lines)


def _as_text(kind: str, text: str) -> str:
    return {"text": "", "item": "- ", "detail": "    ", "code": "    "}[kind] + " ".join(text.split())


def _as_markdown(kind: str, text: str) -> str:
    text = " ".join(text.split())
    if kind == "code":
        fence = "`" * (1 + max((len(run) for run in _runs(text)), default=0))
        return f"    - {fence} {text} {fence}"
    return {"text": "\n", "item": "- ", "detail": "    - "}[kind] + "".join(_ESCAPED.get(c, c) for c in text)


def _runs(text: str) -> Iterator[str]:
    """The runs of backticks in a text."""
    yield from (run for run in "".join(c if c == "`" else " " for c in text).split())


_ESCAPED: Final = {**{c: f"\\{c}" for c in "\\`*_{}[]#|~$!"}, "<": "&lt;", ">": "&gt;", "&": "&amp;"}
_FORMATS: Final[dict[str, Callable[[str, str], str]]] = {"text": _as_text, "md": _as_markdown}
