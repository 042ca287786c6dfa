"""The verbs by which an operator wishes: what stands until it is taken back."""

import click

from crawler.verbs.wishes.listing import wishes_verb
from crawler.verbs.wishes.pausing import pause_verb, resume_verb
from crawler.verbs.wishes.setting import set_verb, unset_verb
from crawler.verbs.wishes.waking import wake_verb

VERBS: tuple[click.Command, ...] = (
    pause_verb,
    resume_verb,
    wake_verb,
    set_verb,
    unset_verb,
    wishes_verb,
)
