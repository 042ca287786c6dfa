"""The verb `completion`: what a shell runs to complete the verbs, their options and values."""

import click
from click.shell_completion import get_completion_class


def completion(ctx: click.Context, /, *, shell: str) -> None:
    """Do what `crawler completion` says; its options are in `crawler/verbs/commands/`."""
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    click.echo(kind(root, {}, "crawler", "_CRAWLER_COMPLETE").source())
