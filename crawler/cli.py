"""The command line: verbs, and exceptions turned into exit codes."""

import json
import sys
from pathlib import Path

import click

from crawler import __version__, app, config
from crawler.errors import CrawlerError

_CONFIG = click.option(
    "-c",
    "--config",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration, a YAML file.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crawler")
def cli() -> None:
    """Fetch lists of URLs into whole files: politely, surely and fast."""


@cli.command()
@_CONFIG
@click.option("--until-done", is_flag=True, help="Exit when nothing more will ever be due.")
def run(file: Path, *, until_done: bool) -> int:
    """Run the daemon in the foreground, as supervisord wants it."""
    return app.run(config.load(file), until_done=until_done)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    click.echo(json.dumps(config.schema(), indent=2))


def main() -> None:
    """Run the command line; an error of the operator's is a message, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 1
    except CrawlerError as error:
        click.echo(f"crawler: {error}" if error.exit_code != 2 else str(error), err=True)  # noqa: PLR2004
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)
