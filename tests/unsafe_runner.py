"""Runs Python answers of the tests without any isolation, in a process of its own that can be killed. For tests alone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.programs import Array, Case, Ending, Plain, Program, Ran, Tree

_CHILD = r"""
import base64, inspect, io, json, sys, traceback
import numpy as np

def decoded(x, feed):
    kind = x["k"]
    if kind == "array":
        a = np.frombuffer(base64.b64decode(x["data"]), dtype=x["dtype"]).reshape(x["shape"]).copy()
        if feed == "torch":
            import torch
            return torch.from_numpy(np.ascontiguousarray(a)) if a.ndim else torch.tensor(a.item(), dtype=torch.float64)
        return a.item() if feed == "float" and a.ndim == 0 else a
    if kind == "tuple":
        return tuple(decoded(i, feed) for i in x["items"])
    if kind == "complex":
        return complex(*x["v"])
    return x["v"]

def encoded(v):
    if "torch" in sys.modules:
        import torch
        if isinstance(v, torch.Tensor):
            v = v.detach().numpy()
    if v is None or isinstance(v, (bool, int, str)):
        return {"k": "plain", "v": v}
    if isinstance(v, float) and not isinstance(v, np.floating):
        return {"k": "float", "v": repr(v)}
    if isinstance(v, complex) and not isinstance(v, np.complexfloating):
        return {"k": "complex", "v": [repr(v.real), repr(v.imag)]}
    if type(v) is np.ndarray or isinstance(v, np.generic):
        a = np.asarray(v)
        if a.dtype == object:
            return {"k": "tuple", "items": [encoded(i) for i in a]}
        return {"k": "array", "dtype": str(a.dtype), "shape": list(a.shape), "data": base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()}
    if isinstance(v, (tuple, list)):
        return {"k": "tuple", "items": [encoded(i) for i in v]}
    if type(v).__name__ in ("Decimal", "Fraction", "mpf"):
        return {"k": "float", "v": repr(float(v))}
    if "sympy" in sys.modules:
        import sympy
        if isinstance(v, sympy.MatrixBase):
            return {"k": "tree", "head": "ImmutableDenseMatrix", "args": [encoded(int(v.rows)), encoded(int(v.cols)), {"k": "tuple", "items": [encoded(i) for i in v]}]}
        if isinstance(v, sympy.Basic):
            head = type(v).__name__
            if isinstance(v, (sympy.Symbol,)):
                return {"k": "tree", "head": "Symbol", "args": [encoded(v.name)]}
            if isinstance(v, sympy.Integer):
                return {"k": "tree", "head": "Integer", "args": [encoded(int(v))]}
            if isinstance(v, sympy.Rational):
                return {"k": "tree", "head": "Rational", "args": [encoded(int(v.p)), encoded(int(v.q))]}
            if isinstance(v, sympy.Float):
                return {"k": "tree", "head": "Float", "args": [encoded(float(v))]}
            return {"k": "tree", "head": head, "args": [encoded(i) for i in v.args]}
    raise TypeError("the result is an object of type %r, not a number, an array, a tuple or an expression" % type(v).__name__)

def nonfinite(v):
    if isinstance(v, (tuple, list)):
        return any(nonfinite(i) for i in v)
    return False

def serve():
    import os, select, signal
    sys.setrecursionlimit(4000)
    for line in sys.stdin:
        job = json.loads(line)
        if "sympy" in job["source"]:
            import sympy
        if job["torch"]:
            import torch
            import torch._functorch.eager_transforms, torch._functorch.vmap, torch._dynamo
            torch.set_num_threads(1)
        near, far = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(near)
            with os.fdopen(far, "w") as out:
                try:
                    run(job, out)
                except MemoryError:
                    pass
                out.flush()
            os._exit(0)
        os.close(far)
        text, late = b"", False
        while True:
            ready, _, _ = select.select([near], [], [], job["seconds"])
            if not ready:
                late = True
                os.kill(pid, signal.SIGKILL)
                break
            data = os.read(near, 65536)
            if not data:
                break
            text += data
        os.close(near)
        os.waitpid(pid, 0)
        said = text.decode().strip().splitlines()
        if late:
            answer = {"ending": "timeout", "message": "stopped after %g s" % job["seconds"], "seconds": job["seconds"]}
        else:
            answer = json.loads(said[-1]) if said else {"ending": "exit", "message": "the process ended without an answer"}
        print(json.dumps(answer), flush=True)

