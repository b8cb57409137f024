"""What `run_autograder` starts: one submission of the `/autograder` tree to its `results.json`.

This process reads nothing of a student; a worker does, which it ends when the time is over. It writes once, at the end.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from grader.errors import BUGS, AuthorError, GraderError
from grader.intake.entry import HANDED_IN, READ, main_files
from grader.isolate import Worker, WorkerDied, WorkerTimeout, program_seconds
from grader.lateness import LatePolicy, lateness, spoken
from grader.report.gradescope import not_graded, results, write
from grader.rubric import Assignment, load_model

_MOST_FILES: Final = 200
_WHY: Final[dict[str, dict[str, str]]] = {
    "nothing": {
        "en": "No file was handed in that can be read ({0}).",
        "fr": "Aucun fichier lisible n'a été remis ({0}).",
    },
    "unread": {
        "en": "{0}: this kind of file needs a converter or a person.",
        "fr": "{0} : ce genre de fichier demande un convertisseur ou une personne.",
    },
    "many": {
        "en": "More than {0} files were handed in.",
        "fr": "Plus de {0} fichiers ont été remis.",
    },
    "time": {
        "en": "Reading took too long and was stopped. Nothing is concluded from that.",
        "fr": "La lecture a été trop longue et a été arrêtée. Rien n'en est conclu.",
    },
    "fault": {
        "en": "The grader itself failed. This is not held against the answers.",
        "fr": "Le correcteur lui-même a échoué. Cela ne compte pas contre les réponses.",
    },
}


def submitted(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files that are read and those that wait for a person, in order; links and hidden files are left out.

    Files that another one draws in by `\\input` are read where it does.
    """
    found = []
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
        found += [Path(place, name) for name in sorted(names) if not name.startswith((".", "__"))]
    own = [path for path in found if path.is_file() and not path.is_symlink()]
    read = [path for path in own if path.suffix.lower() in READ]
    return main_files(read), [p for p in own if p.suffix.lower() in HANDED_IN]


def run(root: Path) -> dict[str, Any]:
    """The results of the submission in a tree such as `/autograder`; of whatever goes wrong too."""
    began = time.monotonic()
    options = json.loads((root / "source" / "options.json").read_text(encoding="utf-8"))
    lang, shape = options["lang"], options["output_format"]
    late, late_by = _lateness(root)

    def failed(why: str, *values: object) -> dict[str, Any]:
        text = _WHY[why][lang].format(*values)
        return not_graded(text, lang=lang, output_format=shape, lateness=late, late_by=late_by)

    try:
        read, unread = submitted(root / "submission")
        if len(read) > _MOST_FILES:
            return failed("many", _MOST_FILES)
        if not read:
            names = ", ".join(path.name for path in unread[:6])
            return failed("unread", names) if unread else failed("nothing", ", ".join(sorted(READ)[:6]) + ", ..")
        data = _report(root, read, float(os.environ.get("AUTOGRADER_SECONDS", options["seconds"])))
    except WorkerTimeout:
        return failed("time")
    except (WorkerDied, GraderError, OSError) as error:
        print(f"grader: {error}", file=sys.stderr)  # what staff see
        return failed("fault")
    data["problems"] += [
        {"note": "unread_file", "message": _WHY["unread"][lang].format(path.name), "file": path.name} for path in unread
    ]
    return results(
        data,
        lang=lang,
        visibility=options["visibility"],
        output_format=shape,
        seconds=time.monotonic() - began,
        lateness=late,
        late_by=late_by,
    )


def _report(root: Path, files: list[Path], seconds: float) -> dict[str, Any]:
    """The report as data. Raises WorkerTimeout, WorkerDied, and AuthorError for what the worker refuses."""
    request = {"op": "check", "files": [str(p) for p in files], "assignment": str(root / "source" / "assignment")}
    with Worker(seconds - program_seconds(request)) as worker:  # which adds the time of programs
        answer = worker.ask({**request, "id": "submission"})
    if not answer.get("ok"):
        raise AuthorError(str(answer.get("message")))
    data: dict[str, Any] = answer["report"]
    return data


def _lateness(root: Path) -> tuple[dict[str, Any] | None, str | None]:
    """The lateness by the metadata, and in words where the assignment has a policy. Nothing where it tells none."""
    policy: LatePolicy | None = None
    file, faults = load_model(root / "source" / "assignment" / "rubrics" / "assignment.yaml", Assignment)
    if file is not None and not faults:
        policy = file.late
    try:
        metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, None
    found = lateness(metadata, policy) if isinstance(metadata, Mapping) else None
    if found is None:
        return None, None
    return found.as_json(), spoken(found.seconds) if policy is not None else None


def main(arguments: list[str]) -> int:
    """`ROOT` grades the submission there; `--ready ROOT` asks whether everything is there to do so."""
    root = Path(arguments[-1])
    if arguments[0] == "--ready":
        from grader.assignment import Assignment as Loaded

        loaded = Loaded(root / "source" / "assignment")
        for question in loaded.questions:
            if question.reference is not None:
                loaded.reference(question.reference)  # derived now, and kept
        print(f"ready: {len(loaded.parts)} parts")
        return 0
    try:
        data = run(root)
    except BUGS as error:
        print(f"grader: {type(error).__name__}: {error}", file=sys.stderr)
        data = not_graded(_WHY["fault"]["en"])
    write(root / "results" / "results.json", data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
