"""Connections that break off in any statement of any verb: nothing is lost or counts twice."""

import random
from dataclasses import replace
from typing import Any, NamedTuple

import gevent
import psycopg
import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import (
    Forget,
    HostsMet,
    Listings,
    Portion,
    ReadChunk,
    Refit,
    Retire,
    Retry,
    SourceState,
    Wake,
    Wanted,
    Weigh,
    Wishes,
)
from crawler.frontier.outbox import NO_NOTICES, Notices, Told
from crawler.frontier.postgres.opening import SCHEMA
from crawler.frontier.process import Process
from crawler.frontier.wishes import ALL, GiveOrder, MakeWish, Order, Verb, Wisher
from crawler.model import Kept, Kind, Validators
from crawler.records import Again, Dead, Done, Hop, HostRecord, JobTerms
from crawler.state_address import state_address
from tests import FULL, postgres
from tests.parts.desk import rows
from tests.parts.frontier.invariants import broken
from tests.parts.frontier.sql.outbox.scenes import HOOK, TERMS, event
from tests.parts.frontiers import (
    LATER,
    NOW,
    Timed,
    beat,
    done,
    end_pass,
    join,
    put,
    seeds,
    settled,
    take,
)
from tests.parts.ledgers import execute
from tests.program import PATIENCE_S
from tests.rigs.cutting import Cut, CuttingProxy

CHANCE = random.Random(16)
NOBODY = 2**22 + 1
"""More than any pid."""
ME = Wisher("ana", "desk7", "")
PART = Kept("a/0.part", Validators('"x"'), 100)


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = ?"
_EVENTS = "SELECT event, attempts, due_at, owner FROM outbox ORDER BY event"
_KEEP = "CREATE TABLE kept.{0} AS TABLE crawler.{0}"
_AGAIN = "DELETE FROM crawler.{0}; INSERT INTO crawler.{0} SELECT * FROM kept.{0}"


class Scene(NamedTuple):
    """What two processes of the crawler have in memory."""

    owner: int
    one: Any
    """A pass under way."""
    hosts: dict[str, Any]
    """Those of the owner."""
    other: int
    theirs: list[Any]
    """The tasks of the other owner."""
    events: list[int]
    """Numbers of the events that the owner has taken."""

    @property
    def tasks(self):
        return [task for host in self.hosts.values() for task in host.tasks]


def made(frontier):
    """Make a ledger in which every verb has something to do."""
    frontier.configure([JobTerms("job", delay=1.0)], NOW)
    owner, other = join(frontier), join(frontier)
    one = frontier.begin_pass(owner, "job", "list")
    put(frontier, one, [ReadChunk(1, 1, seeds("a", "b", each=9)), ReadChunk(2, 2, seeds("z"))])
    hosts = take(frontier, owner, new=2)
    put(frontier, one, [ReadChunk(3, 3, seeds("c", "d", each=9))])
    frontier.claim([(hosts["a:80"].tasks[0].id, "a/0", "a/1")], owner)
    theirs = [task for host in take(frontier, other).values() for task in host.tasks]
    put(frontier, one, [ReadChunk(4, 4, seeds("a", "e", each=20))])
    frontier.enlist(owner, TERMS)
    frontier.note(owner, [event(f"e{number}", number) for number in range(6)])
    events = [event.number for event in frontier.take(owner, HOOK, 2)]
    return Scene(owner, one, hosts, other, theirs, events)


class Leased(NamedTuple):
    """What all owners have after a verb; what does not return it has changed nothing of that."""

    tasks: list[Any]


def leave(frontier, scene):
    frontier.leave(scene.owner, [HostRecord(scene.hosts["a:80"].id, NOW + 5)], NOW)
    return Leased(scene.theirs)


def take_back(frontier, scene):
    """Beat, where the other process has certainly ended."""
    execute(frontier.direct, "UPDATE process SET pid = ? WHERE id = ?", NOBODY, scene.other)
    assert beat(frontier, scene.owner)
    return Leased(scene.tasks)


def lease(frontier, scene):
    """Take hosts, refill one and give one back."""
    kept, idle = scene.hosts["a:80"], scene.hosts["b:80"]
    back = [task.id for task in idle.tasks]
    rest = [HostRecord(idle.id, NOW + 9)]
    found = take(frontier, scene.owner, idle=rest, back=back, refills={kept.id: 3})
    tasks = [task for host in found.values() for task in host.tasks]
    return Leased([*kept.tasks, *scene.theirs, *tasks])


