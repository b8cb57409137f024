"""Values on the wire, used on both sides: JSON nodes, with the bytes of arrays behind them.

A message is two lengths (4 bytes each, big-endian), a JSON header and the raw bytes. A node is a list: `["n"]` None,
`["b", bool]`, `["i", hexadecimal]`, `["f", float]`, `["c", re, im]`, `["s", text]`, `["t", [nodes]]` a tuple,
`["a", dtype, shape]` an array (its bytes follow in the order of the nodes), `["y", head, [nodes]]` a SymPy tree.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

Node = list[Any]

FRAME_BYTES: Final = 1 << 20
"""Most that comes back from one case: an answer has some hundred numbers."""
NODES: Final = 20_000
DEPTH: Final = 100
INTEGER_BITS: Final = 4096
"""About 1,233 digits: beyond, a number only serves to keep a grader busy."""
ITEM_BYTES: Final = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip


class Malformed(Exception):
    """Bytes that are no message."""


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """One message."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    return struct.pack(">II", len(text), len(payload)) + text + payload


def unpack(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the raw bytes of exactly one message. Raises Malformed."""
    if len(data) < 8:
        raise Malformed("nothing was answered" if not data else "the answer is cut off")
    header_bytes, payload_bytes = struct.unpack(">II", data[:8])
    end = 8 + header_bytes + payload_bytes
    if len(data) < end:
        raise Malformed("the answer is cut off")
    if len(data) > end:
        raise Malformed("more than one answer was written")
    try:
        header = json.loads(data[8 : 8 + header_bytes])
    except (ValueError, RecursionError):
        raise Malformed("the answer cannot be read") from None
    if type(header) is not dict:
        raise Malformed("the answer cannot be read")
    return header, data[8 + header_bytes : end]
