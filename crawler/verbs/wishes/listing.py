"""`crawler wishes`: all that stands, and who wished it."""

from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import hearers, standing
from crawler.verbs.wishes.words import document, in_words


def list_wishes(ledger: Ledger) -> Answer:
    """Do what `crawler wishes` says; its options are in `crawler/verbs/commands/`."""
    with opened_by(ledger, acts=False) as desk:
        found, now, heard = standing(desk), desk.now(), hearers(desk)
    lines = [in_words(wish, now) for wish in found] or ["nothing is wished"]
    if found and heard.others:
        lines.append(heard.in_words())
    told = {"wishes": [document(wish) for wish in found], **heard.document()}
    return Answer(lines, lambda: told)
