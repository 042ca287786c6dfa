"""`crawler explain URL`: all that the ledger knows of a URL, and what it waits for."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from crawler.frontier import robots
from crawler.frontier.process import current
from crawler.ledger import overview
from crawler.ledger.entries import STATES, Entry, before, entries, sources_of
from crawler.ledger.hosts import HostState, holder_of_address, host_state, waiting_of
from crawler.ledger.overview import Member
from crawler.ledger.statefile import Connection
from crawler.log import iso
from crawler.model import Seconds
from crawler.policy.politeness import FAILURES_TO_REST
from crawler.policy.robots import parse, url_of
from crawler.records import Robots
from crawler.urls import canonical, host_of, origin_of
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import record
from crawler.verbs.report import counted, span
from crawler.verbs.words import stamp, when


@dataclass(frozen=True, slots=True)
class Case:
    """A URL of a job with all that has a say in it, at one moment."""

    now: Seconds
    ledger: Ledger
    entry: Entry
    host: HostState
    robots: Robots | None
    """Of the origin that it is fetched from."""
    sources: Sequence[str]
    before: int
    """URLs of the same job and host that are due before it."""
    members: Sequence[Member]
    neighbour: int | None
    """The process that visits another host at the same address."""

    @property
    def obeys(self) -> bool:
        """Tell whether robots.txt is obeyed."""
        entry = self.entry
        return self.ledger.obeys(entry.host, entry.job, otherwise=bool(entry.obeys))

    @property
    def next_at(self) -> Seconds | None:
        """Return the time before which it is not visited, if it is to be visited at all."""
        if not self.entry.active or STATES[self.entry.state] != "waiting":
            return None
        return max(self.entry.due_at, self.host.next_at, self.host.opens_at)


def cases(db: Connection, ledger: Ledger, url: str, now: Seconds) -> list[Case]:
    """Look a canonical URL up for every job that knows it."""
    members = overview.members(db)
    return [_case(db, ledger, entry, members, now) for entry in entries(db, url)]


def _case(
    db: Connection, ledger: Ledger, entry: Entry, members: Sequence[Member], now: Seconds
) -> Case:
    host = host_state(db, entry.host)
    assert host is not None
    return Case(
        now, ledger, entry, host, robots.known(db, origin_of(entry.location or entry.url)),
        sources_of(db, entry), before(db, entry), members,
        holder_of_address(db, host),
    )  # fmt: skip


def waits_for(case: Case) -> Iterator[str]:
    """Yield what stands between now and the next visit, in the order in which it is passed."""
    entry = case.entry
    state = STATES[entry.state]
    if not entry.active:
        yield f"nothing: the configuration no longer has the job {entry.job}"
    elif state == "leased":
        yield f"the end of a visit that is under way, by {_owner(case, case.host.owner)}"
    elif state in _NOTHING:
        yield f"nothing: {_NOTHING[state]}"
    else:
        yield from _time(case)
        yield from _host(case)


_NOTHING = {
    "done": "it is stored, and its job visits a URL once",
    "dead": "it was given up; `crawler retry` makes it due again",
    "retired": "no list names it any more",
}


def _time(case: Case) -> Iterator[str]:
    entry, now = case.entry, case.now
    if entry.due_at <= now:
        return
    why = "by its job's schedule"
    if entry.failures:
        why = f"after {counted(entry.failures, 'failure')}"
    elif entry.ended is None:
        why = f"after {entry.kind}" if entry.kind else "it was put off"
    yield f"its time, {when(entry.due_at, now)} ({why})"


def _host(case: Case) -> Iterator[str]:
    host, now = case.host, case.now
    if host.owner is not None:
        turn = _behind(case)
        yield f"its turn with {_owner(case, host.owner)}, which holds {host.key}{turn}"
        return
    if host.next_at > now:
        yield f"the rest of {host.key}, until {when(host.next_at, now)} ({_why_rest(case)})"
    if host.opens_at > now:
        yield f"{host.key} to open, {when(host.opens_at, now)} ({_why_closed(case)})"
    yield from _rules(case)
    if case.neighbour is not None:
        who = _owner(case, case.neighbour)
        yield f"the address {host.address}, of which {who} holds another host"
    machine = current().machine
    if not any(one.life(machine, now) == "alive" for one in case.members):
        yield "a daemon: none is running"
    elif case.next_at is not None and case.next_at <= now:
        yield f"its turn{_behind(case)}"


def _behind(case: Case) -> str:
    return f", behind {counted(case.before, 'URL')} of its job and host" if case.before else ""


def _owner(case: Case, owner: int | None) -> str:
    for one in case.members:
        if one.owner == owner:
            machine = one.process.machine.partition(" ")[0]
            life = one.life(current().machine, case.now)
            dead = "" if life == "alive" else f" ({life}: what it held is taken back)"
            return f"process {one.process.pid} on {machine}{dead}"
    return "a process that is gone"


def _why_rest(case: Case) -> str:
    host, limits = case.host, case.ledger.limits(case.host.key, case.entry.job)
    if host.failures:
        since = f" since {iso(host.failing_since)}" if host.failing_since else ""
        why = f"{counted(host.failures, 'failure')} in a row{since}"
        over = host.failing_since and case.now - host.failing_since >= limits.give_up
        if host.silent and host.failures >= FAILURES_TO_REST and over:
            return f"{why}: it is given up, and until then its URLs end unvisited"
        return why
    delay = max(host.gap, host.crawl_delay)
    if host.next_at - case.now > delay + 1:
        return "it asked for it with Retry-After"
    return f"{span(delay)} between two visits"


def _why_closed(case: Case) -> str:
    host, limits = case.host, case.ledger.limits(case.host.key, case.entry.job)
    if limits.max_per_day and host.spent >= limits.max_per_day:
        return f"its {counted(limits.max_per_day, 'visit')} of the day are made"
    hours = case.ledger.hosts.hours(host.key) if case.ledger.hosts else None
    return "its hours" if hours else "its hours, or its visits of the day"


def _rules(case: Case) -> Iterator[str]:
    host, known, now = case.host, case.robots, case.now
    if not case.obeys or host.rules_until > now:
        return
    if known is not None and known.failures:
        tries = counted(known.failures, "attempt")
        yield (
            f"robots.txt, which was not to be had in {tries}: {known.reason}; "
            f"asked for again {when(known.refresh_at, now)}"
        )
    else:
        yield f"robots.txt, which {'is asked for' if host.gated(now) else 'will be asked for'}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a robots.txt says of a URL; `allowed` is None while that is not known."""

    url: str
    allowed: bool | None
    because: str
    obeyed: bool | None = None
    fetched_at: Seconds | None = None
    until: Seconds | None = None


