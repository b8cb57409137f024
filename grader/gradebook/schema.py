"""The tables, as a list of steps: the file's `user_version` says how many it has taken.

A change of the schema is a further step at the end, never an edit of one that has been released.
"""

from __future__ import annotations

from typing import Final

_CORE: Final = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL DEFAULT '',
  process INTEGER NOT NULL,
  arguments TEXT NOT NULL
);
CREATE TABLE submissions (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  source TEXT NOT NULL,
  origin TEXT NOT NULL,
  folder TEXT NOT NULL,
  files TEXT NOT NULL,
  submitters TEXT NOT NULL,
  created_at TEXT NOT NULL,
  sha256 TEXT NOT NULL DEFAULT '',
  wanted TEXT NOT NULL DEFAULT '',
  graded TEXT NOT NULL DEFAULT '',
  previous TEXT NOT NULL DEFAULT '',
  present INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs(id),
  submission TEXT NOT NULL REFERENCES submissions(id),
  key TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attempts_of ON attempts(submission, key);
CREATE TABLE results (
  submission TEXT NOT NULL REFERENCES submissions(id),
  key TEXT NOT NULL,
  status TEXT NOT NULL,
  notes TEXT NOT NULL,
  summary TEXT NOT NULL,
  report BLOB NOT NULL,
  report_sha256 TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (submission, key)
) WITHOUT ROWID;
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  part TEXT NOT NULL,
  check_id TEXT,
  signature TEXT NOT NULL,
  points REAL NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE TABLE overrides (
  id INTEGER PRIMARY KEY,
  submission TEXT NOT NULL REFERENCES submissions(id),
  part TEXT NOT NULL,
  check_id TEXT,
  points REAL NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL,
  text_sha256 TEXT NOT NULL,
  decision INTEGER REFERENCES decisions(id),
  ended_at TEXT NOT NULL DEFAULT '',
  ended_how TEXT NOT NULL DEFAULT '',
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX one_override_counts ON overrides(submission, part, ifnull(check_id, '')) WHERE ended_at = '';
"""

_ROSTER: Final = """
CREATE TABLE roster (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  sid TEXT NOT NULL,
  email TEXT NOT NULL,
  sections TEXT NOT NULL
);
"""

_REMARKS: Final = """
CREATE TABLE remarks (
  id INTEGER PRIMARY KEY,
  part TEXT NOT NULL,
  text TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL,
  used INTEGER NOT NULL DEFAULT 0,
  UNIQUE (part, text)
);
"""

STEPS: Final = (_CORE, _ROSTER, _REMARKS)
"""What makes a gradebook of each version from the one before."""

VERSION: Final = len(STEPS)
