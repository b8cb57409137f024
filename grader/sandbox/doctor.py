"""What this machine has to run Python answers, what is missing, and how to get it. For `grader doctor`."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from grader.sandbox.inside.syscalls import MACHINES
from grader.sandbox.launch import Mode, has
from grader.sandbox.sandbox import Sandbox

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "linux": ("Linux on x86-64 or ARM64", "Linux sur x86-64 ou ARM64"),
    "linux!": ("Python answers are run on Linux only; everything else works here",
               "Les réponses Python ne s'exécutent que sous Linux; tout le reste fonctionne ici"),
    "bubblewrap": ("locks students' code in", "enferme le code des étudiants"),
    "bubblewrap!": ("install it: apt-get install bubblewrap, dnf install bubblewrap, or pacman -S bubblewrap",
                    "à installer: apt-get install bubblewrap, dnf install bubblewrap ou pacman -S bubblewrap"),
    "isolation": ("namespaces, limits and the filter of system calls hold", "espaces de noms, limites et filtre d'appels système tiennent"),
    "max_user_namespaces!": ("user namespaces are switched off: sysctl -w user.max_user_namespaces=10000",
                             "les espaces de noms utilisateur sont désactivés: sysctl -w user.max_user_namespaces=10000"),
    "unprivileged_userns_clone!": ("user namespaces are for root only: sysctl -w kernel.unprivileged_userns_clone=1",
                                   "les espaces de noms utilisateur sont réservés à root: sysctl -w kernel.unprivileged_userns_clone=1"),
    "apparmor_restrict_unprivileged_userns!": (
        "AppArmor keeps them from bwrap: give it a profile with 'userns,', or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        "AppArmor les refuse à bwrap: lui donner un profil avec «userns,», ou sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    "isolation!": ("in a container: allow user namespaces and mounts (docker run --security-opt seccomp=unconfined "
                   "--security-opt apparmor=unconfined --security-opt systempaths=unconfined), or use the weaker mode by name",
                   "dans un conteneur: autoriser espaces de noms et montages (docker run --security-opt seccomp=unconfined "
                   "--security-opt apparmor=unconfined --security-opt systempaths=unconfined), ou choisir le mode faible"),
    "weaker mode": ("another user, limits, a filter; only for a container that is itself the sandbox, and only when asked for",
                    "autre utilisateur, limites, filtre; seulement dans un conteneur qui est lui-même le bac à sable, et sur demande"),
    "weaker mode!": ("Python and its libraries must lie where every user can read them",
                     "Python et ses bibliothèques doivent être lisibles par tous"),
    "numpy": ("answers that compute with arrays", "réponses calculées avec des tableaux"),
    "numpy!": ("pip install numpy", "pip install numpy"),
    "sympy": ("answers that are expressions", "réponses données par des expressions"),
    "sympy!": ("pip install sympy", "pip install sympy"),
    "torch": ("answers that use torch", "réponses qui utilisent torch"),
    "torch!": ("pip install 'homework-grader[python]'", "pip install 'homework-grader[python]'"),
    "nbformat": ("checks notebooks", "vérifie les notebooks"),
    "nbformat!": ("pip install 'homework-grader[python]'", "pip install 'homework-grader[python]'"),
    "yes": ("Python answers can be run.", "Les réponses Python peuvent être exécutées."),
    "no": ("Python answers cannot be run here; LaTeX, Markdown and all other commands work.",
           "Les réponses Python ne peuvent pas être exécutées ici; LaTeX, Markdown et toutes les autres commandes fonctionnent."),
    "ok": ("ok", "ok"),
    "missing": ("MISSING", "ABSENT"),
    "optional": ("not there", "absent"),
}  # fmt: skip
"""English and French; a name with `!` says how to get what is missing."""

_SWITCHES: Final = (
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
)
"""Files of the kernel, and what they hold where it refuses user namespaces."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for."""

    name: str
    """What was looked for."""
    there: bool
    """Whether it is there."""
    needed: bool
    """Whether Python answers need it."""
    found: str = ""
    """Its version, or what was found."""
    why: str = ""
    """Why it is not there."""
    remedy: str = ""
    """The text that says how to get it."""


def examine() -> list[Finding]:
    """Look at everything; starts and ends a worker of each mode, which takes some seconds."""
    linux = sys.platform.startswith("linux") and platform.machine() in MACHINES
    found = [Finding("linux", linux, True, f"{platform.system()} {platform.machine()}", remedy="linux!")]
    if linux:
        found.append(_bubblewrap())
        if found[-1].there:
            found.append(_isolation())
    for name, needed in (("numpy", True), ("sympy", True), ("torch", False), ("nbformat", False)):
        found.append(Finding(name, has(name), needed, _version(name), remedy=f"{name}!"))
    if linux:
        found.append(_weaker())
    return found


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    if path is None:
        return Finding("bubblewrap", False, True, remedy="bubblewrap!")
    ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    return Finding("bubblewrap", True, True, ran.stdout.strip() or path)


def _isolation() -> Finding:
    with Sandbox() as box:
        why = box.reason()
        guards = box.guards()
    if not why:
        return Finding("isolation", True, True, ", ".join(("namespaces", *guards)))
    remedy = "isolation!"
    for path, refusing in _SWITCHES:
        file = Path(path)
        if file.is_file() and file.read_text(encoding="ascii").strip() == refusing:
            remedy = f"{file.name}!"
    return Finding("isolation", False, True, why=why, remedy=remedy)


def _weaker() -> Finding:
    with Sandbox(mode=Mode.WEAK) as box:
        why = box.reason()
        return Finding("weaker mode", not why, False, ", ".join(box.guards()), why, "weaker mode!")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def can_run(findings: list[Finding]) -> bool:
    """Can Python answers be run?"""
    return all(f.there for f in findings if f.needed)


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """The findings as plain data, with their English texts."""
    return {
        "schema": "grader/doctor/1",
        "python_answers": can_run(findings),
        "found": [
            asdict(f) | {"purpose": _TEXTS[f.name][0], "remedy": "" if f.there else _TEXTS[f.remedy][0]}
            for f in findings
        ],
    }


def as_text(findings: list[Finding], lang: str = "en") -> str:
    """The findings for a person, in English or French."""
    i = 1 if lang == "fr" else 0
    lines = []
    for f in findings:
        state = "ok" if f.there else "missing" if f.needed else "optional"
        version = f" ({f.found})" if f.there and f.found else ""
        lines.append(f"{_TEXTS[state][i]:<10}{f.name}{version}: {_TEXTS[f.name][i]}")
        if not f.there:
            lines += [f"{'':<10}{text}" for text in (f.why, _TEXTS[f.remedy][i]) if text]
    lines.append(_TEXTS["yes" if can_run(findings) else "no"][i])
    return "\n".join(lines)