def move(frontier, scene):
    """Tell where hosts were found."""
    found = [HostRecord(host.id, NOW, address="192.0.2.7") for host in scene.hosts.values()]
    take(frontier, scene.owner, new=0, found=found)


def settle(frontier, scene, notices=NO_NOTICES):
    """End a visit in each way that there is."""
    stored = {"path": "a/0", "digest": "ab" * 32, "size": 5}
    ends = [
        (Kind.STORED, Done(NOW + LATER), stored), (Kind.TIMEOUT, Again(NOW + 9), {}),
        (Kind.NOT_FOUND, Dead("x"), {}), (Kind.REDIRECTED, Hop("http://new/"), {}),
    ]  # fmt: skip
    visits = [
        settled(task, kind, verdict, **more)
        for task, (kind, verdict, more) in zip(scene.tasks, ends, strict=True)
    ]
    hosts = [HostRecord(host.id, NOW + 2) for host in scene.hosts.values()]
    frontier.settle(scene.owner, visits, hosts, notices=notices)
    return Leased(scene.theirs)


VERBS = {
    "join": lambda frontier, _: join(frontier, process=Process("elsewhere", 7, "1")),
    "beat": take_back,
    "leave": leave,
    "hear": lambda frontier, scene: frontier.hear(scene.owner, 0),
    "heed": lambda frontier, scene: frontier.heed(scene.owner, 5),
    "configure": lambda frontier, _: frontier.configure(
        [JobTerms("job", delay=2.0), JobTerms("more")], NOW, obeys={"a:80": True}
    ),
    "lease": lease,
    "lease, of addresses": move,
    "claim": lambda frontier, scene: frontier.claim(
        [(task.id, "same", f"file {task.id}") for task in scene.tasks], scene.owner
    ),
    "settle": settle,
    "settle, of a part": lambda frontier, scene: frontier.settle(
        scene.owner, [], [], kept={scene.tasks[0].id: PART}
    ),
    "begin_pass": lambda frontier, scene: frontier.begin_pass(scene.owner, "job", "new list"),
    "put": lambda frontier, scene: frontier.put(
        scene.owner, [Portion(scene.one, [ReadChunk(4, 5, seeds("a", "g", each=25))])], NOW
    ),
    "end_pass": lambda frontier, scene: end_pass(
        frontier, scene.one, SourceState(scene.one.source, "read", 40, 0), gone=[2]
    ),
    "tidy, Retire": lambda frontier, scene: done(frontier, scene.owner, Retire("job")),
    "tidy, Refit": lambda frontier, scene: done(frontier, scene.owner, Refit({"job": "daily"})),
    "tidy, Wake": lambda frontier, scene: done(frontier, scene.owner, Wake()),
    "tidy, Weigh": lambda frontier, scene: done(frontier, scene.owner, Weigh("job", 3, 0.5)),
    "change, Retry": lambda frontier, _: frontier.change(Retry(Wanted())),
    "change, Forget": lambda frontier, _: frontier.change(Forget(NOW + LATER)),
    "change, MakeWish": lambda frontier, _: frontier.change(MakeWish(Verb.PAUSE, ALL, ME, 5.0)),
    "change, GiveOrder": lambda frontier, scene: frontier.change(
        GiveOrder(Order.RELOAD, [scene.owner], ME)
    ),
    "settle, with events": lambda frontier, scene: settle(
        frontier, scene, Notices([event("v", 8, task=scene.tasks[0].id)], frozenset({"job"}))
    ),
    "enlist": lambda frontier, scene: frontier.enlist(scene.owner, TERMS),
    "note": lambda frontier, scene: frontier.note(scene.owner, [event("new", 9)]),
    "take": lambda frontier, scene: frontier.take(scene.other, HOOK, 9),
    "told": lambda frontier, scene: frontier.told(
        scene.owner, HOOK, Told([scene.events[0]], {scene.events[1]: 5.0}, reason="refused")
    ),
    "trim": lambda frontier, scene: frontier.trim(scene.owner, HOOK, 1),
    "drop": lambda frontier, scene: frontier.drop(scene.owner, HOOK),
    "page": lambda frontier, _: frontier.page(Wanted()),
    "sums": lambda frontier, _: frontier.sums(1.0),
}  # fmt: skip
"""What is asked, by name."""


