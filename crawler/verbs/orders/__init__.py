"""The verbs that tell processes something once: stop, and reload."""

import click

from crawler.verbs.orders.reloading import reload_verb
from crawler.verbs.orders.stopping import stop_verb

VERBS: tuple[click.Command, ...] = (stop_verb, reload_verb)
