"""Every note of the reader has its words in French."""

from __future__ import annotations

import re

from conftest import ROOT

from grader.report.reading_words import READING, reading

RAISED = re.compile(r"(?:ReadError|Problem|self\.error)\(\s*\"([a-z_0-9]+)\"")


def test_every_note_of_the_reader_is_said_in_french() -> None:
    files = [*(ROOT / "grader" / "reading").glob("*.py"), *(ROOT / "grader" / "maths").glob("*.py")]
    notes = {note for path in files for note in RAISED.findall(path.read_text(encoding="utf-8"))}
    assert len(notes) > 15 and notes <= set(READING), notes - set(READING)


def test_the_message_itself_stays_beside_it() -> None:
    assert reading("unclosed", "'{' is never closed", "en") == "'{' is never closed"
    assert reading("unclosed", "'{' is never closed", "fr").endswith("('{' is never closed)")
    assert reading("unheard_of", "what", "fr") == "what"
