"""The daemon, as it is started, and what is looked at before: run, demo, check, schema, doctor."""

from pathlib import Path

import click

from crawler.verbs.commands.declaring import does, verb_of_configuration
from crawler.verbs.commands.options import JSON

_CONFIG = click.option(
    "-c", "--config", "file", required=True, type=click.Path(path_type=Path, dir_okay=False),
    envvar="CRAWLER_CONFIG", show_envvar=True, help="The configuration, a YAML file.",
)  # fmt: skip


@click.command("run")
@_CONFIG
@click.option("--until-done", is_flag=True, help="Exit when nothing more will ever be due.")
@click.option(
    "--new-ledger",
    is_flag=True,
    help="Begin a ledger, or take another, for files that have one.",
)
@click.option(
    "--take-over", is_flag=True, help="Take the ledger from a configuration of another name."
)
@does("verbs.starting:run")
def run_verb() -> None:
    """Run the daemon in the foreground, as supervisord wants it."""


@click.command("demo")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files and the ledger; a new one by default.",
)
@does("verbs.demo:demo")
def demo_verb() -> None:
    """Start flag servers on loopback and run the daemon against them."""


@click.command("check")
@_CONFIG
@does("verbs.checking:check")
def check_verb() -> None:
    """Do all that `run` does, except start: print the plan, or everything that is wrong."""


@click.command("schema")
@does("verbs.schema:schema")
def schema_verb() -> None:
    """Print the JSON Schema of the configuration, for editors."""


@click.command("doctor")
@verb_of_configuration
@click.option(
    "--supervisord", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The supervisord.conf; found beside the configuration, above it, or in /etc.",
)  # fmt: skip
@click.option("--deep", is_flag=True, help="Read all of the lists, the ledger and the output.")
@JSON
@does("verbs.doctor.command:doctor")
def doctor_verb() -> None:
    """Examine a deployment: each finding with its remedy; exit with 1 if one does harm.

    Nothing is changed. Run it as the user of the daemon.
    """


VERBS: tuple[click.Command, ...] = (
    run_verb, demo_verb, check_verb, schema_verb, doctor_verb,
)  # fmt: skip
