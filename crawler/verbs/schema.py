"""The verb `schema`: the configuration, as editors want to know it."""

import json

import click

from crawler import config


def schema() -> None:
    """Print the JSON Schema of the configuration."""
    click.echo(json.dumps(config.schema(), indent=2))
