"""Requests and answers as bytes. What comes back was written by a student's process: every byte of it is checked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from grader.programs import Array, Case, Plain, Program, Tree
from grader.sandbox.inside import wire
from grader.sandbox.inside.wire import Malformed, Node

_HEAD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_HEX: Final = re.compile(r"-?0x[0-9a-f]{1,1025}")
_ENDINGS: Final = ("ok", "absent", "error", "exit", "memory", "invalid")
"""What a child may say of itself: never that the fault was ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a child says: one of `_ENDINGS`, the value if that is "ok", else a message, the exception's and the missing
    module's name, the line of the source; `seconds` are wall time by its own clock."""

    ending: str
    value: Plain
    message: str
    exception: str
    module: str
    line: int | None
    seconds: float


def request(program: Program, case: Case) -> bytes:
    """The bytes a child reads: a program and one call."""
    payload = bytearray()
    header = {
        "name": program.name,
        "file": f"{program.name}.py",
        "source": program.source,
        "named": case.function in program.names or not program.names,
        "function": case.function,
        "feed": case.feed,
        "gradient": case.gradient,
        "args": [_node(x, payload) for x in case.args],
    }
    return wire.pack(header, bytes(payload))


def _node(x: Plain, payload: bytearray) -> Node:
    if x is None:
        return ["n"]
    if isinstance(x, bool):
        return ["b", x]
    if isinstance(x, int):
        return ["i", hex(x)]
    if isinstance(x, float):
        return ["f", x]
    if isinstance(x, complex):
        return ["c", x.real, x.imag]
    if isinstance(x, str):
        return ["s", x]
    if isinstance(x, Array):
        payload += x.data
        return ["a", x.dtype, list(x.shape)]
    if isinstance(x, Tree):
        return ["y", x.head, [_node(y, payload) for y in x.args]]
    return ["t", [_node(y, payload) for y in x]]


def said(data: bytes) -> Said:
    """Read an answer. Raises Malformed, with the reason in words, for anything but one well-formed message."""
    header, payload = wire.unpack(data)
    ending = header.get("ending")
    if ending not in _ENDINGS:
        raise Malformed("the answer cannot be read")
    value: Plain = None
    if ending == "ok":
        reader = _Reader(memoryview(payload))
        value = reader.value(header.get("value"), 0)
        if reader.rest:
            raise Malformed("the answer cannot be read")
    line, seconds = header.get("line"), header.get("seconds")
    return Said(
        ending,
        value,
        one_line(header.get("message")),
        one_line(header.get("exception"), 80),
        one_line(header.get("module"), 80),
        line if type(line) is int and 0 < line < 10_000_000 else None,
        seconds if type(seconds) is float and 0 <= seconds < 1e6 else 0.0,
    )


def one_line(text: object, most: int = 300) -> str:
    """A student's text as one printable line; empty if it is no text."""
    if type(text) is not str:
        return ""
    clean = "".join(c if c.isprintable() else " " for c in text[: 4 * most])
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"


class _Reader:
    """Walks the nodes of one answer; arrays take their bytes from `rest` in turn."""

    def __init__(self, rest: memoryview) -> None:
        self.rest = rest
        self.nodes = 0

    def value(self, node: Any, depth: int) -> Plain:
        self.nodes += 1
        if type(node) is not list or not node or self.nodes > wire.NODES or depth > wire.DEPTH + 1:
            raise Malformed("the answer cannot be read")
        match node:
            case ["n"]:
                return None
            case ["b", bool(x)]:
                return x
            case ["i", str(x)] if _HEX.fullmatch(x):
                return int(x, 16)
            case ["f", float(x)]:
                return _number(x)
            case ["c", float(re), float(im)]:
                return complex(_number(re), _number(im))
            case ["s", str(x)]:
                if not _encodable(x):
                    raise Malformed("the result is a text that is no Unicode")
                return x
            case ["t", list(members)]:
                return tuple(self.value(y, depth + 1) for y in members)
            case ["a", str(dtype), list(shape)] if dtype in wire.ITEM_BYTES:
                return self._array(dtype, shape)
            case ["y", str(head), list(args)] if _HEAD.fullmatch(head):
                return Tree(head, tuple(self.value(y, depth + 1) for y in args))
        raise Malformed("the answer cannot be read")

    def _array(self, dtype: str, shape: list[Any]) -> Array:
        if len(shape) > 16 or not all(type(n) is int and 0 <= n <= wire.FRAME_BYTES for n in shape):
            raise Malformed("the answer cannot be read")
        size = wire.ITEM_BYTES[dtype]
        for n in shape:
            size *= n
        if size > len(self.rest):
            raise Malformed("the answer cannot be read")
        data = self.rest[:size]
        self.rest = self.rest[size:]
        if dtype == "bool" and data.tobytes().strip(b"\x00\x01"):
            raise Malformed("the answer cannot be read")
        if dtype in ("float32", "complex64"):
            _finite(data.cast("f"))
        elif dtype in ("float64", "complex128"):
            _finite(data.cast("d"))
        return Array(dtype, tuple(shape), bytes(data))


def _finite(numbers: memoryview[Any]) -> None:
    for x in numbers:
        _number(x)


def _number(x: float) -> float:
    if not math.isfinite(x):
        raise Malformed("the result contains NaN (not a number)" if x != x else "the result contains infinity")
    return x


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
