"""Files and their URLs: audit, find."""

import click

from crawler.verbs.commands.declaring import answering, does, verb_of_configuration
from crawler.verbs.commands.options import JSON


@click.command("audit")
@verb_of_configuration
@click.option("--job", help="The files of this job alone.")
@click.option("--fix", is_flag=True, help="Make URLs due whose files are gone, short or different.")
@click.option("--rename", is_flag=True, help="Give files the names that `path` says today.")
@click.option("--orphans", is_flag=True, help="List the files that no URL of the ledger has.")
@click.option(
    "--adopt",
    "adopts",
    is_flag=True,
    help="Take newer files for what they are: the ledger was restored from a backup.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Change nothing; tell what would be done.")
@JSON
@does("verbs.audit:audit")
def audit_verb() -> None:
    """Compare files with size and digest of the ledger; exit with 1 if one is not as it should be.

    A daemon may be at work: what it visits is left alone. `crawler audit --fix` after a power cut
    under `durability: relaxed` fetches again what that cost.
    """


@click.command("find")
@verb_of_configuration
@answering
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@does("verbs.find:find")
def find_verb() -> None:
    """Show which URL a file is from, since when, and whether it is whole.

    A PATH is one of this folder, or below the output folder. Exit with 1 if one is nobody's file,
    or is not as it was stored.
    """


VERBS: tuple[click.Command, ...] = (audit_verb, find_verb)