class Rig:
    """A ledger that is asked through a proxy, and is as it was before each time."""

    def __init__(self, proxy, url):
        self.proxy = proxy
        self._direct = state_address(url)
        self._name = url.partition("@/")[2].partition("?")[0]
        with self._opened(self._direct) as frontier:
            self.scene = made(frontier)
        self._tables = [name for (name,) in execute(self._direct, _TABLES, SCHEMA)]
        with psycopg.connect(url) as db:
            db.execute("CREATE SCHEMA kept")
            for name in self._tables:
                db.execute(_KEEP.format(name))
            db.execute("UPDATE kept.last_lease SET number = 0")  # the frontiers to come count anew

    def _opened(self, address):
        return Timed(address, durable=False)

    def ask(self, verb, *cuts):
        """Ask for a verb until it is done, each time cut in one way: at a statement, and how.

        Return what the ledger then holds, and how many statements the last time has taken.
        """
        self._restore()
        with self._opened(state_address(self.proxy.url(self._name))) as frontier:
            frontier.direct = self._direct
            answer = self._asked(verb, frontier, cuts)
            number = self.proxy.statements
            self.proxy.cut()
            return self._state(frontier, answer), number

    def _restore(self):
        with psycopg.connect(self._direct.url) as db:
            db.execute("SET session_replication_role = replica")
            for name in self._tables:
                db.execute(_AGAIN.format(name))

    def _asked(self, verb, frontier, cuts):
        for at, how in cuts:
            before = self.proxy.cuts
            self.proxy.cut(at, how)
            try:
                return VERBS[verb](frontier, self.scene)
            except LocalFaultError:
                assert self.proxy.cuts == before + 1, "it failed though nothing was cut"
        self.proxy.cut()
        return VERBS[verb](frontier, self.scene)

    def _state(self, frontier, answer):
        """Return what an operator sees of a ledger, and what is wrong with it."""
        unchanged = Leased([*self.scene.tasks, *self.scene.theirs])
        leased = answer if isinstance(answer, Leased) else unchanged
        now = frontier.now()
        return {
            "broken": broken(frontier.direct, now, {0: {0: leased.tasks}}),
            "urls": sorted(str(replace(one, id=0)) for one in rows(frontier, Wanted())),
            "hosts": sorted(map(str, rows(frontier, HostsMet()))),
            "wishes": [replace(one, id=0) for one in rows(frontier, Wishes())],
            "lists": sorted(map(str, rows(frontier, Listings()))),
            "sums": frontier.sums().counts,
            "events": execute(frontier.direct, _EVENTS),
            "hooks": execute(frontier.direct, "SELECT id, failures, reason FROM hook ORDER BY id"),
        }


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    with CuttingProxy(postgres.shared()) as proxy:
        yield Rig(proxy, postgres.url_of(folder))
    postgres.forget(folder)


@pytest.mark.campaign
@pytest.mark.timeout(900)  # in full each of a hundred statements of a verb is cut twice
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_that_is_asked_again_after_a_cut_has_been_done_once(rig, verb):
    state, number = rig.ask(verb)
    assert not state["broken"]
    print(f"{verb}: {number} statements")
    for at, how in cuts(number):
        again, _ = rig.ask(verb, (at, how))
        assert again == state, f"cut at {at} of {number}: {how.value}"


@pytest.mark.campaign
@pytest.mark.timeout(900)  # in full it is a hundred leases, of which each is cut twice
def test_a_lease_whose_reply_was_lost_is_undone_though_the_next_connection_is_cut_as_well(rig):
    state, number = rig.ask("lease")
    lost = number, Cut.REPLY
    _, again = rig.ask("lease", lost)
    every = range(1, again + 1)
    for at in every if FULL else CHANCE.sample(every, 9):
        assert rig.ask("lease", lost, (at, Cut.BEFORE))[0] == state, f"cut at {at} of {again}"


def test_a_server_that_is_slow_is_waited_for(rig):
    state, _ = rig.ask("put")
    rig.proxy.stalled.clear()
    asked = gevent.spawn(rig.ask, "put", (7, Cut.STALL))
    assert rig.proxy.stalled.wait(timeout=PATIENCE_S)
    assert not asked.ready()
    rig.proxy.release()
    assert asked.get()[0] == state


def cuts(number):
    """Return where to cut: everywhere, or in the short form at the COMMIT and somewhere else."""
    every = [(at, how) for at in range(1, number + 1) for how in (Cut.BEFORE, Cut.REPLY)]
    return every if FULL else [every[-1], CHANCE.choice(every)]
