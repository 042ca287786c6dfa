"""The verb `status` of the command line, for people, for programs and for monitors."""

from crawler.verbs import status
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.status.check import Thresholds, checked, document


def show_status(
    ledger: Ledger,
    *,
    check: bool,
    max_silence: float,
    max_failing: float,
    min_room: int,
    processes: int,
) -> Answer:
    """Do what `crawler status` says; its options are in `crawler/verbs/commands/`."""
    with opened_by(ledger, acts=False) as desk:
        found = status.look(desk, ledger)
    if check:
        most = Thresholds(max_silence, max_failing, min_room, processes)
        health, line = checked(found, most)
        told = {"exit": int(health), "line": line, **document(found, most)}
        return Answer([line], lambda: told, code=int(health))
    return Answer(status.lines(found, ledger), lambda: status.document(found, ledger))
