"""What stands beside a question of the review queue, in the terminal and on the web."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.gradebook import Gradebook, Question
from grader.guide import Guidance, guidance
from grader.provenance import shipped
from grader.report.asked import Beside


def assignment_of(book: Gradebook) -> Path:
    """The folder of the assignment that was graded last."""
    run = book.last_run()
    named = run.arguments.get("assignment") if run is not None else None
    return Path(str(named)) if named else shipped()


def beside_of(book: Gradebook, lang: str) -> Callable[[Question], Beside]:
    """What to show beside a question: from the gradebook, and from the rubrics that the last batch used."""
    guide = guidance(assignment_of(book))

    def beside(question: Question) -> Beside:
        submission = book.submission(question.submission)
        told = guide.get((question.part, question.check), Guidance())
        who = ", ".join(p.name or p.email or p.sid for p in submission.submitters)
        files = ", ".join(submission.files)
        result = book.result(question.submission) if question.unread else None
        why = f" ({'; '.join(result.notes)})" if result is not None and result.notes else ""
        remarks = book.remarks.of(question.part) if question.manual else ()
        return Beside(
            who,
            f"{submission.folder}{'/ ' if files else ''}{files}{why}",
            told.title.get(lang, "") if question.check else "",
            told.notes.get(lang, ""),
            {points: text.get(lang, "") for points, text in told.bands.items()},
            remarks,
            {o.check: o.points for o in book.overrides(question.submission) if o.part == question.part},
        )

    return beside