def decision(
    ledger: Ledger, url: str, known: Robots | None, *, job: str | None = None, obeyed: bool = True
) -> Decision:
    """Read the rules that are known of a URL's origin."""
    file = url_of(url)
    obeys = obeyed if job else None
    if known is None or not known.fetched_at:
        reason = f"could not be had: {known.reason}" if known else "was not asked for yet"
        return Decision(file, None, reason, obeys)
    allowed, because = True, "no line forbids it"
    if known.body is None:
        because = known.reason or f"there is none (status {known.status})"
    else:
        rules = parse(known.body, ledger.token)
        refusal = rules.refusal(url)
        most = ledger.max_crawl_delay(host_of(url), job) if job else float("inf")
        if refusal is None and rules.crawl_delay > most:
            refusal = f"Crawl-delay of {rules.crawl_delay:g} s, max_crawl_delay is {most:g} s"
        if refusal:
            allowed, because = False, refusal
    return Decision(file, allowed, because, obeys, known.fetched_at, known.until)


def _decided(case: Case) -> Decision:
    ledger, entry = case.ledger, case.entry
    url = entry.location or entry.url
    return decision(ledger, url, case.robots, job=entry.job, obeyed=case.obeys)


def lines(case: Case) -> Iterator[str]:
    """Yield what a person reads of a URL in one job."""
    yield f"job {case.entry.job}"
    for label, text in _rows(case):
        yield f"  {label:<13} {text}"


