"""From a case's nodes to what a function is called with, and from what it returned to nodes: exact types, no subclasses.

Nothing here calls a method that a student can have written.
"""

from __future__ import annotations

import decimal
import fractions
import sys
from typing import Any

from . import wire
from .wire import Node


class Unusable(Exception):
    """A value that no answer can have."""


def arguments(nodes: list[Node], payload: bytes, feed: str, gradient: bool) -> list[Any]:
    """What the function is called with; arrays as `feed` says, plain values as they are."""
    import numpy

    torch: Any = sys.modules.get("torch")
    rest = memoryview(payload)

    def build(node: Node) -> Any:
        nonlocal rest
        kind = node[0]
        if kind == "a":
            size = wire.ITEM_BYTES[node[1]]
            for n in node[2]:
                size *= n
            array = numpy.frombuffer(rest[:size], dtype=node[1]).reshape(node[2]).copy()
            rest = rest[size:]
            if feed == "torch":
                tensor: Any = torch.from_numpy(array)
                return tensor
            if feed == "float" and not array.ndim:
                return array.item()
            return array[()]
        if kind == "f":
            return float(node[1])
        if kind == "c":
            return complex(node[1], node[2])
        if kind == "t":
            return tuple(build(x) for x in node[1])
        if kind == "y":
            return _expression(node[1], [build(x) for x in node[2]])
        if kind == "i":
            return int(node[1], 16)
        return None if kind == "n" else node[1]

    found = [build(node) for node in nodes]
    if gradient:
        for x in found:
            if isinstance(x, torch.Tensor) and (x.is_floating_point() or x.is_complex()):
                x.requires_grad_(True)
    return found


def _expression(head: str, args: list[Any]) -> Any:
    import sympy

    made = getattr(sympy, head)
    return made(*args) if args or isinstance(made, type) else made


def gradients(result: Any, args: list[Any]) -> Any:
    """The derivatives of the sum of `result` by each tensor of `args`; zeros where it does not depend on one."""
    torch: Any = sys.modules["torch"]
    members: list[Any] = []

    def collect(x: Any) -> None:
        if isinstance(x, tuple | list):
            for y in x:
                collect(y)
        elif isinstance(x, torch.Tensor):
            members.append(x)

    collect(result)
    members = [x.real if x.is_complex() else x for x in members if x.requires_grad]
    if not members:
        raise Unusable("the result carries no gradient (detached, or not computed with torch)")
    total = sum(x.sum() for x in members)
    wanted = [x for x in args if isinstance(x, torch.Tensor) and x.requires_grad]
    found = torch.autograd.grad(total, wanted, allow_unused=True)
    return tuple(torch.zeros_like(x) if g is None else g for x, g in zip(wanted, found, strict=True))


