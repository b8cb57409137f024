"""The command that starts a warm worker: what of this machine it sees, and under which names.

It sees the interpreter, the libraries students use, and the folder `inside`: nothing else of the project, so no reference
and no rubric, and nothing of anybody's files.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

INSIDE: Final = Path(__file__).resolve().parent / "inside"
LIBRARIES: Final = ("numpy", "sympy", "mpmath", "torch")
ENVIRONMENT: Final = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""The whole environment of a worker."""
DEVICES: Final = ("null", "zero", "full", "random", "urandom")


class Mode(StrEnum):
    """How students' code is kept in. `weak` is for containers that are themselves the sandbox, and never chosen for you."""

    STRICT = "strict"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Bind:
    """A folder of this machine and its name inside."""

    outside: Path
    inside: str


def has(library: str) -> bool:
    """Is a top-level package installed here? It is not imported."""
    return _folder(library) is not None


def _folder(library: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(library)
    except (ImportError, ValueError, AttributeError):  # a name that only looks like a module's
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]).resolve().parent if places else None


def library_folders() -> list[Path]:
    """The folders from which the students' libraries are imported, without doubles."""
    found = [folder for name in LIBRARIES if (folder := _folder(name)) is not None]
    return list(dict.fromkeys(found))


def interpreter() -> Path:
    """The Python behind a virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def command(mode: Mode, torch: bool, control: int) -> tuple[list[str], dict[str, str]]:
    """The command line and environment of a worker that talks on the descriptor `control`.

    Raises ValueError where the interpreter does not lie where it says.
    """
    told: dict[str, object] = {"control": control, "strict": mode is Mode.STRICT, "user": 65534, "torch": torch}
    prefix: list[str] = []
    environment = dict(ENVIRONMENT)
    if mode is Mode.STRICT:
        binds = _binds()
        prefix = _bubblewrap(binds)
        python, inside = _within(interpreter(), binds), "/sandbox"
        told["folders"] = [_within(p, binds) for p in library_folders()]
        environment["LD_LIBRARY_PATH"] = "/py/lib"
    else:
        python, inside = str(interpreter()), str(INSIDE.parent)
        told["folders"], told["readable"] = [str(p) for p in library_folders()], _readable()
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    start = "import sys; sys.path.insert(0, sys.argv[1]); from inside.zygote import main; main(sys.argv[2])"
    return [*prefix, python, "-P", "-s", "-c", start, inside, json.dumps(told)], environment


def _readable() -> list[str]:
    """What the weaker mode lets a child read: the same as would be bound, around what is private."""
    private = _private()
    found = [str(INSIDE)]

    def grant(path: Path) -> None:
        if path in private:
            return
        if any(p.is_relative_to(path) for p in private):
            for below in sorted(path.iterdir()):
                grant(below)
        else:
            found.append(str(path))

    system = [Path("/", name) for name in ("lib", "lib32", "lib64", "etc/ld.so.cache", "etc/alternatives")]
    devices = [Path("/dev", name) for name in DEVICES]
    for path in (Path("/usr"), *system, *devices, Path(sys.base_prefix).resolve(), *library_folders()):
        if path.exists():
            grant(path)
    return found


def _binds() -> list[Bind]:
    """What is bound, beside the system's libraries: the interpreter, and each folder of libraries outside of it."""
    usr = Path("/usr")
    found = [Bind(usr, "/usr")]
    prefix = Path(sys.base_prefix).resolve()
    if prefix != usr:
        found.append(Bind(prefix, "/py"))
    private = _private()
    for i, folder in enumerate(library_folders()):
        covered = any(folder.is_relative_to(path) for path in private)
        if covered or not any(folder.is_relative_to(bind.outside) for bind in found):
            found.append(Bind(folder, f"/site{i}"))
    return found


def _within(path: Path, binds: list[Bind]) -> str:
    """The name inside of a path outside; the last bind that holds it counts."""
    for bind in reversed(binds):
        if path.is_relative_to(bind.outside):
            return str(Path(bind.inside) / path.relative_to(bind.outside))
    raise ValueError(f"{path} is not bound")


def _package() -> Path:
    return INSIDE.parent.parent


def _private() -> list[Path]:
    """What must not be seen though it may lie in a bound folder: this package, its records, its source tree."""
    package = _package()
    found = [package]
    if (package.parent / "pyproject.toml").is_file():
        found.append(package.parent)
    for folder in library_folders():
        found += [*sorted(folder.glob("*homework_grader*")), folder / "__pycache__"]
    return found


def _bubblewrap(binds: list[Bind]) -> list[str]:
    """Bubblewrap and its options. The worker's own children need user namespaces, so those stay allowed: to it alone."""
    options = [
        "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox",
        "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    ]  # fmt: skip
    for name in ("lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", os.readlink(path).lstrip("/"), f"/{name}"]
        elif path.is_dir():
            options += ["--ro-bind", f"/{name}", f"/{name}"]
    for shared in ("/etc/ld.so.cache", "/etc/alternatives"):
        options += ["--ro-bind-try", shared, shared]
    for bind in binds:
        options += ["--ro-bind", str(bind.outside), bind.inside]
    covered: list[Path] = []
    for path in sorted(_private(), key=lambda p: len(p.parts)):
        for bind in binds:
            place = Path(bind.inside) / path.relative_to(bind.outside) if path.is_relative_to(bind.outside) else None
            if place is None or path == bind.outside or any(place.is_relative_to(outer) for outer in covered):
                continue
            if path.is_dir():
                options += ["--tmpfs", str(place), "--remount-ro", str(place)]
                covered.append(place)
            elif path.exists():
                options += ["--ro-bind", "/dev/null", str(place)]
    options += ["--ro-bind", str(INSIDE), "/sandbox/inside", "--proc", "/proc", "--tmpfs", "/dev"]
    for device in DEVICES:
        options += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    options += [
        "--dir",
        "/dev/shm",
        "--remount-ro",
        "/dev",
        "--tmpfs",
        "/tmp",
        "--remount-ro",
        "/",
        "--chdir",
        "/",
        "--",
    ]
    return [shutil.which("bwrap") or "bwrap", *options]
