"""What the tests ask of a ledger from outside, as its verbs do: all pages and slices at once."""

from collections import Counter

from crawler.choices import HOST_ORDERS as ORDERS
from crawler.frontier import (
    STATES,
    AboutHost,
    AboutUrl,
    BacklogOf,
    Chunks,
    Counters,
    FailuresOf,
    FilesNamed,
    HostsMet,
    HostsOf,
    Listings,
    Samples,
    Sources,
    StoredFiles,
    Waits,
    WaitsAt,
    Wanted,
    changed,
    open_ledger,
    pages,
)
from crawler.frontier.hosts import CHOICES
from crawler.model import DAY_S
from tests.parts.frontiers import Timed


def rows(desk, query):
    """All that a query asks for."""
    return [row for page in pages(desk, query) for row in page]


def at(desk, now):
    """Let it be this time there."""
    if isinstance(desk, Timed):
        desk.time = now
    else:
        desk.now = lambda: now
    return desk


def number(desk, action, now):
    """How many URLs a change was for."""
    return changed(at(desk, now), action).total()


def change(file, action, now):
    """Make a change to a ledger by its file, as a verb does; return its sums."""
    with open_ledger(file, write=not getattr(action, "dry", False)) as desk:
        return changed(at(desk, now), action)


def sums(file, now=None):
    with open_ledger(file) as desk:
        return desk.sums() if now is None else at(desk, now).sums(DAY_S)


def unfinished(desk):
    """The URLs of active jobs that wait or are leased."""
    found = rows(desk, Wanted(states=("waiting", "leased")))
    return [entry for entry in found if entry.active]


def times_listed(desk):
    """How often URLs are listed, by kind of their last visit; '' for unfinished."""
    found = Counter()
    for one in rows(desk, Listings()):
        found[one.kind] += one.times
    return dict(found)


def stored(desk):
    return rows(desk, StoredFiles())


def sources(desk, job):
    """The sources of a job, by name."""
    return dict(rows(desk, Sources(job)))


def chunks(desk, source):
    """The chunks of a source, by anchor."""
    return dict(rows(desk, Chunks(source)))


def job_sums(desk, name):
    """What is known of a job."""
    return next((one for one in desk.sums().jobs if one.name == name), None)


def schedule(desk, job):
    return job_sums(desk, job).schedule


def is_known(desk, job):
    """Whether a list or a URL of a job is known."""
    found = job_sums(desk, job)
    return found is not None and (found.listed or found.known > 0)


def assert_answers_agree(desk, now):
    """See that the sums, the pages and what is told of single URLs are of one ledger."""
    sums, entries = at(desk, now).sums(DAY_S), rows(desk, Wanted())
    active = [one for one in entries if one.active]
    state = Counter(STATES[one.state] for one in active)
    counts = sums.counts
    assert (counts.known, counts.retired) == (len(active), state["retired"])
    ended = Counter(one.ended for one in active if STATES[one.state] != "retired" and one.ended)
    assert counts.finished == ended
    assert counts.again == sum(
        one.ended is not None for one in active if STATES[one.state] in {"waiting", "leased"}
    )
    assert sums.leased == sum(STATES[one.state] == "leased" for one in active)
    assert sum(times_listed(desk).values()) == sum(one.listed for one in entries)
    assert sums.met == sums.hosts.counts.known == len(rows(desk, HostsMet()))
    assert {one.task for one in stored(desk)} == {
        one.id for one in entries if one.digest and one.path and STATES[one.state] != "leased"
    }
    for file in stored(desk):
        (named,) = desk.entry(FilesNamed([file.path], store=file.store))
        assert (named.id, named.path, named.store or 1) == (file.task, file.path, file.store)
    assert desk.entry(FilesNamed([], [one.fingerprint for one in entries])) == entries
    assert all(n > 0 for n in desk.entry(Counters()).values())
    assert all(now - DAY_S < one.at <= now for one in desk.entry(Samples(now - DAY_S, now)))
    for entry in entries[-2:]:
        known = desk.entry(AboutUrl(entry.url))
        assert entry in [one.entry for one in known]
    assert_hosts_agree(desk, now)
    waits = rows(desk, Waits(now))
    assert sorted(desk.entry(WaitsAt([one.id for one in waits], now)), key=id_of) == waits


def assert_hosts_agree(desk, now):
    """See that hosts are the same in every table, and in what is told of each."""
    met = {one.key: one for one in rows(desk, HostsMet())}
    for choice in CHOICES:
        for order in ORDERS:
            table = desk.entry(HostsOf(choice, order, now))
            assert all(met[line.state.key] == line.state for line in table.rows)
    for key in list(met)[-2:]:
        (account,) = desk.entry(AboutHost(key))
        assert account.line.state == met[key]
        assert account.failures == desk.entry(FailuresOf(0.0, key, 1000)).rows
    met_at = {(one.host.key, one.job): one.urls for one in desk.entry(BacklogOf(now)).waits}
    waiting = Counter((one.host, one.job) for one in unfinished(desk) if not one.state)
    assert all(waiting[where] == urls for where, urls in met_at.items())
    newest = desk.entry(FailuresOf(0.0, limit=1000))
    assert newest.more == 0
    assert {one.host for one in newest.rows} <= met.keys()


def id_of(one):
    return one.id
