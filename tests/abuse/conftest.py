"""A sandbox held by a process of its own, as root and as a plain user, and what must be true after every abuse."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from grader.programs import Array, Case, Limits, Program, Ran

HERE = Path(__file__).resolve().parent
PRIVATE = ["unshare", "-m", "--propagation", "private"]
LEAK = "sandbox-test-leak"
"""In the name of every file that an abuse tries to leave behind."""

GOOD = Program(
    "good",
    "import numpy as np\n"
    "def f(x, n):\n"
    "    rng = np.random.default_rng(3)\n"
    "    return np.cumsum(rng.normal(size=(n, 3)) * x, axis=0), np.random.normal(size=4), hash('neighbour')\n",
)


def source_of(body: str) -> str:
    """A program whose function `f` has this body."""
    lines = body.strip("\n").splitlines()
    return "import os, sys, time\ndef f(*args):\n" + "\n".join("    " + line for line in lines) + "\n"


class Box:
    """The driver process, asked from here."""

    def __init__(self, user: str) -> None:
        self.user = user
        environment = dict(os.environ, SANDBOX_TEST_SECRET="environment-secret", PYTHONPATH=str(ROOT))
        line = [sys.executable, str(HERE / "driver.py")]
        if os.geteuid() == 0:
            needed = ":".join(dict.fromkeys([str(ROOT), str(Path(sys.base_prefix).resolve()), sys.prefix]))
            wrapper = [sys.executable, str(HERE / "as_user.py"), "12345" if user == "plain" else "0", needed]
            line = [*PRIVATE, *wrapper, *line]
            environment.pop("GRADER_CACHE", None)
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/")
        self.baseline: dict[str, Any] = {}

    def ask(self, name: str, *args: Any, **named: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(pickle.dumps((name, args, named)))
        self.process.stdin.flush()
        answer = pickle.load(self.process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def case(
        self, source: str, *args: Any, function: str = "f", torch: bool = False, mode: str = "strict", **limits: Any
    ) -> Ran:
        """One case of one program; limits are short."""
        given = {"seconds": 5.0, "memory_mb": 256, **limits}
        program = Program("homework", source, names=frozenset({"f"}), torch=torch)
        ran: Ran = self.ask("run", program, [Case(function, args, limits=Limits(**given))], mode=mode)[0]
        return ran

    def neighbour(self, mode: str = "strict") -> Ran:
        """What an honest program gets, without its time."""
        case = Case("f", (Array("float64", (3,), bytes(24)), 5), limits=Limits(seconds=20))
        return replace(self.ask("run", GOOD, [case], mode=mode)[0], seconds=0.0)

    def state(self) -> dict[str, Any]:
        """What an abuse must not change."""
        state: dict[str, Any] = self.ask("state")
        state["left"] = [str(p) for d in ("/tmp", "/dev/shm", "/var/tmp") for p in Path(d).glob(f"*{LEAK}*")]
        state["inside"] = self.inside(state["workers"])
        return state

    def inside(self, workers: list[tuple[int, str]]) -> list[Any]:
        """The warm workers' own folders and mounts, which only root may look into."""
        if os.geteuid() != 0:
            return []
        found: list[Any] = []
        for pid, name in workers:
            if name.startswith("python"):
                root = Path(f"/proc/{pid}/root")
                found.append([sorted(os.listdir(root / d)) for d in ("tmp", "dev/shm", "dev", "")])
                found.append(Path(f"/proc/{pid}/mountinfo").read_text())
        return found

    def assert_unharmed(self) -> None:
        """The neighbour's result is the same to the byte, the same worker gave it, nothing is left anywhere."""
        assert self.neighbour() == self.baseline["neighbour"]
        now = self.state()
        for key, value in self.baseline["state"].items():
            assert now[key] == value, key

    def settle(self) -> None:
        """Take what is now for what must stay."""
        self.baseline["neighbour"] = self.neighbour()
        self.baseline["state"] = self.state()

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


USERS = ("root", "plain") if os.geteuid() == 0 else ("plain",)


@pytest.fixture(scope="session", params=USERS)
def shared_box(request: pytest.FixtureRequest) -> Iterator[Box]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    if os.geteuid() == 0 and subprocess.run([*PRIVATE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounts of its own cannot be given to a process here")
    box = Box(request.param)
    reason = box.ask("reason")
    if reason:
        box.close()
        pytest.skip(f"no isolation here: {reason}")
    box.settle()
    yield box
    box.close()


@pytest.fixture
def box(shared_box: Box) -> Iterator[Box]:
    """A sandbox for one abuse; whatever it was, nothing is harmed afterwards."""
    yield shared_box
    shared_box.assert_unharmed()


@pytest.fixture
def torch_box(shared_box: Box) -> Iterator[Box]:
    """The same with torch loaded."""
    pytest.importorskip("torch")
    if len(shared_box.ask("workers")) == 3:
        assert shared_box.ask("reason", torch=True) == ""
        shared_box.settle()
    yield shared_box
    shared_box.assert_unharmed()