def _rows(case: Case) -> Iterator[tuple[str, str]]:
    entry, now = case.entry, case.now
    yield "listed", ", ".join(case.sources) or _unlisted(entry)
    yield "first seen", when(entry.first_seen, now) if entry.first_seen else "before this was noted"
    yield "state", STATES[entry.state]
    yield "last visit", _visit(entry, now)
    if entry.ended and entry.ended != entry.kind:
        yield "last end", entry.ended
    yield "attempts", f"{entry.attempt}" + _failures(entry)
    yield "last success", when(entry.success_at, now) if entry.success_at else "never"
    if entry.changed_at:
        yield "last change", when(entry.changed_at, now)
    if entry.path and (entry.success_at or entry.digest):
        yield "stored", f"{_file(case.ledger, entry.path)}, {entry.size or 0:,} bytes"
    if entry.location:
        yield "leads to", entry.location
    if case.next_at is not None:
        early = case.next_at <= now
        yield "next visit", "now" if early else f"not before {when(case.next_at, now)}"
    for at, text in enumerate(waits_for(case)):
        yield "" if at else "waits for", text
    yield "robots.txt", _said(_decided(case), now)


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


def _file(ledger: Ledger, path: str) -> str:
    return str(ledger.settings.crawler.output / path) if ledger.settings else path


def _said(found: Decision, now: Seconds) -> str:
    word = {True: "allowed", False: "forbidden", None: "unknown"}[found.allowed]
    text = (
        f"{word}: {found.url} {found.because}" if not found.allowed else f"{word}, {found.because}"
    )
    if found.until:
        text += f"; the rules hold until {when(found.until, now)}"
    return text if found.obeyed is not False else f"{text} (not obeyed)"


def document(case: Case) -> dict[str, Any]:
    """Return what a program reads of a URL in one job."""
    owner = next((one for one in case.members if one.owner == case.host.owner), None)
    return {
        **record(case.entry),
        "active": bool(case.entry.active),
        "sources": list(case.sources),
        "next_visit": stamp(case.next_at),
        "waits_for": list(waits_for(case)),
        "robots": _plain(_decided(case)),
        "host_state": {
            "next_at": stamp(case.host.next_at or None),
            "opens_at": stamp(case.host.opens_at or None),
            "failures": case.host.failures,
            "failing_since": stamp(case.host.failing_since),
            "pid": owner.process.pid if owner else None,
        },
    }


def _plain(found: Decision) -> dict[str, Any]:
    return asdict(found) | {"fetched_at": stamp(found.fetched_at), "until": stamp(found.until)}


# What the ledger does not know ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    """A URL that no job knows, and what comes near it."""

    url: str
    near: Sequence[Entry]
    """The same URL in another spelling that the ledger does know."""
    host: HostState | None
    waiting: int
    """URLs of the host that wait."""
    said: Decision


def unknown(db: Connection, ledger: Ledger, url: str) -> Unknown:
    """Look around a URL that no job knows."""
    near = [entry for other in _spellings(url) for entry in entries(db, other)]
    host = host_state(db, host_of(url))
    waiting = waiting_of(db, host.id) if host else 0
    said = decision(ledger, url, robots.known(db, origin_of(url)))
    return Unknown(url, near, host, waiting, said)


def _spellings(url: str) -> list[str]:
    """Return what people write for one another: http and https, with and without www, slash, ?."""
    scheme, _, tail = url.partition("://")
    name, slash, tail = tail.partition("/")
    path, mark, query = (slash + tail).partition("?")
    www = name.removeprefix("www.") if name.startswith("www.") else f"www.{name}"
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    found = []
    for start in (
        f"{s}://{n}" for s in dict.fromkeys((scheme, "http", "https")) for n in (name, www)
    ):
        for end in (path + mark + query, other + mark + query, path):
            with suppress(ValueError):  # www. before an address
                found.append(canonical(start + end))
    return [one for one in dict.fromkeys(found) if one != url]


def unknown_lines(found: Unknown, now: Seconds) -> Iterator[str]:
    """Yield what a person reads of a URL that is not known."""
    yield "no job knows it"
    for entry in found.near:
        yield f"  but {entry.job} knows {entry.url} ({STATES[entry.state]})"
    if found.host is None:
        yield f"  its host {host_of(found.url)} is not known either"
    else:
        waiting = counted(found.waiting, "URL")
        yield f"  its host {found.host.key} is known; {waiting} of it wait"
    yield f"  robots.txt: {_said(found.said, now)}"


def unknown_document(found: Unknown) -> dict[str, Any]:
    """Return what a program reads of it."""
    return {
        "near": [{"url": entry.url, "job": entry.job} for entry in found.near],
        "host": {"key": found.host.key, "waiting": found.waiting} if found.host else None,
        "robots": _plain(found.said),
    }
