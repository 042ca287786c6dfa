"""`crawler wishes`: all that stands, and who wished it."""

import click

from crawler.verbs.desk_options import JSON, verb_that_asks
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import hearers, standing
from crawler.verbs.wishes.words import document, in_words
from crawler.verbs.words import as_json, print_lines


@click.command("wishes")
@verb_that_asks
@JSON
def wishes_verb(ledger: Ledger, *, as_json_: bool) -> None:
    """List what operators wish and have not taken back: since when, until when, and why."""
    with opened_by(ledger, acts=False) as desk:
        found, now, heard = standing(desk), desk.now(), hearers(desk)
    if as_json_:
        return click.echo(
            as_json(
                {"wishes": [document(wish) for wish in found], **heard.document()},
                ledger.mask,
                indent=2,
            )
        )
    lines = [in_words(wish, now) for wish in found] or ["nothing is wished"]
    if found and heard.others:
        lines.append(heard.in_words())
    return print_lines(lines, ledger.mask)


VERBS: tuple[click.Command, ...] = (wishes_verb,)
