"""Named caps of the server, each with its reason; those of reading and deciding are in `grader.limits`."""

from typing import Final

from grader.limits import FILE_BYTES

TEXT_BYTES: Final = FILE_BYTES
"""Text that is pasted, and each file but archives: more is not read of any file."""

ARCHIVE_BYTES: Final = 8_000_000
"""An archive as it is sent: a LaTeX project with its pictures stays below."""

CHECK_BYTES: Final = 10_000_000
"""The body of a check as a whole."""

FORM_BYTES: Final = 64_000
"""The body of any other request: a decision on a class of a thousand with its reason stays below."""

FILES: Final = 20
"""Files of one check; a homework in one file per question has some ten."""

PROGRAMS: Final = 3
"""Python files of one check: each may run for a while."""

UNPACKED_MEMBERS: Final = 300
"""Files in an archive that is sent."""

UNPACKED_BYTES: Final = 40_000_000
"""Bytes read from an archive that is sent."""

CHECK_SECONDS: Final = 40.0
"""Time for one check, its Python functions included; then its worker is killed."""

BODY_SECONDS: Final = 30.0
"""Time for a body to arrive: a slow line stays below, a line held open on purpose does not."""

WAITING: Final = 240
"""Checks that wait in all: two workers answer them in about two minutes, and nobody waits longer than that."""

WAITING_ADDRESS: Final = 80
"""Checks that wait for one address: a lecture room behind one router."""

WAITING_CLIENT: Final = 4
"""Checks that wait for one visitor: a check, and three clicks of impatience."""

SESSIONS: Final = 200
"""People signed in at a time; the oldest gives way."""

SESSION_SECONDS: Final = 12 * 3600.0
"""A working day of marking."""

UNDO: Final = 100
"""Decisions that a sitting can take back."""

TOKEN_LENGTH: Final = 16
"""Characters of the shortest token that is accepted: a shorter one can be guessed."""

CLIENTS: Final = 20_000
"""Clients whose rates are kept; the one that was quiet for longest gives way."""

NAME_LENGTH: Final = 80
"""Characters of a name that signs decisions."""

REASON_LENGTH: Final = 4_000
"""Characters of a reason or comment."""
