"""What stands in a student's kit for people: its README in both languages and the launchers."""

from __future__ import annotations

from typing import Final

CHECK: Final = """#!/bin/sh
# Checks your homework: ./check hw3.tex
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$here/.venv/bin/python" ] && exec "$here/.venv/bin/python" -P "$here/check.py" "$@"
exec python3 -P "$here/check.py" "$@"
"""
CHECK_PY: Final = '''"""Checks your homework offline: `python check.py hw3.tex`. See README.md."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent
if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or later is needed (this is %d.%d)" % sys.version_info[:2])
sys.path.insert(0, str(here))
try:
    import numpy, pydantic, rich, typer, yaml  # noqa: E401, F401
except ImportError as error:
    sys.exit(f"{error.name} is missing: python -m pip install -r {here / 'requirements.txt'}")
sys.path[:] = sys.path[1:] + [str(here)]
from grader.cli import app  # noqa: E402

app(["check", "--assignment", str(here / "assignment"), *(sys.argv[1:] or ["--help"]), "--audience", "student"])
'''
README: Final[dict[str, str]] = {
    "en": """# Check your homework before you hand it in

```
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt     # once; afterwards no network is needed
./check hw3.tex                               # or: .venv/bin/python check.py hw3.tex
```

Python 3.11 or later. LaTeX, Markdown, notebooks and Python files are read, in English or French; `--lang fr` for a report in
French, `--together` if several files are one submission. Nothing leaves your computer.

The report says what was read, which lines hold, which do not and with which numbers. It is what the course's grader would tell
you, with these differences:

- The kit holds no solution. It knows the references at sampled points only, and constants by a slow hash. Where that does not
  suffice it says "cannot be told here; the full grader will". That is no verdict in either direction.
- What rests on an earlier answer (a matrix at a point you have to find) is told once that answer is right.
- A few checks are left to the full grader altogether, and explanations in words are judged by people.
- Your mark is what the course says, not what this prints.

Could somebody get answers out of it? By trying: a constant can be guessed and checked, a formula fitted to the sampled values,
and the phrases that explanations are searched for can be read. All of that is more work than the homework, and teaches less.
""",
    "fr": """# Vérifier son devoir avant de le remettre

```
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt     # une fois ; ensuite, plus besoin de réseau
./check --lang fr devoir3.tex                 # ou : .venv/bin/python check.py --lang fr devoir3.tex
```

Python 3.11 ou plus récent. On lit LaTeX, Markdown, notebooks et fichiers Python, en français ou en anglais ; `--together` si
plusieurs fichiers forment une seule remise. Rien ne quitte votre ordinateur.

Le rapport dit ce qui a été lu, quelles lignes tiennent, lesquelles non et avec quels nombres. C'est ce que dirait le correcteur
du cours, à ces différences près :

- Cette trousse ne contient aucune solution. Elle ne connaît les références qu'en des points échantillonnés, et les constantes
  par un hachage lent. Là où cela ne suffit pas, elle dit « ne peut pas être tranché ici ; le correcteur complet le fera ». Ce
  n'est un verdict ni dans un sens ni dans l'autre.
- Ce qui repose sur une réponse précédente (une matrice en un point à trouver) est jugé dès que cette réponse est juste.
- Quelques vérifications sont laissées au correcteur complet, et les explications en mots à des personnes.
- Votre note est celle du cours, pas celle affichée ici.

Pourrait-on en tirer les réponses ? En essayant : une constante se devine et se vérifie, une formule s'ajuste aux valeurs
échantillonnées, et les expressions cherchées dans les explications se lisent. C'est plus de travail que le devoir, et on y
apprend moins.
""",
}
