"""`grader serve`: the students' self-check, and the desk, as web pages."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from grader.commands.common import AssignmentOption, fail, one_of

if TYPE_CHECKING:
    from grader.web.checking import Grade
    from grader.web.settings import Settings

_WORKERS: Final = 2


def serve_command(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; the default is this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    grades: Annotated[
        Path | None,
        typer.Option(
            "--grades", help="A folder that grader grade wrote into: opens the desk. Without it students only."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="File with the token for the desk; without it one is made and shown once."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=256, help="Checks that run at a time (default: 2, or the cluster's)."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", help="Address of a Dask scheduler whose workers grade instead of this machine."),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="A name the server is reached under from elsewhere; may be repeated."),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option("--proxy", help="Address of a proxy in front, which is believed who asks and by https."),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Language of who asks for none: en or fr.")] = None,
    assignment: AssignmentOption = None,
) -> None:
    """Serve a page on which students check their work, and (with --grades) the desk for who marks.

    Exit status: 0 stopped in order; 2 usage, a port in use, a missing extra.
    """
    if lang is not None:
        one_of("--lang", lang, "en", "fr")
    if proxy is not None:
        try:
            ipaddress.ip_address(proxy)
        except ValueError:
            fail(f"--proxy {proxy}: the address of one proxy is needed", 2)
    if token_file is not None and grades is None:
        fail("--token-file is for the desk, which --grades DIR opens", 2)
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        fail(f"the web pages need more ({error.name} is missing): pip install 'homework-grader[web]'", 2)
    from grader.commands.pages import refresh_pages
    from grader.errors import OperatorError
    from grader.gradebook import Gradebook
    from grader.web.serve import listen, serve
    from grader.web.settings import LOOPBACK, Settings

    token = "" if grades is None else _token(token_file)
    hosts = (*LOOPBACK, _bracketed(host), socket.gethostname(), *(names or ()))
    try:
        with listen(host, port) as sock, _grading(cluster, assignment) as (grade, width):
            settings = Settings(token, grades, workers or width, assignment, lang or "", hosts, grade)
            url = f"http://{_reached(host)}:{sock.getsockname()[1]}"
            serve(
                settings,
                sock,
                proxy=proxy,
                ready=lambda: _say(settings, url, made=token_file is None, alone=_alone(host)),
            )
        if grades is not None:
            with Gradebook.open(grades) as book:
                refresh_pages(book, grades)  # what was decided meanwhile
    except OperatorError as error:
        fail(str(error), 2)


@contextmanager
def _grading(cluster: str | None, assignment: Path | None) -> Iterator[tuple[Grade, int]]:
    """How checks are graded, and how many at a time unless somebody says otherwise. Raises OperatorError."""
    from grader.web.checking import grade_here

    if cluster is None:
        yield grade_here, _WORKERS
        return
    from grader.web.clustered import on_cluster

    with on_cluster(cluster, assignment) as found:
        yield found


def _say(settings: Settings, url: str, *, made: bool, alone: bool) -> None:
    typer.echo(f"students: {url}/")
    if settings.grades is not None:
        typer.echo(f"desk:     {url}/desk/login{f'#token={settings.token}' if made else ''}")
    if not alone and settings.grades is not None:
        typer.echo(
            "grader: others can reach this server, and without https they can read what is sent: put a proxy with https before it",
            err=True,
        )
    typer.echo("Ctrl-C stops", err=True)


def _token(path: Path | None) -> str:
    """The token of the file, or a new one."""
    if path is None:
        return secrets.token_urlsafe(24)
    from grader.web.limits import TOKEN_LENGTH

    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'no UTF-8'})", 2)
    if len(token) < TOKEN_LENGTH or len(token.split()) != 1:
        fail(f"{path}: a token is one word of at least {TOKEN_LENGTH} characters", 2)
    return token


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _reached(host: str) -> str:
    """What to call a server in an address: one that listens everywhere has the machine's name."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else _bracketed(host)


def _alone(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
