"""`crawler demo`: three flag servers on loopback, and the real daemon on config/demo.yaml.

The daemon runs as under supervisord, as a process with a command line alone; the sums are read from
its log.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click
from tqdm import tqdm

from crawler.errors import CrawlerError
from crawler.log import Readable, moves_cursor, takes_colours, width_of
from crawler.policy.retry import KINDS
from crawler.verbs.flag_servers import COUNTRIES, FlagServer
from crawler.verbs.words import WORDS

TEMPERS = ("local", "delay", "error")


def demo(output: Path | None) -> int:
    """Run the demonstration; return the daemon's exit code, or 1 if somebody interrupted it."""
    folder = (output or Path(tempfile.mkdtemp(prefix="crawler-demo-"))).absolute()
    with ExitStack() as stack:
        servers = {temper: stack.enter_context(FlagServer(temper)) for temper in TEMPERS}
        for temper, server in servers.items():
            click.echo(f"{temper.upper():6} {server.url}/flags/cc/cc.gif")
        places = {f"DEMO_{temper.upper()}": server.url for temper, server in servers.items()}
        environment = {**os.environ, **places, "DEMO_FOLDER": str(folder)}
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the daemon, which drains
        command = [sys.executable, "-m", "crawler", "run", "-c", str(config_file()), "--until-done"]
        click.echo(f"$ crawler {' '.join(command[3:])}\n")
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as daemon:  # noqa: S603
            interrupts: list[int] = []
            signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
            assert daemon.stdout is not None
            sums = _follow(daemon.stdout)
    _print_sums(sums, folder)
    return daemon.returncode or int(bool(interrupts))


def config_file() -> Path:
    """Return config/demo.yaml of the checkout, or of the installation.

    Raises:
        CrawlerError: neither has it.
    """
    homes = (Path(__file__).parents[2], Path(sysconfig.get_path("data"), "share", "crawlerd"))
    for home in homes:
        if (file := home / "config" / "demo.yaml").is_file():
            return file
    raise CrawlerError(
        "config/demo.yaml is missing; install crawlerd again, or run from a checkout"
    )


def _follow(stdout: IO[bytes]) -> Counter[tuple[str, str]]:
    """Show a bar that follows the visits in the daemon's log; return the sums by job and word."""
    sums: Counter[tuple[str, str]] = Counter()
    total = len(COUNTRIES) * len(TEMPERS)
    tqdm.monitor_interval = 0
    quiet = not moves_cursor(sys.stderr.fileno())
    with tqdm(total=total, unit=" URL", disable=quiet, dynamic_ncols=True, leave=False) as bar:
        for visit in _visits(stdout):
            if visit["verdict"] in {"done", "dead"}:
                done = visit["verdict"] == "done"
                sums[visit["job"], "ok" if done else KINDS[visit["kind"]].word] += 1
                bar.update()
    return sums


def _visits(stdout: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the visits of a log; other lines that somebody should read go above the bar."""
    terminal = sys.stderr.fileno()
    readable = Readable(colours=takes_colours(terminal))
    for line in stdout:
        record = json.loads(line)
        if record["event"] == "visit":
            yield record
        elif record["level"] in {"warning", "error"}:
            tqdm.write(readable.line(record, width_of(terminal)), file=sys.stderr)


def _print_sums(sums: Counter[tuple[str, str]], folder: Path) -> None:
    click.echo(f"{'':6} {'ok':>9} {'not found':>9} {'error':>9}")
    for temper in TEMPERS:
        click.echo(" ".join([f"{temper:6}", *(f"{sums[temper, word]:>9}" for word in WORDS)]))
    click.echo(f"\nThe files lie in {folder / 'files'}, the ledger is {folder / 'crawler.sqlite'}.")
