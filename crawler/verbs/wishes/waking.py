"""`crawler wake`: it is repaired, go on."""

from collections import Counter
from collections.abc import Iterator

from crawler.frontier import InFlight, changed
from crawler.frontier.wishes import Scope, Subject, WakeHost
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls import resting
from crawler.verbs.wishes.standing import hearers, wait
from crawler.verbs.words import counted


def wake(ledger: Ledger, *, hosts: tuple[str, ...], force: bool, waits: bool, dry: bool) -> Answer:
    """Do what `crawler wake` says; its options are in `crawler/verbs/commands/`."""
    if dry:
        return _would(ledger, hosts)
    with opened_by(ledger, acts=True, write=True) as desk:
        for host in hosts:
            desk.entry(InFlight(Subject(Scope.HOST, host)))  # all are known, or none is woken
        came = {host: changed(desk, WakeHost(host, force)) for host in dict.fromkeys(hosts)}
        found = wait(desk) if waits else hearers(desk)
        now = desk.now()
        left = [] if force else resting.by_own_word(resting.of_names(desk, came), now)
    told = {
        "woken": [{"host": host, **came[host]} for host in came],
        "resting": resting.document(left, now),
        **found.document(),
    }
    lines = [*_lines(came), *resting.lines(left, now), found.in_words()]
    return Answer(lines, lambda: told, code=int(not (found.heard or found.others)))


def _would(ledger: Ledger, hosts: tuple[str, ...]) -> Answer:
    """Tell which of the hosts rest, and what would end that."""
    with opened_by(ledger, acts=False) as desk:
        for host in hosts:
            desk.entry(InFlight(Subject(Scope.HOST, host)))
        now = desk.now()
        found = resting.resting(resting.of_names(desk, hosts), now)
    lines = resting.lines(found, now) if found else ["no such host rests"]
    return Answer(lines, lambda: {"resting": resting.document(found, now)})


def _lines(woken: dict[str, "Counter[str]"]) -> Iterator[str]:
    for host, sums in woken.items():
        came = f", {counted(sums['urls'], 'URL')} came forward" if sums["urls"] else ""
        yield f"{host} is woken{came}"
