"""The command line: verbs, and exceptions turned into exit codes.

What declares a verb is loaded by its name, and what does it when it is done: `--help` needs neither
a configuration nor a ledger, `crawler status` no HTTP, and `crawler run` none of the desk.
"""

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crawler import __version__
from crawler.errors import CrawlerError, UsageError
from crawler.verbs.shell.examples import epilog

_VERBS = {
    "verbs.commands.daemon": "run check doctor demo schema",
    "verbs.commands.files": "audit find",
    "verbs.commands.hosts": "hosts host failures",
    "verbs.commands.ledgers": "explain export backup migrate move",
    "verbs.commands.orders": "reload stop",
    "verbs.commands.shell": "completion man",
    "verbs.commands.status": "status",
    "verbs.commands.urls": "retry add forget",
    "verbs.commands.watching": "top tail watchdog",
    "verbs.commands.wishes": "pause resume wake set unset wishes",
    "verbs.fetch.command": "fetch",
    "web.command": "web",
}
HOMES = {verb: module for module, verbs in _VERBS.items() for verb in verbs.split()}
"""The module below crawler/ that declares each verb: what a verb does is loaded when it is done."""


class _Verbs(click.Group):
    """The verbs of HOMES."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  as click has it
        return sorted(HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  likewise
        if cmd_name not in HOMES:
            return None
        verbs: tuple[click.Command, ...] = import_module(f"crawler.{HOMES[cmd_name]}").VERBS
        verb = next(verb for verb in verbs if verb.name == cmd_name)
        verb.epilog = epilog(cmd_name)
        return verb


@click.group(
    cls=_Verbs,
    epilog="\b\nExample:\n  crawler demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="crawler")
def cli() -> None:
    """Fetch lists of URLs into whole files: politely, surely and fast."""


def main() -> None:
    """Run the command line; an error of the operator's is a message, never a traceback."""
    _open_streams()
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except tuple(_TELLING) as error:
        tell = next(tell for kind, tell in _TELLING.items() if isinstance(error, kind))
        code = tell(error)
    sys.exit(code if isinstance(code, int) else 0)


def _tell_usage(error: click.ClickException) -> int:
    with suppress(OSError):
        error.show()
    return error.exit_code


def _tell_io(error: OSError) -> int:
    from crawler.verbs.commands.declaring import discard_output

    if error.errno != errno.EPIPE:
        _say(f"crawler: {error.filename or 'output'}: {error.strerror or error}")
    discard_output()
    return 1


def _tell_own(error: CrawlerError) -> int:
    _say(f"crawler: {error}" if error.exit_code != UsageError.exit_code else str(error))
    return error.exit_code


_TELLING: dict[type[Exception], Callable[[Any], int]] = {
    click.ClickException: _tell_usage,
    click.Abort: lambda _: 1,
    OSError: _tell_io,
    CrawlerError: _tell_own,
}
"""What is said of an error, and the exit code of it."""


def _open_streams() -> None:
    """Replace streams that the parent process closed, and let every text be printed."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115
        elif name != "stdin":
            stream.reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    """Print an error; text from the network in it cannot move a terminal's cursor."""
    from crawler.log.values import printable
    from crawler.policy.masking import USUAL

    with suppress(OSError):
        click.echo("\n".join(map(printable, USUAL(text).split("\n"))), err=True)
