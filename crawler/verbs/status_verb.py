"""The verb `status` of the command line, for people, for programs and for monitors."""

from contextlib import suppress

import click

from crawler.config.quantities import size as size_of
from crawler.errors import CrawlerError
from crawler.log import printable
from crawler.verbs import status
from crawler.verbs.answer import Answer, answering
from crawler.verbs.desk_options import Span, verb_that_asks
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.status.check import Health, Thresholds, checked, document, unknown


class _Share(click.ParamType[float]):
    """A share as operators write it: 10%."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = str(value).removesuffix("%")
        if not number.replace(".", "", 1).isdigit() or not 0 <= float(number) <= 100:
            self.fail(f"{value!r} is no share; write it as 10%", param, ctx)
        return float(number) / 100


class _Size(click.ParamType[int]):
    """A size as operators write it: 1GB."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        try:
            return int(size_of(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _UntoldError(click.UsageError):
    """A wrong command line of a check, which then cannot tell."""

    exit_code = int(Health.UNKNOWN)


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
                click.echo(printable(unknown(str(error))))
            return int(Health.UNKNOWN)


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
    "--max-failing", type=_Share(), default="10%", show_default=True,
    help="With --check: the share of the hosts that may fail.",
)  # fmt: skip
@click.option(
    "--min-room", type=_Size(), default="1GB", show_default=True,
    help="With --check: what is to be free on the disks of the ledger and of the files.",
)  # fmt: skip
@click.option(
    "--processes", type=click.IntRange(1), default=1, show_default=True,
    help="With --check: how many processes are to live.",
)  # fmt: skip
def status_verb(
    ledger: Ledger,
    *,
    check: bool,
    max_silence: float,
    max_failing: float,
    min_room: int,
    processes: int,
) -> Answer:
    """Show how the crawler is: processes, jobs, rates, hosts, and why it is idle if it is."""
    with opened_by(ledger, acts=False) as desk:
        found = status.look(desk, ledger)
    if check:
        most = Thresholds(max_silence, max_failing, min_room, processes)
        health, line = checked(found, most)
        told = {"exit": int(health), "line": line, **document(found, most)}
        return Answer([line], lambda: told, code=int(health))
    return Answer(status.lines(found, ledger), lambda: status.document(found, ledger))


VERBS: tuple[click.Command, ...] = (status_verb,)