class Encoder:
    """Turns one result into a node and raw bytes. Raises Unusable, with the reason in words."""

    def __init__(self) -> None:
        self.payload = bytearray()
        self.nodes = 0

    def encode(self, x: Any, depth: int = 0) -> Node:
        """The node of `x`; bytes of arrays are added to `payload`."""
        self.nodes += 1
        if depth > wire.DEPTH:
            raise Unusable(f"the result is nested more than {wire.DEPTH} deep")
        if self.nodes > wire.NODES:
            raise Unusable(f"the result has more than {wire.NODES:,} members")
        kind = type(x)
        if x is None:
            return ["n"]
        if kind is bool:
            return ["b", x]
        if kind is int:
            return self._integer(x)
        if kind is float:
            return ["f", x]
        if kind is complex:
            return ["c", x.real, x.imag]
        if kind is str:
            if len(x) > 10_000:
                raise Unusable("the result is a long text")
            return ["s", x]
        bases = type.__dict__["__mro__"].__get__(kind)  # a metaclass of the student's may lie
        if tuple in bases:
            return ["t", [self.encode(y, depth + 1) for y in tuple.__iter__(x)]]
        if list in bases:
            return ["t", [self.encode(y, depth + 1) for y in list.__iter__(x)]]
        if kind is fractions.Fraction or kind is decimal.Decimal:
            try:
                return ["f", float(x)]
            except OverflowError:
                raise Unusable("a number too large") from None
        return self._foreign(x, kind, depth)

    def _integer(self, x: int) -> Node:
        if x.bit_length() > wire.INTEGER_BITS:
            raise Unusable("an integer of more than 1,200 digits")
        return ["i", hex(x)]

    def _foreign(self, x: Any, kind: type, depth: int) -> Node:
        import numpy

        if kind is numpy.ndarray:
            return self._array(numpy, x, depth)
        if isinstance(x, numpy.generic) and kind.__module__ == "numpy":
            return self._array(numpy, numpy.asarray(x), depth)
        torch: Any = sys.modules.get("torch")
        if torch is not None and (kind is torch.Tensor or kind is torch.nn.Parameter):
            return self._tensor(numpy, torch, x)
        sympy: Any = sys.modules.get("sympy")
        if sympy is not None:
            if isinstance(x, sympy.MatrixBase) and _own(kind):
                rows, columns = x.shape
                entries = [self.encode(x[i, j], depth + 1) for i in range(rows) for j in range(columns)]
                return ["y", "Matrix", [self._integer(rows), self._integer(columns), ["t", entries]]]
            if isinstance(x, sympy.NDimArray) and _own(kind):
                return self.encode(x.tolist(), depth)
            if isinstance(x, sympy.Basic):
                return self._tree(sympy, x, kind, depth)
        mpmath: Any = sys.modules.get("mpmath")
        if mpmath is not None and kind is mpmath.mpf:
            return ["f", float(x)]
        if mpmath is not None and kind is mpmath.mpc:
            return ["c", float(x.real), float(x.imag)]
        raise Unusable(f"the result is {_article(kind)}, not a number, an array, a tuple or an expression")

    def _array(self, numpy: Any, x: Any, depth: int) -> Node:
        dtype = x.dtype
        if dtype.kind == "O" and x.ndim and x.size <= wire.NODES:  # expressions in an array
            return self.encode(numpy.ndarray.tolist(x), depth)
        if dtype.kind not in "biufc":
            raise Unusable(f"the result is an array of {dtype.name if dtype.kind != 'O' else 'objects'}")
        if x.size * dtype.itemsize > wire.FRAME_BYTES or x.ndim > 16:
            raise Unusable(f"the result has {x.size:,} numbers: too many")
        wider = {"float16": "float32", "longdouble": "float64", "clongdouble": "complex128"}
        name = wider.get(dtype.name, dtype.name)
        if dtype.itemsize > 8 and dtype.kind == "f":
            name = "float64"
        if dtype.itemsize > 16:
            name = "complex128"
        if name not in wire.ITEM_BYTES:
            raise Unusable(f"the result is an array of {name}")
        data = numpy.ndarray.tobytes(numpy.ndarray.astype(x, numpy.dtype(name), order="C"))
        self.payload += data
        if len(self.payload) > wire.FRAME_BYTES:
            raise Unusable("the result holds too many numbers")
        return ["a", name, list(x.shape)]

    def _tensor(self, numpy: Any, torch: Any, x: Any) -> Node:
        if x.layout is not torch.strided or x.is_quantized or x.device.type != "cpu":
            where = "a sparse tensor" if x.device.type == "cpu" else f"a tensor on the device {x.device.type!r}"
            raise Unusable(f"the result is {where}, without plain values")
        if x.numel() * x.element_size() > wire.FRAME_BYTES:
            raise Unusable(f"the result has {x.numel():,} numbers: too many")
        plain = x.detach().resolve_conj().resolve_neg()
        if plain.dtype in (torch.bfloat16, torch.float16):
            plain = plain.to(torch.float32)
        if plain.dtype is torch.complex32:
            plain = plain.to(torch.complex64)
        return self._array(numpy, plain.contiguous().numpy(), 0)

    def _tree(self, sympy: Any, x: Any, kind: type, depth: int) -> Node:
        applied = isinstance(x, sympy.core.function.AppliedUndef)
        if not applied and not _own(kind):
            raise Unusable(f"the result is {_article(kind)}, no expression of SymPy's own")
        if isinstance(x, sympy.Integer):
            return ["y", "Integer", [self._integer(int(x.p))]]
        if isinstance(x, sympy.Rational):
            return ["y", "Rational", [self._integer(int(x.p)), self._integer(int(x.q))]]
        if isinstance(x, sympy.Float):
            return ["y", "Float", [["f", float(x)]]]
        if isinstance(x, sympy.Symbol):
            return ["y", "Symbol", [self.encode(str.__str__(x.name), depth + 1)]]
        name = getattr(x, "name", None) if kind.__name__ in ("Str", "MatrixSymbol") or applied else None
        args = [] if kind.__name__ == "Str" else [self.encode(y, depth + 1) for y in x.args]
        if applied:
            return ["y", "Function", [["s", str(name or x.func.__name__)], *args]]
        if kind.__name__ == "Str":
            return ["y", "Str", [["s", str(name)]]]
        return ["y", kind.__name__, args]


def _own(kind: type) -> bool:
    """Is it the class of that name in SymPy, not one that a student derived from it?"""
    module = sys.modules.get(kind.__module__)
    return kind.__module__.startswith("sympy.") and getattr(module, kind.__name__, None) is kind


def _article(kind: type) -> str:
    name = type.__dict__["__name__"].__get__(kind)
    return f"an object of type {str(name)[:60]!r}"
