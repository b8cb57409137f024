"""The gradebook: submissions, results, overrides with their history, the roster, and what a batch was doing when it stopped.

One SQLite file in WAL mode. It knows `model` and `errors` only; commands, exports and the web use `Gradebook`.
"""

from grader.gradebook.book import Gradebook
from grader.gradebook.lock import RunLock
from grader.gradebook.moves import CheckMove, Conflict, Difference, Move, State, difference
from grader.gradebook.records import (
    Balance,
    Crashes,
    Mark,
    Override,
    Person,
    Result,
    Run,
    Student,
    Submission,
    Upload,
)
from grader.gradebook.store import DiskFull, GradebookError, Locked
from grader.gradebook.summary import CheckMark, PartMark, Summary, summarize

__all__ = [
    "Balance",
    "CheckMark",
    "CheckMove",
    "Conflict",
    "Crashes",
    "Difference",
    "DiskFull",
    "Gradebook",
    "GradebookError",
    "Locked",
    "Mark",
    "Move",
    "Override",
    "PartMark",
    "Person",
    "Result",
    "Run",
    "RunLock",
    "State",
    "Student",
    "Submission",
    "Summary",
    "Upload",
    "difference",
    "summarize",
]
