"""What a shell and its users need: completion, man."""

from pathlib import Path

import click

from crawler.verbs.commands.declaring import does

SHELLS = ("bash", "zsh", "fish")


@click.command("man")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
@does("verbs.shell.man:man")
def man_verb() -> None:
    """Write the pages of the manual to DIR: crawler(1), and one for each verb."""


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
@does("verbs.shell.completion:completion")
def completion_verb() -> None:
    """Print what a shell needs to complete this command line; it asks `crawler` for each word.

    bash: source it in ~/.bashrc. zsh: have it in a file `_crawler` of the fpath. fish: have it in
    ~/.config/fish/completions/crawler.fish.
    """


VERBS: tuple[click.Command, ...] = (man_verb, completion_verb)
