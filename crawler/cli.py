"""The command line: verbs, and exceptions turned into exit codes.

A verb imports what it runs: `crawler status` needs no HTTP, and `crawler run` none of the desk.
"""

import errno
import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from crawler import __version__
from crawler.errors import ConfigError, CrawlerError, UsageError
from crawler.policy import naming

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


class _Verbs(click.Group):
    """The verbs below, and those of the desk."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_desk()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _desk().get(cmd_name)


@contextmanager
def _importing() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported stays, and a tenth of a start goes by."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _desk() -> dict[str, click.Command]:
    with _importing():
        from crawler.verbs import desk

    return {str(verb.name): verb for verb in desk.VERBS}


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="crawler")
def cli() -> None:
    """Fetch lists of URLs into whole files: politely, surely and fast."""


@cli.command()
@_CONFIG
@click.option("--until-done", is_flag=True, help="Exit when nothing more will ever be due.")
def run(file: Path, *, until_done: bool) -> int:
    """Run the daemon in the foreground, as supervisord wants it."""
    with _importing():
        from crawler import config
        from crawler.daemon import process as daemon

    try:
        settings = config.load(file)
    except ConfigError as error:
        daemon.log_rejected(error)
        raise
    return daemon.run(settings, file, until_done=until_done)


@cli.command()
@click.argument("urls", nargs=-1)
@click.option(
    "-i",
    "--input-file",
    type=click.Path(path_type=Path),
    help="Read URLs from a file; - is standard input.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the files; here by default.",
)
@click.option(
    "-m",
    "--max-req",
    type=click.IntRange(1, 20_000),
    default=64,
    show_default=True,
    help="Greenlets fetching at once.",
)
@click.option(
    "-l", "--limit", type=click.IntRange(1), help="Stop after the first N URLs of the lists."
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A ledger that is kept: what an earlier run stored is skipped.",
)
@click.option("-v", "--verbose", is_flag=True, help="A line for every URL instead of the bar.")
@click.option(
    "--json", "as_json", is_flag=True, help="A JSON object for every URL on standard output."
)
@click.option(
    "--path",
    default=naming.DEFAULT_TEMPLATE,
    show_default=True,
    help="Naming template of the files.",
)
@click.option(
    "--delay",
    default="0",
    show_default=True,
    help="Rest of a host between two visits, as in 500ms.",
)
@click.option(
    "--robots",
    type=click.Choice(["ignore", "obey"]),
    default="ignore",
    show_default=True,
    help="Whether robots.txt is obeyed.",
)
@click.option(
    "--attempts",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Visits before a URL is given up.",
)
@click.option("--timeout", default="10m", show_default=True, help="Longest time of one visit.")
@click.option("--max-size", default="1GiB", show_default=True, help="Longest body stored.")
def fetch(
    urls: tuple[str, ...],
    input_file: Path | None,
    output: Path,
    max_req: int,
    limit: int | None,
    archive: Path | None,
    *,
    verbose: bool,
    as_json: bool,
    path: str,
    delay: str,
    robots: str,
    attempts: int,
    timeout: str,
    max_size: str,
) -> int:
    """Fetch URLs now, without a daemon: one shot, a progress bar, a report.

    URLs may hold curl's globs: {cn,in,us}, [001-100], [a-z].
    """
    if not urls and input_file is None:
        raise click.UsageError("name URLs, or a list of them with -i")
    with _importing():
        from crawler.verbs import fetch as oneshot
        from crawler.verbs.report import Report

    options = {
        "path": path,
        "delay": "0s" if delay == "0" else delay,
        "robots": robots,
        "attempts": attempts,
        "max_backoff": "1s",
        "give_up": 0,
        "timeout": {"total": timeout},
        "max_size": max_size,
    }
    report = Report("json" if as_json else "lines" if verbose else "bar")
    return oneshot.fetch(
        urls, input_file, output, options, report, max_req=max_req, limit=limit, archive=archive
    )


@cli.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files and the ledger; a new one by default.",
)
def demo(output: Path | None) -> int:
    """Start flag servers on loopback and run the daemon against them."""
    with _importing():
        from crawler.verbs import demo as demonstration

    return demonstration.demo(output)


@cli.command()
@_CONFIG
def check(file: Path) -> int:
    """Do all that `run` does, except start: print the plan, or everything that is wrong."""
    with _importing():
        from crawler import config
        from crawler.verbs import check as plan

    settings = config.load(file)
    plans = plan.plan(settings)
    for line in plan.printed(settings, plans):
        click.echo(line)
    for found in plans:
        for bad in found.bad:
            click.echo(bad, err=True)
        if found.bad_more:
            click.echo(f"{found.job.name}: {found.bad_more} more bad URLs", err=True)
    return 2 if any(found.bad for found in plans) else 0


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    with _importing():
        from crawler import config

    click.echo(json.dumps(config.schema(), indent=2))


def main() -> None:
    """Run the command line; an error of the operator's is a message, never a traceback."""
    for name in ("stdin", "stdout", "stderr"):  # closed by whoever started us
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w"))  # noqa: SIM115
        elif name != "stdin":
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 1
    except OSError as error:
        if error.errno != errno.EPIPE:
            _say(f"crawler: {error.filename or 'output'}: {error.strerror or error}")
        code = 1
    except CrawlerError as error:
        _say(f"crawler: {error}" if error.exit_code != UsageError.exit_code else str(error))
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _say(text: str) -> None:
    with suppress(OSError):
        click.echo(text, err=True)
