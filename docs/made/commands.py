"""`commands.md`: every command with its arguments, options and exit status, from the command line itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from grader import cli
from made.markdown import MADE, table


def commands_page() -> str:
    """Every command with its arguments and options."""
    group = typer.main.get_command(cli.app)
    commands: Mapping[str, Any] = group.commands  # type: ignore[union-attr,attr-defined,unused-ignore]
    out = [
        MADE,
        "# All commands\n\n",
        "What `grader COMMAND --help` says, with the exit status of each, for who looks something up. "
        "[student.md](student.md), [ta.md](ta.md), [ci.md](ci.md) and [rubric_author.md](rubric_author.md) show them at work.\n\n",
        " · ".join(f"[{name}](#grader-{name})" for name in commands) + "\n\n",
    ]
    for name, command in commands.items():
        usage = [f"grader {name}"]
        rows = []
        for param in sorted(command.params, key=lambda p: p.param_type_name):
            if param.param_type_name == "argument":
                shown = (param.metavar or param.name.upper()) + ("..." if param.nargs == -1 else "")
                usage.append(shown if param.required else f"[{shown}]")
                rows.append((f"`{shown}`", param.help or "", ""))
            elif "--help" not in param.opts:
                names = ", ".join(f"`{o}`" for o in (*param.opts, *param.secondary_opts))
                default = f"`{param.default}`" if param.default and param.default is not True else ""
                rows.append((names, param.help or "", "needed" if param.required else default))
        text, _, exits = command.help.partition("Exit status:")
        paragraphs = ["  ".join(p.split()).replace("  ", " ") for p in text.strip().split("\n\n")]
        out.append(f"## grader {name}\n\n" + "\n\n".join(paragraphs) + "\n\n")
        out.append(f"    {' '.join(usage)} [options]\n\n")
        if rows:
            out.append(table(("argument or option", "meaning", "default"), rows) + "\n")
        if not exits:
            raise SystemExit(f"grader {name}: its help says no exit status")
        out.append(f"Exit status: {' '.join(exits.split())}\n\n")
    return "".join(out).rstrip("\n") + "\n"
