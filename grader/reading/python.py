"""Python files: the program they hold, and the LaTeX in their comments and docstrings.

Nothing is run here: a file is parsed to see which names it binds and where, and handed on as text.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grader.programs import Program
from grader.reading.document import Code, Document, Problem
from grader.reading.markdown import read_markdown

_MATHS: Final = re.compile(r"\$[^$\n]+\$|\$\$|\\\[|\\\(|\\begin\{")
"""A comment without any of these holds no answer in LaTeX."""
_SHELL: Final = re.compile(r"^([ \t]*)get_ipython\(\).*$", re.MULTILINE)
"""What an exported notebook leaves of a magic."""
_BINDS: Final = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)
_UNPARSED: Final = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What the parser raises for text that is no Python, or Python nested beyond any use."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of source with its place: the file as the student knows it, the line it begins on, its first offset."""

    text: str
    file: str
    base: int


def read_python(text: str, base: int, name: str, document: Document) -> None:
    """Read a Python file into the document: its program, and answers written in its comments.

    A file that does not parse leaves a problem with its line, and the names that it would bind.
    """
    text = re.sub(r"\r(?!\n)", "\n", text)  # lines of an old Mac; no offset moves
    piece = Piece(_SHELL.sub(r"\1pass", text), name, base)
    problem = syntax_problem(piece)
    if problem is not None:
        document.report(problem)
        add_program([], name.rsplit(".", 1)[0], document, dict.fromkeys(named(text), problem))
        return
    add_program([piece], name.rsplit(".", 1)[0], document)
    written = _comments(text)
    if _MATHS.search(written):
        read_markdown(written, base, document)


def syntax_problem(piece: Piece) -> Problem | None:
    """Why a piece is no Python, at its line; None if it parses."""
    try:
        _parsed(piece.text)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        start = piece.base + _starts(piece.text)[min(line, piece.text.count("\n") + 1) - 1] + column - 1
        return Problem("syntax_error", f"line {line} is no Python ({error.msg})", start, start + 1)
    except _UNPARSED as error:
        cause = "null bytes" if "null" in str(error) else "it is nested too deeply"
        return Problem("syntax_error", f"the code cannot be read ({cause})", piece.base, piece.base + 1)
    return None


def named(text: str) -> list[str]:
    """Names that a text which is no Python seems to bind."""
    return [match.group(1) or match.group(2) for match in _BINDS.finditer(text)]


def add_program(
    pieces: Sequence[Piece], name: str, document: Document, broken: Mapping[str, Problem] | None = None
) -> None:
    """Join pieces that parse to one program of the document; `broken` are names in those that do not."""
    places: list[tuple[str, int]] = []
    starts: list[int] = []
    for piece in pieces:
        for i, start in enumerate(_starts(piece.text)):
            places.append((piece.file, i + 1))
            starts.append(piece.base + start)
    source = "\n".join(piece.text for piece in pieces)
    tree = _parsed(source)
    heads = dict(_bound(tree.body))
    torch = any(_imports_torch(node) for node in ast.walk(tree))
    module = re.sub(r"\W", "_", name) or "answers"
    program = Program(module, source, tuple(places), frozenset(heads), torch)
    lost = {k: v for k, v in (broken or {}).items() if k not in heads}
    document.code.append(Code(program, tuple(starts), heads, lost))


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape such as "\s" in a docstring is Python all the same
        return ast.parse(text)


def _starts(text: str) -> list[int]:
    starts = [0]
    starts.extend(match.end() for match in re.finditer("\n", text))
    return starts


def _imports_torch(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "torch" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch"


def _bound(body: Sequence[ast.stmt]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Names bound at the top level, each with the lines of its head; a later one replaces an earlier."""
    for node in body:
        place = (node.lineno, node.lineno)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, (node.lineno, max(node.lineno, node.body[0].lineno - 1))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield (alias.asname or alias.name.split(".")[0]), place
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        yield name.id, place
        else:
            for field in ("body", "handlers", "orelse", "finalbody"):
                for item in getattr(node, field, ()):
                    inner = item.body if isinstance(item, ast.ExceptHandler) else [item]
                    yield from _bound([x for x in inner if isinstance(x, ast.stmt)])


def _comments(text: str) -> str:
    """The file with everything but its comments and docstrings blanked out, so that every offset stays."""
    kept = [" " if c != "\n" else c for c in text]
    starts = _starts(text)

    def keep(line: int, column: int, piece: str) -> None:
        at = starts[line - 1] + column
        kept[at : at + len(piece)] = piece

    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                own_line = not token.line[: token.start[1]].strip()
                if own_line:
                    marks = len(token.string) - len(token.string.lstrip("#"))
                    keep(token.start[0], token.start[1] + marks, token.string[marks:])
            elif token.type == tokenize.STRING and not token.line[: token.start[1]].strip():
                opening = re.match(r"[a-zA-Z]*(\"\"\"|'''|\"|')", token.string)
                if opening is not None:
                    body = token.string[opening.end() : -len(opening.group(1))]
                    keep(token.start[0], token.start[1] + opening.end(), body)
    except (tokenize.TokenError, SyntaxError):
        return "".join(kept)
    return "".join(kept)
