"""Who watches: top, tail, watchdog."""

from pathlib import Path

import click

from crawler.model import Kind
from crawler.verbs.commands.declaring import does, quietly, verb_that_asks
from crawler.verbs.commands.options import Host, Span

VISIT_ORDERS = ("age", "bytes", "speed", "host")
"""By what visits are sorted; the greatest first, hosts by their names."""
LAST = 10
"""Lines with which following begins."""


@click.command("top")
@verb_that_asks
@click.option(
    "--interval", type=Span(), default="1s", show_default=True, help="Time between two looks."
)
@click.option("--sort", "order", type=click.Choice(VISIT_ORDERS), default="age", show_default=True,
              help="Order of the visits; s changes it.")  # fmt: skip
@click.option(
    "--once", is_flag=True, help="Print once, as soon as processes have told what is in flight."
)
@click.option(
    "--stacks", is_flag=True,
    help="Have the processes of this machine write the stacks of all that they do, and end.",
)  # fmt: skip
@does("verbs.top.command:top")
def top_verb() -> None:
    """Show the crawler live: processes, rates, failing hosts and the visits under way.

    q quits; s sorts the visits by age, bytes, speed or host, h the failing hosts; p pauses a host,
    a job or all, r resumes; the space bar holds the screen still.
    """


@click.command("tail")
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come, over rotations.")
@click.option(
    "-n", "--lines", "last", type=click.IntRange(0), metavar="N",
    help=f"Only the last N; all, or {LAST} with -f, if it is not said.",
)  # fmt: skip
@click.option("--failed", is_flag=True, help="Only visits that failed, warnings and errors.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([kind.value for kind in Kind]),
    help="Only visits that ended so; may be given again.",
)  # fmt: skip
@click.option("--host", type=Host(), help="Only of this host: example.org, or example.org:8080.")
@click.option("--job", help="Only of this job.")
@click.option(
    "-c", "--config", "file", type=click.Path(path_type=Path, dir_okay=False),
    envvar="CRAWLER_CONFIG", show_envvar=True, help="The configuration, for its log.file.",
)  # fmt: skip
@click.argument("files", metavar="[FILE… | -]", nargs=-1)
@quietly
@does("verbs.tail:tail")
def tail_verb() -> None:
    """Show logs of the daemon, merged by time, one readable line each; `-` is standard input.

    Without a FILE it is the `log.file` of the configuration.
    """


@click.command("watchdog")
@verb_that_asks
@click.option(
    "--socket", "place", type=click.Path(path_type=Path), envvar="NOTIFY_SOCKET", required=True,
    show_envvar=True, help="Where processes say that they are alive: their NOTIFY_SOCKET.",
)  # fmt: skip
@click.option(
    "--group", "groups", multiple=True, default=("crawler",), show_default=True,
    help="Their program in supervisord.conf; may be given again.",
)  # fmt: skip
@click.option(
    "--max-silence", type=Span(least=1.0), default="60s", show_default=True,
    help="For how long a process may give no sign of life.",
)  # fmt: skip
@click.option(
    "--patience", type=Span(), default="2m", show_default=True,
    help="How long a process is watched that gives none, before it is started anew.",
)  # fmt: skip
@does("verbs.watchdog.command:watchdog")
def watchdog_verb() -> None:
    """Have processes started anew that hang: an event listener of supervisord."""


VERBS: tuple[click.Command, ...] = (top_verb, tail_verb, watchdog_verb)
