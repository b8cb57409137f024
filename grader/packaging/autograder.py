"""The autograder zip for Gradescope: `setup.sh` makes a Python, `run_autograder` always leaves a `results.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from grader.packaging.zipped import Packed, assignment_files, engine_files, requirements, write_zip
from grader.report.gradescope import not_graded

RUN_SECONDS: Final = 420
"""What grading may take: with what starts before and the writing behind, well below Gradescope's ten minutes."""
STOP_SECONDS: Final = 510
"""When everything is stopped from outside and the fallback is written."""
_UV: Final = "uv==0.9.0"
_PYTHON: Final = "3.12"

# Ubuntu 22.04 brings Python 3.10. Of the ways to a newer one a standalone build (by uv, which pip installs, pinned and with
# checksums) asks least of others: no third archive with keys of its own, as deadsnakes is, which falls silent with the end
# of a release. Where it cannot be fetched Ubuntu's own 3.11 stands in, from the archive that apt uses anyway.
_SETUP: Final = """#!/usr/bin/env bash
# Makes the Python that the grader runs with. Run once, by Gradescope, as root and with network.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
home="${AUTOGRADER_HOME:-/opt/homework-grader}"
export UV_PYTHON_INSTALL_DIR="$home/python" UV_LINK_MODE=copy DEBIAN_FRONTEND=noninteractive
umask 022  # students' code runs as another user: the interpreter and the libraries must be open to it

again() {  # a download that fails once is no reason to give up
  for wait in 3 15 45; do "$@" && return 0; sleep "$wait"; done
  "$@"
}

again apt-get update -q
again apt-get install -y -q --no-install-recommends ca-certificates python3 python3-venv
python3 -m venv "$home/tools"
again "$home/tools/bin/python" -m pip install -q --disable-pip-version-check @UV@
uv="$home/tools/bin/uv"

if again "$uv" python install -q @PYTHON@; then
  "$uv" venv -q --python @PYTHON@ --python-preference only-managed "$home/venv"
else
  again apt-get install -y -q --no-install-recommends python3.11 python3.11-venv
  python3.11 -m venv "$home/venv"
fi
again "$uv" pip install -q --python "$home/venv/bin/python" -r "$root/source/requirements.txt"@TORCH@

"$home/venv/bin/python" -m compileall -q "$root/source/grader" || true  # a faster start, nothing more
export PYTHONPATH="$root/source" GRADER_CACHE="$root/source/.cache"
cd "$root/source" && "$home/venv/bin/python" -P -m grader.packaging.on_gradescope --ready "$root"
"""
_TORCH: Final = """
again "$uv" pip install -q --python "$home/venv/bin/python" --torch-backend=cpu -r "$root/source/requirements-torch.txt"
"""
_RUN: Final = """#!/usr/bin/env bash
# Grades one submission. Whatever happens, results/results.json is there at the end, written whole.
set -u
root="${AUTOGRADER_ROOT:-/autograder}"
home="${AUTOGRADER_HOME:-/opt/homework-grader}"
python="${AUTOGRADER_PYTHON:-$home/venv/bin/python}"
results="$root/results/results.json"
mkdir -p "$root/results"
rm -f "$results"
# Students' code runs as another user, to whom the references, the results and the metadata are closed.
chmod -R go-rwx "$root/source" "$root/results" "$root/submission" 2>/dev/null
chmod go-rwx "$root/submission_metadata.json" 2>/dev/null
export GRADER_SANDBOX=weak  # the container is the sandbox: it allows no namespaces of its own
export GRADER_CACHE="$root/source/.cache" PYTHONPATH="$root/source" PYTHONDONTWRITEBYTECODE=1
cd "$root/source" || cd /
timeout -k 10 "${AUTOGRADER_STOP:-@STOP@}" "$python" -P -m grader.packaging.on_gradescope "$root"
if [ ! -s "$results" ]; then
  cat > "$results.part" <<'JSON'
@FALLBACK@
JSON
  mv "$results.part" "$results"
fi
exit 0
"""
_WHY: Final = {
    "en": "The grader was stopped before it could finish. This is not held against the answers.",
    "fr": "Le correcteur a été arrêté avant la fin. Cela ne compte pas contre les réponses.",
}


def autograder_files(
    assignment: Path, *, lang: str = "en", visibility: str = "visible", output_format: str = "md", torch: bool = False
) -> dict[str, Packed]:
    """All files of the zip. Raises OSError where something cannot be read."""
    fallback = json.dumps(not_graded(_WHY[lang], lang=lang, output_format=output_format), ensure_ascii=False, indent=1)
    setup = _SETUP.replace("@UV@", _UV).replace("@PYTHON@", _PYTHON).replace("@TORCH@", _TORCH if torch else "")
    run = _RUN.replace("@STOP@", str(STOP_SECONDS)).replace("@FALLBACK@", fallback)
    options = {"lang": lang, "visibility": visibility, "output_format": output_format, "seconds": RUN_SECONDS}
    files = {
        "setup.sh": Packed(setup.encode(), executable=True),
        "run_autograder": Packed(run.encode(), executable=True),
        "requirements.txt": Packed(_lines(requirements())),
        "options.json": Packed((json.dumps(options, indent=1) + "\n").encode()),
        **engine_files(),
        **assignment_files(assignment, "assignment/"),
    }
    if torch:
        files["requirements-torch.txt"] = Packed(_lines(requirements("python")))
    return files


def build(
    out: Path,
    assignment: Path,
    *,
    lang: str = "en",
    visibility: str = "visible",
    output_format: str = "md",
    torch: bool = False,
) -> None:
    """Write the zip. Raises OSError."""
    files = autograder_files(assignment, lang=lang, visibility=visibility, output_format=output_format, torch=torch)
    write_zip(out, files)


def _lines(rows: list[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()
