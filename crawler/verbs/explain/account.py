"""The account that `explain` gives of a URL in one job, for people and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from crawler.frontier import STATES, Entry
from crawler.model import Seconds
from crawler.verbs.explain.case import Case
from crawler.verbs.explain.waiting import waits_for
from crawler.verbs.record import record
from crawler.verbs.words import counted, stamp, when


def lines(case: Case) -> Iterator[str]:
    """Yield the lines about a URL in one job."""
    yield f"job {case.entry.job}"
    for label, text in _rows(case):
        yield f"  {label:<13} {text}"


def _rows(case: Case) -> Iterator[tuple[str, str]]:
    yield from _past(case.entry, case.sources, case.now)
    yield from _result(case)
    yield from _future(case)


def _past(entry: Entry, sources: Sequence[str], now: Seconds) -> Iterator[tuple[str, str]]:
    """Yield where a URL comes from, and what its visits were."""
    yield "listed", ", ".join(sources) or _unlisted(entry)
    yield "first seen", when(entry.first_seen, now) if entry.first_seen else "before this was noted"
    yield "state", STATES[entry.state]
    yield "last visit", _visit(entry, now)
    if entry.ended and entry.ended != entry.kind:
        yield "last end", entry.ended
    yield "attempts", f"{entry.attempt}" + _failures(entry)


def _result(case: Case) -> Iterator[tuple[str, str]]:
    """Yield what the visits of a URL brought."""
    entry, now = case.entry, case.now
    yield "last success", when(entry.success_at, now) if entry.success_at else "never"
    if entry.changed_at:
        yield "last change", when(entry.changed_at, now)
    if entry.path and _has_file(entry):
        yield "stored", f"{_file(case, entry.path)}, {_size(entry)}"
        if entry.final_location:
            yield "came from", entry.final_location
    if entry.location:
        yield "leads to", entry.location


def _size(entry: Entry) -> str:
    unverified = " (unverified: nothing said where it ends)" if entry.unverified else ""
    said = f", {entry.media_type}" if entry.media_type else ""
    charset = f" in {entry.charset}" if entry.charset else ""
    return f"{entry.size or 0:,} bytes{said}{charset}{unverified}"


def _has_file(entry: Entry) -> bool:
    return bool(entry.success_at or entry.digest)


def _future(case: Case) -> Iterator[tuple[str, str]]:
    """Yield when a URL is visited next, and what it waits for."""
    if case.next_at is not None:
        yield "next visit", _next(case, case.next_at)
    for at, text in enumerate(waits_for(case)):
        yield "" if at else "waits for", text
    yield "robots.txt", case.decision.in_words(case.now)


def _next(case: Case, at: Seconds) -> str:
    if at > case.now:
        return f"not before {when(at, case.now)}"
    if case.pauses:
        return "not before `crawler resume`"
    return "not before the next pass of its job" if case.at_cap else "due now"


def _unlisted(entry: Entry) -> str:
    return "by no list any more" if STATES[entry.state] == "retired" else "by no list"


def _visit(entry: Entry, now: Seconds) -> str:
    if not entry.kind:
        return "none that came to an end" if entry.attempt else "none yet"
    reason = f", {entry.reason}" if entry.reason else ""
    at = f"{when(entry.finished_at, now)}: " if entry.finished_at else ""
    return f"{at}{entry.kind}{reason}"


def _failures(entry: Entry) -> str:
    return f", {counted(entry.failures, 'failure')} in a row" if entry.failures else ""


def _file(case: Case, path: str) -> str:
    where = case.stores.told(case.entry.store)
    if where is not None:
        return f"{where}/{path}"
    settings = case.ledger.settings
    return str(settings.crawler.output / path) if settings else path


def document(case: Case) -> dict[str, Any]:
    """Return the JSON object about a URL in one job."""
    owner = next((one for one in case.members if one.owner == case.host.owner), None)
    return {
        **record(case.entry, case.stores),
        "active": bool(case.entry.active),
        "sources": list(case.sources),
        "next_visit": stamp(case.next_at),
        "waits_for": list(waits_for(case)),
        "robots": case.decision.document(),
        "host_state": {
            "next_at": stamp(case.host.next_at or None),
            "why": case.host.rest(case.now).why.value,
            "opens_at": stamp(case.host.opens_at or None),
            "failures": case.host.failures,
            "failing_since": stamp(case.host.failed_at),
            "pid": owner.process.pid if owner else None,
        },
    }
