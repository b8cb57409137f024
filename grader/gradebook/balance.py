"""Students against submissions: by student id, else by e-mail address."""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradebook.records import Balance, Person, Student, Submission


def balance(roster: Sequence[Student], submissions: Sequence[Submission]) -> Balance:
    """Who of the roster is graded; without a roster, the submitters are taken for it."""
    students = list(roster) or list(_submitters(submissions))
    match = Matcher(students)
    handed_in: dict[int, list[Submission]] = {}
    unmatched = []
    for submission in submissions:
        found = match.students(submission)
        if not found:
            unmatched.append(submission.id)
        for i in found:
            handed_in.setdefault(i, []).append(submission)
    graded, ungraded, absent, doubled = [], [], [], []
    for i, student in enumerate(students):
        own = handed_in.get(i, [])
        row = (student, tuple(s.id for s in own))
        if not own:
            absent.append(student)
        elif all(s.current for s in own):
            graded.append(row)
        else:
            ungraded.append((student, tuple(s.id for s in own if not s.current)))
        if len(own) > 1:
            doubled.append(row)
    return Balance(len(students), tuple(graded), tuple(ungraded), tuple(absent), tuple(unmatched), tuple(doubled))


class Matcher:
    """Finds the students who handed a submission in."""

    def __init__(self, students: Sequence[Student]) -> None:
        self._by_sid = {_plain(s.sid): i for i, s in enumerate(students) if s.sid.strip()}
        self._by_email = {_plain(s.email): i for i, s in enumerate(students) if s.email.strip()}

    def students(self, submission: Submission) -> tuple[int, ...]:
        """Places in the roster, each once. A submission without submitters is matched by its own name."""
        people = submission.submitters or (Person(sid=submission.id, email=submission.id),)
        found = (self._student(person) for person in people)
        return tuple(dict.fromkeys(i for i in found if i is not None))

    def _student(self, person: Person) -> int | None:
        found = self._by_sid.get(_plain(person.sid)) if person.sid.strip() else None
        if found is None and person.email.strip():
            found = self._by_email.get(_plain(person.email))
        return found


def _plain(text: str) -> str:
    return text.strip().casefold()


def _submitters(submissions: Sequence[Submission]) -> list[Student]:
    seen: dict[tuple[str, str], Student] = {}
    for submission in submissions:
        for person in submission.submitters or (Person(sid=submission.id),):
            student = Student(person.name, person.sid or ("" if person.email else submission.id), person.email)
            seen.setdefault((_plain(student.sid), _plain(student.email) if not student.sid else ""), student)
    return list(seen.values())
