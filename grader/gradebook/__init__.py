"""The gradebook: submissions, results, overrides with their history, the roster, and what a batch was doing when it stopped.

One SQLite file in WAL mode. It knows `model` and `errors` only; commands, exports and the web use `Gradebook`.
"""

from grader.gradebook.book import Gradebook
from grader.gradebook.decisions import Given
from grader.gradebook.lock import RunLock
from grader.gradebook.marked import marked, marked_report
from grader.gradebook.marks import counted
from grader.gradebook.moves import CheckMove, Conflict, Difference, Move, State, difference
from grader.gradebook.queue import Group, Question, find_group, queue
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
from grader.gradebook.remarks import Remark, Remarks
from grader.gradebook.similar import (
    PartBeside,
    SharedValue,
    Similar,
    SimilarPair,
    WrittenLine,
    side_by_side,
    similar,
)
from grader.gradebook.similar import Row as SimilarRow
from grader.gradebook.statistics import CheckFigures, Diagnosis, PartFigures, Statistics, statistics
from grader.gradebook.store import DiskFull, GradebookError, Locked
from grader.gradebook.summary import CheckMark, PartMark, Summary, WrongLine, summarize
from grader.gradebook.watch import Watch

__all__ = [
    "Balance",
    "CheckFigures",
    "CheckMark",
    "CheckMove",
    "Conflict",
    "Crashes",
    "Diagnosis",
    "Difference",
    "DiskFull",
    "Given",
    "Gradebook",
    "GradebookError",
    "Group",
    "Locked",
    "Mark",
    "Move",
    "Override",
    "PartBeside",
    "PartFigures",
    "PartMark",
    "Person",
    "Question",
    "Remark",
    "Remarks",
    "Result",
    "Run",
    "RunLock",
    "SharedValue",
    "Similar",
    "SimilarPair",
    "SimilarRow",
    "State",
    "Statistics",
    "Student",
    "Submission",
    "Summary",
    "Upload",
    "Watch",
    "WrittenLine",
    "WrongLine",
    "counted",
    "difference",
    "find_group",
    "marked",
    "marked_report",
    "queue",
    "side_by_side",
    "similar",
    "statistics",
    "summarize",
]
