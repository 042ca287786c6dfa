"""`crawler wishes`: all that stands, and who wished it."""

import click

from crawler.verbs.answer import Answer, answering
from crawler.verbs.desk_options import verb_that_asks
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import hearers, standing
from crawler.verbs.wishes.words import document, in_words


@click.command("wishes")
@verb_that_asks
@answering
def wishes_verb(ledger: Ledger) -> Answer:
    """List what operators wish and have not taken back: since when, until when, and why."""
    with opened_by(ledger, acts=False) as desk:
        found, now, heard = standing(desk), desk.now(), hearers(desk)
    lines = [in_words(wish, now) for wish in found] or ["nothing is wished"]
    if found and heard.others:
        lines.append(heard.in_words())
    told = {"wishes": [document(wish) for wish in found], **heard.document()}
    return Answer(lines, lambda: told)


VERBS: tuple[click.Command, ...] = (wishes_verb,)
