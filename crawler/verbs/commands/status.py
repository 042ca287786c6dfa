"""How the crawler is, for people, for programs and for monitors: status."""

from contextlib import suppress

import click

from crawler.errors import CrawlerError
from crawler.verbs.commands.declaring import answering, does, loaded, verb_that_asks
from crawler.verbs.commands.options import Share, Size, Span

CANNOT_TELL = 3
"""Exit code of a check that cannot tell."""


class _UntoldError(click.UsageError):
    """A wrong command line of a check, which then cannot tell."""

    exit_code = CANNOT_TELL


class _Checking(click.Command):
    """A command that ends with 3 where a check cannot tell, whatever the reason."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        checks = "--check" in args
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if checks:
                raise _UntoldError(error.message, error.ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (CrawlerError, OSError) as error:
            if not ctx.params["check"]:
                raise
            with suppress(OSError):  # of a full disk that the answer is written to
                told = loaded("verbs.status.check:unknown")(str(error))
                click.echo(loaded("log.values:printable")(told))
            return CANNOT_TELL


@click.command("status", cls=_Checking)
@verb_that_asks
@answering
@click.option(
    "--check", is_flag=True,
    help="One line for monitors; exit with 0 well, 1 degraded, 2 down or stale, 3 cannot tell.",
)  # fmt: skip
@click.option(
    "--max-silence", type=Span(), default="60s", show_default=True,
    help="With --check: how long nothing may be heard of a process.",
)  # fmt: skip
@click.option(
    "--max-failing", type=Share(), default="10%", show_default=True,
    help="With --check: the share of the hosts that may fail.",
)  # fmt: skip
@click.option(
    "--min-room", type=Size(), default="1GB", show_default=True,
    help="With --check: what is to be free on the disks of the ledger and of the files.",
)  # fmt: skip
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True,
    help="With --check: how many processes are to live.",
)  # fmt: skip
@does("verbs.status_verb:show_status")
def status_verb() -> None:
    """Show how the crawler is: processes, jobs, rates, hosts, and why it is idle if it is."""


VERBS: tuple[click.Command, ...] = (status_verb,)
