"""The verb `completion`: what a shell runs to complete the verbs, their options and values."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_verb(ctx: click.Context, /, *, shell: str) -> None:
    """Print what a shell needs to complete this command line; it asks `crawler` for each word.

    bash: source it in ~/.bashrc. zsh: have it in a file `_crawler` of the fpath. fish: have it in
    ~/.config/fish/completions/crawler.fish.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    click.echo(kind(root, {}, "crawler", "_CRAWLER_COMPLETE").source())


VERBS: tuple[click.Command, ...] = (completion_verb,)
