"""The reasons why a URL waits: all that stands between now and its next visit."""

from collections.abc import Iterator

from crawler.frontier import STATES, HostState
from crawler.frontier.process import current
from crawler.log import iso
from crawler.model import Kind, Seconds
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.policy.rests import Why
from crawler.verbs.explain.case import Case
from crawler.verbs.explain.left_out import left_out
from crawler.verbs.logging_in import login_in_words
from crawler.verbs.spent import at_cap
from crawler.verbs.wishes.words import in_words
from crawler.verbs.words import UNREAD, counted, span, when


def waits_for(case: Case) -> Iterator[str]:
    """Yield the reasons why a URL waits, in the order in which it passes them."""
    entry = case.entry
    state = STATES[entry.state]
    if not entry.active:
        yield f"nothing: the configuration no longer has the job {entry.job}"
    elif state == "leased":
        yield f"the end of a visit that is under way, by {_owner(case, case.host.owner)}"
    elif state in _NOTHING:
        retired = state == "retired"
        filtered = left_out(case.ledger, entry.url, case.now, entry.job) if retired else ()
        why = f"its job leaves it out by its filter: {filtered[0].why}" if filtered else ""
        yield f"nothing: {why or _NOTHING[state]}"
    else:
        yield from (f"`crawler resume`: {in_words(wish, case.now)}" for wish in case.pauses)
        if case.spent and case.at_cap:
            yield f"the budget of its job, which is {at_cap(case.spent, case.now)}"
        if case.login:
            yield login_in_words(case.entry.job, case.login, case.now)
        yield from _time(case)
        yield from _lists(case)
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
    if entry.host_asked:
        why = "its host asked for it with Retry-After"
    elif entry.failures:
        why = f"after {counted(entry.failures, 'failure')}"
    elif entry.ended is None or entry.kind not in {entry.ended, Kind.EMPTY}:
        why = f"after {entry.kind}" if entry.kind else "it was put off"
    yield f"its time, {when(entry.due_at, now)} ({why})"


def _lists(case: Case) -> Iterator[str]:
    if case.ledger.is_unread(case.entry.job, case.entry.meaning):
        yield (
            f"the lists of its job, where {UNREAD}; if one cannot be read, the log has list.failed"
        )


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
    why = host.rest(case.now).why
    if why is Why.FAILURES:
        return _why_failing(host, case.now, limits.give_up)
    return _RESTS.get(why, _RESTS[Why.DELAY]).format(host=host, delay=span(host.gap))


_RESTS = {
    Why.RETRY_AFTER: "it asked for it with Retry-After",
    Why.BANNED: "it refused {host.refusals} visits in a row",
    Why.ADDRESS: "the hosts at its address {host.address} have their turns before",
    Why.BACKOFF: "{delay} between two visits since it failed",
    Why.CRAWL_DELAY: "{delay} between two visits, by its robots.txt",
    Why.DELAY: "{delay} between two visits",
}


def _why_failing(host: HostState, now: Seconds, give_up: Seconds) -> str:
    since = f" since {iso(host.failed_at)}" if host.failed_at else ""
    why = f"{counted(host.failures, 'failure')} in a row{since}"
    given_up = _is_given_up(host, now, give_up)
    return f"{why}: it is given up, and until then its URLs end unvisited" if given_up else why


def _is_given_up(host: HostState, now: Seconds, give_up: Seconds) -> bool:
    since = host.failing_since
    silent = bool(host.silent) and host.failures >= FAILURES_TO_REST
    return silent and since is not None and now - since >= give_up


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
            f"robots.txt could not be fetched ({tries}): {known.reason}; "
            f"asked for again {when(known.refresh_at, now)}"
        )
    else:
        yield f"robots.txt, which {'is asked for' if host.gated(now) else 'will be asked for'}"
