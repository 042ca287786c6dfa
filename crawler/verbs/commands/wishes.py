"""What operators wish of the running crawler: pause, resume, wake, set, unset, wishes."""

import click

from crawler.verbs.commands.declaring import (
    answering,
    does,
    verb_of,
    verb_of_configuration,
    verb_that_asks,
)
from crawler.verbs.commands.options import DRY_RUN, Host, Span, about


@click.command("pause")
@verb_of
@answering
@about
@click.option(
    "--for", "lasts", type=Span(least=1.0), help="Only for 1h, 30m, 2d …; then it goes on."
)
@click.option("--why", metavar="TEXT", help="For others who wonder: it is shown where it acts.")
@click.option("--wait", "waits", is_flag=True, help="Return when the visits under way have ended.")
@DRY_RUN
@does("verbs.wishes.pausing:pause")
def pause_verb() -> None:
    """Begin no visit any more: of a host, of a job, or at all. Visits under way end.

    It stands until `crawler resume`, over restarts too. Lists are read meanwhile.
    """


@click.command("resume")
@verb_of
@answering
@about
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@DRY_RUN
@does("verbs.wishes.pausing:resume")
def resume_verb() -> None:
    """Take back what `pause` said; exit with 1 if it was not paused."""


@click.command("wake")
@verb_of
@answering
@click.argument("hosts", type=Host(), nargs=-1, required=True, metavar="HOST…")
@click.option(
    "--force", is_flag=True, help="What the host asked for itself (Retry-After) ends too."
)
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@DRY_RUN
@does("verbs.wishes.waking:wake")
def wake_verb() -> None:
    """End the rests that failures brought upon a host: it is repaired, go on.

    URLs that wait for nothing else are due now. HOST is example.org or example.org:8080. Its delay,
    hours and budget hold on. Exit with 1 if no daemon is there to visit it.
    """


@click.command("wishes")
@verb_that_asks
@answering
@does("verbs.wishes.listing:list_wishes")
def wishes_verb() -> None:
    """List what operators wish and have not taken back: since when, until when, and why."""


@click.command("set")
@verb_of_configuration
@answering
@about
@click.argument("options", nargs=-1, required=True, metavar="OPTION=VALUE…")
@click.option(
    "--for", "lasts", type=Span(least=1.0), help="Only for 1h, 30m, 2d …; then it is as before."
)
@click.option("--why", metavar="TEXT", help="For others who wonder: it is shown where it acts.")
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@DRY_RUN
@does("verbs.wishes.setting:set_options")
def set_verb() -> None:
    """Set options of the running crawler: of a host, of a job, or for all; old and new are told.

    It stands above the file in every process, over restarts and reloads, until `crawler unset`.
    Options are written as in the file: delay=5s, timeout.read=1m, concurrency=128.
    """


@click.command("unset")
@verb_of
@answering
@about
@click.argument("options", nargs=-1, required=True, metavar="OPTION…")
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@does("verbs.wishes.setting:unset_options")
def unset_verb() -> None:
    """Take back what `set` said: the file counts again. Exit with 1 if nothing was set."""


VERBS: tuple[click.Command, ...] = (
    pause_verb, resume_verb, wake_verb, wishes_verb, set_verb, unset_verb,
)  # fmt: skip