def run(job, out):
    import os
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1); os.dup2(devnull, 2)
    def say(**kw):
        out.write(json.dumps(kw) + "\n"); out.flush()
    def failed(e):
        lines = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == "<program>"]
        kind = "exit" if isinstance(e, SystemExit) else "error"
        line = lines[-1] if lines else getattr(e, "lineno", None)
        return say(ending=kind, message=f"{type(e).__name__}: {e}", line=line)
    space, stopped = {"__name__": job["name"]}, None
    try:
        exec(compile(job["source"], "<program>", "exec"), space)
    except BaseException as e:  # functions bound before that can still be called
        stopped = e
        if job["function"] not in space:
            return failed(e)
    if job["function"] not in space:
        return say(ending="absent")
    target = space[job["function"]]
    try:
        if callable(target) and not (hasattr(target, "free_symbols")):
            args = [decoded(a, job["feed"]) for a in job["args"]]
            if job["gradient"]:
                import torch
                args = [a.clone().requires_grad_(True) if isinstance(a, torch.Tensor) else a for a in args]
                v = torch.autograd.grad(target(*args).sum(), [a for a in args if isinstance(a, torch.Tensor)])
            else:
                v = target(*args)
        else:
            v = target
    except BaseException as e:
        return failed(stopped if stopped is not None and isinstance(e, NameError) else e)
    try:
        say(ending="ok", value=encoded(v))
    except TypeError as e:
        say(ending="invalid", message=str(e))

serve()
"""


class UnsafeRunner:
    """`grader.programs.Runner` without a sandbox; every case is a fork of one warm process."""

    def __init__(self) -> None:
        self.cases = 0
        self._process: subprocess.Popen[str] | None = None

    def run(self, program: Program, cases: Sequence[Case]) -> list[Ran]:
        self.cases += len(cases)
        return [self._one(program, case) for case in cases]

    def _one(self, program: Program, case: Case) -> Ran:
        if self._process is None:
            code = [sys.executable, "-c", _CHILD]
            self._process = subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        job = {
            "name": program.name,
            "source": program.source,
            "torch": program.torch,
            "function": case.function,
            "args": [_encoded(a) for a in case.args],
            "feed": case.feed,
            "gradient": case.gradient,
            "seconds": case.limits.seconds,
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        value = _decoded(said["value"]) if "value" in said else None
        if said["ending"] == "ok" and not _finite(value):
            return Ran(Ending.INVALID, message="not a finite number")
        return Ran(
            Ending(said["ending"]), value, said.get("message", ""), said.get("line"), seconds=said.get("seconds", 0)
        )

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None and process.stdout is not None:
            process.stdin.close()
            process.wait()
            process.stdout.close()


def _finite(value: Plain) -> bool:
    if isinstance(value, tuple):
        return all(_finite(item) for item in value)
    if isinstance(value, Array):
        return bool(np.isfinite(np.frombuffer(value.data, dtype=value.dtype)).all())
    return not isinstance(value, (float, complex)) or bool(np.isfinite(value))


def _encoded(value: Plain) -> dict[str, Any]:
    if isinstance(value, Array):
        data = base64.b64encode(value.data).decode()
        return {"k": "array", "dtype": value.dtype, "shape": list(value.shape), "data": data}
    if isinstance(value, tuple):
        return {"k": "tuple", "items": [_encoded(v) for v in value]}
    if isinstance(value, complex):
        return {"k": "complex", "v": [value.real, value.imag]}
    return {"k": "plain", "v": value}


def _decoded(data: dict[str, Any]) -> Plain:
    kind = data["k"]
    if kind == "array":
        return Array(data["dtype"], tuple(data["shape"]), base64.b64decode(data["data"]))
    if kind == "tuple":
        return tuple(_decoded(v) for v in data["items"])
    if kind == "tree":
        return Tree(data["head"], tuple(_decoded(v) for v in data["args"]))
    if kind == "float":
        return float(data["v"])
    if kind == "complex":
        return complex(float(data["v"][0]), float(data["v"][1]))
    return data["v"]  # type: ignore[no-any-return]
