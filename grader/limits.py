"""Named caps on the size of what is read and the work spent on it, each with its reason.

They are counts, never seconds, so that the same input gives the same answer on every machine; the process that
reads a submission is killed from outside as a last resort only (`WORKER_SECONDS`).
"""

from typing import Final

FILE_BYTES: Final = 2_000_000
"""Largest file read: a notebook with its plots. 10 MB of TeX is an attack or an accident."""

TEXT_BYTES: Final = 1_000_000
"""Largest file of text read. The biggest homework of the sample has 120 kB; a megabyte that is all prose or formulas has
its verdict in some two seconds."""

TOKENS: Final = 400_000
"""Tokens of one submission after expansion: the largest file that is all text stays below."""

EXPANSIONS: Final = 50_000
"""Macro calls replaced in one submission: a thesis uses some thousands; doubling macros pass any bound."""

EXPANDED_TOKENS: Final = 300_000
"""Tokens made by macros in one submission, against macros that double at each level."""

EXPANSION_DEPTH: Final = 40
"""Macros calling macros; students nest three deep."""

INPUT_FILES: Final = 100
"""Files drawn in by `\\input`."""

NESTING: Final = 48
"""Depth of groups, fractions, brackets and scripts in one formula; the deepest of the sample has 11."""

GROUPS: Final = 10_000
"""Groups tried while one formula is read once: the longest row of the sample has 77, and what may be read in two ways at each
level of nesting has more than any machine tries."""

FORMULA_TOKENS: Final = 6_000
"""Tokens in one row of a display; the longest of the sample has 700."""

DIGITS: Final = 400
"""Digits in one number: floats end at 308; beyond, exact arithmetic only serves to hang a grader."""

DERIVATIVES: Final = 6
"""Derivatives inside one another: each doubles the work on what stands inside; students nest two."""

TERMS: Final = 4_000
"""Terms of one sum, product or enumeration with dots that are written out."""

NAMED_VARIABLES: Final = 100
"""Variables that one range such as `x_{1:T}` may name; a table of more than fourteen has more than `TABLE_CELLS` cells."""

READINGS: Final = 6
"""Alternative readings tried for one formula."""

EVALUATION_STEPS: Final = 60_000
"""Tree nodes visited while one pair is decided, all worlds together (a sum counts each of its terms)."""

PRECISE_STEPS: Final = 40_000
"""Tree nodes visited at high precision for one pair."""

MAGNITUDE_LOG10: Final = 100_000
"""Decimal exponent beyond which a high-precision value counts as too large to compare."""

QUADRATURE_CELLS: Final = 1_000_000
"""Cells of one array while integrals stand inside one another, samples included: two over the whole line have nearly as many. A
third would take gigabytes."""

QUADRATURES: Final = 8
"""Integrals and means inside one another, each an axis of all arrays; students nest three."""

TABLE_CELLS: Final = 20_000
"""Cells of one joint probability table."""

WORKER_SECONDS: Final = 20.0
"""Wall clock after which the reading process is killed from outside."""

PROGRAM_SECONDS: Final = 60.0
"""Time that the functions of one file may take together; a handful of endless loops stays below."""

ARCHIVE_MEMBERS: Final = 50_000
"""Files in the archive of a whole class: 500 students with 100 files each."""

ARCHIVE_BYTES: Final = 8_000_000_000
"""Bytes read from the archive of a class: 500 students with 16 MB of scans each."""

UPLOAD_MEMBERS: Final = 1_000
"""Files in a student's own archive; a LaTeX project with its pictures has some dozens."""

UPLOAD_BYTES: Final = 200_000_000
"""Bytes read from a student's own archive: scans of thirty pages stay below, a bomb does not."""

NAME_BYTES: Final = 200
"""Bytes of one name in an archive: file systems take 255, and endings are added."""

NAME_DEPTH: Final = 20
"""Folders within folders in an archive."""

METADATA_BYTES: Final = 200_000_000
"""Size of an export's metadata, which Gradescope fills with the results and history of every submission."""

METADATA_EVENTS: Final = 20_000_000
"""Scalars, lists and ends of lists in an export's metadata, read one by one."""

METADATA_DEPTH: Final = 60
"""Nesting of an export's metadata; what Gradescope writes has eight levels."""

ROSTER_BYTES: Final = 20_000_000
"""Size of a roster: 100,000 students stay below."""

PDF_SECONDS: Final = 300.0
"""Time for the operator's converter on one file: OCR of thirty pages on a processor takes minutes."""

CONVERTED_BYTES: Final = FILE_BYTES
"""Output of the converter for one file; more than is read of any file is of no use."""
