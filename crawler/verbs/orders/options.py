"""The options that the verbs of orders share."""

import click

PROCESS = click.option(
    "--process", "only", type=int, metavar="N",
    help="Only the process of this pid, or of this number in the log.",
)  # fmt: skip
