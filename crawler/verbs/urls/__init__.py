"""The verbs for single URLs and the URLs of a choice: retry, add, forget."""

import click

from crawler.verbs.urls.adding import add_verb
from crawler.verbs.urls.forgetting import forget_verb
from crawler.verbs.urls.retrying import retry_verb

VERBS: tuple[click.Command, ...] = (retry_verb, add_verb, forget_verb)
