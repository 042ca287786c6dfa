"""Single URLs and the URLs of a choice: retry, add, forget."""

import click

from crawler.verbs.commands.declaring import answered_by, does, verb_of, verb_of_configuration
from crawler.verbs.commands.options import DRY_RUN, JSON, Span, choosing_urls

STANDARD_INPUT = "-"
"""The URL that stands for those of standard input."""
AT_ONCE = 500
"""URLs of one batch at the most."""


@click.command("retry")
@verb_of
@answered_by("verbs.urls.retrying:retry")
@click.argument("urls", nargs=-1, metavar="[URL…]")
@choosing_urls
@DRY_RUN
@JSON
@does("verbs.urls.retrying:retry_typed")
def retry_verb() -> None:
    """Make URLs due now, with all their attempts: what was given up, and what waits after failures.

    A URL that is named is due whatever its last visit was; `-` reads them from standard input. A
    host that rests is not visited any sooner by it: it is told, and `crawler wake` ends that.
    """


@click.command("add")
@verb_of_configuration
@answered_by("verbs.urls.adding:add")
@click.option("--job", "name", required=True, help="The job that is to visit them.")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@DRY_RUN
@JSON
@does("verbs.urls.adding:add_typed")
def add_verb() -> None:
    """Make URLs known to a job, and due now, that stand on none of its lists.

    They stay until `crawler forget URL`, whatever its lists say. `-` reads one URL a line from
    standard input. Bad ones are told, and the others are added; the exit code is 2 then.
    """


@click.command("forget")
@verb_of
@answered_by("verbs.urls.forgetting:forget")
@click.argument("urls", nargs=-1, metavar="[URL…]")
@click.option("--retired", is_flag=True, help="What no list of the configuration names any more.")
@click.option("--older-than", "age", type=Span(), help="Last heard of before 90d, 12h …")
@click.option("--job", help="Of this job; with URLs.")
@click.option("--files", is_flag=True, help="And their files, with the older versions.")
@click.option("--cookies", metavar="JOB", help="All that a job keeps; --dry-run lists them.")
@DRY_RUN
@JSON
@does("verbs.urls.forgetting:forget_typed")
def forget_verb() -> None:
    """Remove URLs from the ledger: retired ones, and those of jobs that are gone.

    Or those that are named (`-`: by standard input), unless a list names them: that would bring
    them back. Their files stay, unless --files is given with --retired.
    """


VERBS: tuple[click.Command, ...] = (retry_verb, add_verb, forget_verb)
