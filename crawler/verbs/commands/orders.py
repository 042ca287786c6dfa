"""What processes are told once: reload, stop."""

import click

from crawler.verbs.commands.declaring import answering, does, verb_of
from crawler.verbs.commands.options import DRY_RUN

_PROCESS = click.option(
    "--process", "only", type=int, metavar="N",
    help="Only the process of this pid, or of this number in the log.",
)  # fmt: skip


@click.command("reload")
@verb_of
@answering
@_PROCESS
@click.option("--dry-run", is_flag=True, help="Only tell what it would change.")
@click.option("--wait", "waits", is_flag=True, help="Return when it is in force; say what changed.")
@click.option(
    "--believe", "job", metavar="JOB",
    help="Its lists lost so many URLs that nothing was removed; that is right.",
)  # fmt: skip
@does("verbs.orders.reloading:reload")
def reload_verb() -> None:
    """Have every process read its configuration again. Exit with 1 if there is none.

    Processes of this machine get a signal, those of others are told by the ledger.
    """


@click.command("stop")
@verb_of
@answering
@_PROCESS
@click.option("--wait", "waits", is_flag=True, help="Return when the processes have ended.")
@DRY_RUN
@does("verbs.orders.stopping:stop")
def stop_verb() -> None:
    """Have every process drain and exit; a second time forces it. Exit with 1 if there is none.

    Processes of this machine get a signal, those of others are told by the ledger.
    """


VERBS: tuple[click.Command, ...] = (reload_verb, stop_verb)
