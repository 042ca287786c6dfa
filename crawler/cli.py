"""The command line: verbs, and exceptions turned into exit codes.

A verb imports what it runs: `crawler status` needs no HTTP, and `crawler run` none of the desk.
"""

import errno
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crawler import __version__
from crawler.errors import ConfigError, CrawlerError, UsageError
from crawler.policy.masking import USUAL
from crawler.verbs.importing import importing
from crawler.verbs.shell.examples import epilog

_CONFIG = click.option(
    "-c",
    "--config",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CRAWLER_CONFIG",
    show_envvar=True,
    help="The configuration, a YAML file.",
)


HOMES = {
    "add": "verbs.urls", "audit": "verbs.audit", "backup": "verbs.desk",
    "completion": "verbs.shell.completion", "doctor": "verbs.doctor.command",
    "explain": "verbs.desk", "export": "verbs.desk",
    "failures": "verbs.hosts_verbs", "fetch": "verbs.fetch.command",
    "find": "verbs.find", "forget": "verbs.urls",
    "host": "verbs.hosts_verbs", "hosts": "verbs.hosts_verbs", "man": "verbs.shell.man",
    "migrate": "verbs.migrate", "move": "verbs.move",
    "pause": "verbs.wishes.pausing", "reload": "verbs.orders", "resume": "verbs.wishes.pausing",
    "retry": "verbs.urls", "set": "verbs.wishes.setting", "status": "verbs.status_verb",
    "stop": "verbs.orders", "tail": "verbs.tail", "top": "verbs.top",
    "unset": "verbs.wishes.setting", "wake": "verbs.wishes.waking",
    "watchdog": "verbs.watchdog.command", "web": "web.command", "wishes": "verbs.wishes.listing",
}  # fmt: skip
"""The module below crawler/ of each verb that is no daemon's, which alone it loads."""


class _Verbs(click.Group):
    """The verbs below, and those of HOMES."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *HOMES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = super().get_command(ctx, cmd_name) or _desk_verb(cmd_name)
        if verb:
            verb.epilog = epilog(cmd_name)
        return verb


def _desk_verb(name: str) -> click.Command | None:
    if name not in HOMES:
        return None
    with importing():
        home = import_module(f"crawler.{HOMES[name]}")
    verbs: tuple[click.Command, ...] = home.VERBS
    return next(verb for verb in verbs if verb.name == name)


@click.group(
    cls=_Verbs,
    epilog="\b\nExample:\n  crawler demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="crawler")
def cli() -> None:
    """Fetch lists of URLs into whole files: politely, surely and fast."""


@cli.command()
@_CONFIG
@click.option("--until-done", is_flag=True, help="Exit when nothing more will ever be due.")
@click.option(
    "--new-ledger",
    is_flag=True,
    help="Begin a ledger, or take another, for files that have one.",
)
@click.option(
    "--take-over", is_flag=True, help="Take the ledger from a configuration of another name."
)
def run(file: Path, *, until_done: bool, new_ledger: bool, take_over: bool) -> int:
    """Run the daemon in the foreground, as supervisord wants it."""
    with importing():
        from crawler import config
        from crawler.daemon import process as daemon
        from crawler.daemon.disk import Start
        from crawler.daemon.service_manager import service_manager

    try:
        settings = config.load(file)
    except ConfigError as error:
        daemon.log_rejected(error)
        raise
    manager = service_manager()
    start = Start(file.absolute(), manager, new_ledger=new_ledger, take_over=take_over)
    return daemon.run(settings, start, until_done=until_done)


@cli.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files and the ledger; a new one by default.",
)
def demo(output: Path | None) -> int:
    """Start flag servers on loopback and run the daemon against them."""
    with importing():
        from crawler.verbs import demo as demonstration

    return demonstration.demo(output)


@cli.command()
@_CONFIG
def check(file: Path) -> int:
    """Do all that `run` does, except start: print the plan, or everything that is wrong."""
    with importing():
        from crawler import config
        from crawler.policy import masking
        from crawler.verbs import check as plan
        from crawler.verbs.words import print_lines

    settings = config.load(file)
    mask = masking.Mask(settings.crawler.redact_query)
    plans = plan.plan(settings)
    print_lines(plan.printed(settings, plans), mask)
    bad = list(plan.bad_lines(plans))
    print_lines(bad, mask, err=True)
    return 2 if bad else 0


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    with importing():
        from crawler import config

    click.echo(json.dumps(config.schema(), indent=2))


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
    from crawler.verbs.desk_options import discard_output

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

    with suppress(OSError):
        click.echo("\n".join(map(printable, USUAL(text).split("\n"))), err=True)
