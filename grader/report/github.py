"""Faults as GitHub annotations: workflow commands, with the characters escaped that have a meaning there."""

from __future__ import annotations


def annotation(severity: str, path: str, line: int, column: int, message: str) -> str:
    """`::error file=..,line=..,col=..::message`; `severity` is error, warning or notice."""
    return f"::{severity} file={_property(path)},line={line},col={column}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
