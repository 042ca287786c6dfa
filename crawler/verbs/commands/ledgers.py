"""The ledger: explain, export, backup, migrate, move."""

from pathlib import Path

import click

from crawler.choices import STATES
from crawler.verbs.commands.declaring import answering, does, quietly, verb_of
from crawler.verbs.commands.options import JSON, State, choosing_urls

FORMATS = ("jsonl", "csv", "list")
"""Forms in which `export` prints."""


@click.command("explain")
@verb_of
@answering
@click.argument("url")
@does("verbs.desk:explain")
def explain_verb() -> None:
    """Show all that is known of a URL, and what it waits for; exit with 1 if no job knows it."""


@click.command("export")
@verb_of
@choosing_urls
@click.option(
    "--in-state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="In this state; may be given again.",
)
@click.option(
    "--format", "style", type=click.Choice(FORMATS), default="jsonl", show_default=True,
    help="csv is for spreadsheets: what looks like a formula gets an apostrophe before it.",
)  # fmt: skip
@click.option(
    "--unmasked", is_flag=True, help="With the secrets of the URLs: what is printed is one then."
)
@does("verbs.desk:export")
def export_verb() -> None:
    """Print the ledger: every URL with its last outcome."""


@click.command("backup")
@verb_of
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@does("verbs.desk:backup")
def backup_verb() -> None:
    """Write a consistent copy of the ledger to FILE, whole or not at all; the daemon goes on.

    To restore it: stop the daemon, remove the state file with its -wal and -shm, and copy FILE
    in its place.
    """


@click.command("migrate")
@verb_of
@does("verbs.migrate:migrate")
def migrate_verb() -> None:
    """Bring a ledger of an older crawler to the form of today; on a server make it if need be.

    A daemon does so at its start. This is for who starts daemons with fewer rights than it takes to
    make and change tables, or wants to know how long it takes. A stop costs little: said again, it
    goes on. No daemon may work on the ledger.
    """


@click.command("move")
@click.argument("origin", metavar="FROM", type=State())
@click.argument("target", metavar="[TO]", type=State(), required=False)
@click.option(
    "--undo", is_flag=True, help="Have FROM go on, which was moved: TO is lost, or unused."
)
@JSON
@quietly
@does("verbs.move:move_ledger")
def move_verb() -> None:
    """Move a ledger: FROM and TO are files, or URLs of PostgreSQL servers.

    No daemon may work on FROM. What broke off goes on when it is said again. Every row is compared
    with what it was copied from; then FROM is refused by daemons and by verbs that write, and
    crawler.state is to name TO. For example:

    crawler move var/state.sqlite postgresql://crawler@db.example/crawler
    """


VERBS: tuple[click.Command, ...] = (explain_verb, export_verb, backup_verb, migrate_verb, move_verb)
