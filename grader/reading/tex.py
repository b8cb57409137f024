"""LaTeX files: the file and all it includes become one run of tokens, expanded and handed to the builder of blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grader.errors import ReadError, TooLarge
from grader.limits import FILE_BYTES, INPUT_FILES, TOKENS
from grader.maths.lexer import Token, bracket_end, scan, skip_space
from grader.reading.build import Builder
from grader.reading.document import Document, Problem
from grader.reading.files import decode, inside, load_bytes
from grader.reading.groups import name_in_braces
from grader.reading.macros import Expander, package_macros
from grader.reading.names import DISPLAYS
from grader.reading.prepare import chosen_branches, live, with_roles

__all__ = ["DISPLAYS", "read_tex"]

_DEPTH: Final = 8
"""Files that include files."""


def read_tex(path: Path, data: bytes, document: Document) -> None:
    """Read a LaTeX file and all it includes into the document.

    Raises ReadError/TooLarge when nothing can be made of it.
    """
    text, base = decode(data, document.source, path.name, document.problems)
    loader = _Loader(path.parent, document)
    tokens = loader.includes(live(loader.scanned(text, base)), 0)
    expander = Expander(package_macros())
    expander.expand(with_roles(loader.style_tokens, expander))
    body = with_roles(tokens, expander)
    try:
        expanded = expander.expand(body)
    except TooLarge as error:
        document.report(Problem(error.note, error.message, error.start, error.end))
        expanded = body  # formulas that need the macro will say so one by one
    Builder(document, expander).run(chosen_branches(expanded))


class _Loader:
    """Draws in `\\input` files and attached style files, once each, from the submission's folder only."""

    def __init__(self, folder: Path, document: Document) -> None:
        self.folder = folder
        self.document = document
        self.style_tokens: list[Token] = []
        self.files = 0
        self.bytes = 0
        self.tokens = 0
        self.missing: set[str] = set()

    def scanned(self, text: str, base: int) -> list[Token]:
        """The tokens of a file; raises TooLarge when all files together have too many."""
        if "\r" in text and "\n" not in text:
            text = text.replace("\r", "\n")  # lines of an old Mac
        tokens = scan(text, base)
        self.tokens += len(tokens)
        if self.tokens > TOKENS:
            raise TooLarge("too_many_tokens", f"{self.tokens} tokens; at most {TOKENS} are read", base)
        return tokens

    def includes(self, tokens: list[Token], depth: int) -> list[Token]:
        """The tokens with `\\input` replaced by the files' own; style files are kept apart."""
        out: list[Token] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "cmd" and token.text in ("input", "include", "subfile") and depth < _DEPTH:
                name, stop = name_in_braces(tokens, at + 1)
                if name:
                    piece = self.load(name, (".tex", ""), token)
                    if piece is not None:
                        out.extend(self.includes(_document_body(piece), depth + 1))
                    at = stop
                    continue
            elif token.kind == "cmd" and token.text in ("usepackage", "RequirePackage"):
                names, stop = name_in_braces(tokens, bracket_end(tokens, skip_space(tokens, at + 1)))
                for name in names.split(",") if len(self.missing) < INPUT_FILES else ():
                    if inside(self.folder, name.strip() + ".sty") is not None:
                        piece = self.load(name.strip() + ".sty", ("",), token)
                        self.style_tokens.extend(self.includes(piece or [], depth + 1) if depth < _DEPTH else [])
                    else:
                        self.missing.add(name.strip() + ".sty")
                if names:
                    at = stop
                    continue
            out.append(token)
            at += 1
        return out

    def load(self, name: str, endings: tuple[str, ...], token: Token) -> list[Token] | None:
        """The tokens of an included file; None, with a problem noted, if there is none to read."""
        if name in self.missing or len(self.missing) >= INPUT_FILES:
            return None
        for ending in endings:
            path = inside(self.folder, name + ending)
            own = self.document.own
            if path is None or (own is not None and path.name not in own and path.suffix not in (".sty", ".cls")):
                continue
            self.files += 1
            try:
                data = load_bytes(path)
                self.bytes += len(data)
                if self.files > INPUT_FILES or self.bytes > FILE_BYTES:
                    raise TooLarge("too_many_files", "the included files are too many or too large", token.start)
                text, base = decode(data, self.document.source, name + ending, self.document.problems)
                return live(self.scanned(text, base))
            except ReadError as error:
                self.document.report(Problem(error.note, f"{name}: {error.message}", token.start, token.end))
                return None
        self.missing.add(name)
        if name not in ("math_commands", "math_commands.tex"):  # its macros are known as data
            self.document.report(
                Problem("missing_file", f"\\input{{{name}}}: no such file in the submission", token.start, token.end)
            )
        return None


def _document_body(tokens: list[Token]) -> list[Token]:
    """An included file without a preamble of its own (`live` has cut it at the document's end)."""
    for at, token in enumerate(tokens):
        if token.kind == "cmd" and token.text == "begin":
            name, stop = name_in_braces(tokens, at + 1)
            if name == "document":
                return tokens[stop:]
    return tokens
