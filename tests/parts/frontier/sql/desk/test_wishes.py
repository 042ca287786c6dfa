"""Standing wishes in the ledger: what leases obey in the moment in which it is written."""

import random

import pytest

from crawler.errors import UsageError
from crawler.frontier import (
    BEFORE_ALL,
    ForgetUnused,
    InFlight,
    Wake,
    Wishes,
    changed,
    open_ledger,
)
from crawler.frontier.process import Process, current
from crawler.frontier.sql.visits import jobs
from crawler.frontier.wishes import (
    ALL,
    EndWishes,
    GiveOrder,
    MakeWish,
    Order,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    Wisher,
)
from crawler.records import HostRecord, JobTerms
from tests.parts.desk import rows
from tests.parts.frontiers import NOW, done, join, put, reclaim, seed, seeds, take
from tests.parts.ledgers import execute

ME = Wisher("ops", "desk7", "the provider asked")
HOST, JOB = Subject(Scope.HOST, "a"), Subject(Scope.JOB, "job")


def pause(desk, subject=ALL, lasts=None):
    return dict(changed(desk, MakeWish(Verb.PAUSE, subject, ME, lasts)))


def resume(desk, subject=ALL):
    return changed(desk, TakeBackWish(Verb.PAUSE, subject)).total()


@pytest.fixture
def crawl(frontier):
    """Two jobs, of which the first visits a and b, the other b and c; and a process."""
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    frontier.add("job", seeds("a", "b", each=2), NOW)
    frontier.add("other", seeds("b", "c", each=2, job="other"), NOW)
    return frontier, join(frontier)


def visited(frontier, owner, **options):
    """Return the (host, job) of the tasks that a lease brings, or of nothing that is paused."""
    found = take(frontier, owner, **options)
    assert all(host.tasks for host in found.values()), "a host was leased in vain"
    return {(host.key, task.job) for host in found.values() for task in host.tasks}


def test_while_everything_is_paused_nothing_is_leased(crawl):
    frontier, owner = crawl
    assert pause(frontier) == {"new": 1}
    assert visited(frontier, owner) == set()
    assert resume(frontier) == 1
    assert len(visited(frontier, owner)) == 4


def test_hosts_that_a_process_has_get_no_tasks_while_everything_is_paused(crawl):
    frontier, owner = crawl
    held = take(frontier, owner)
    pause(frontier)
    lease = frontier.lease(owner, NOW, new=0, refills={held["a:80"].id: 2}, idle=[])
    assert [(host.key, host.tasks) for host in lease.hosts] == [("a:80", ())]


@pytest.mark.parametrize("name", ["a", "a:80", "A"])
def test_a_host_that_is_paused_is_not_leased_and_the_others_are(crawl, name):
    frontier, owner = crawl
    pause(frontier, Subject(Scope.HOST, name))
    assert visited(frontier, owner) == {("b:80", "job"), ("b:80", "other"), ("c:80", "other")}
    resume(frontier, Subject(Scope.HOST, name))
    assert visited(frontier, owner) == {("a:80", "job")}


def test_a_host_that_a_process_has_gets_no_tasks_while_it_is_paused(crawl):
    frontier, owner = crawl
    held = take(frontier, owner)["a:80"]
    frontier.add("job", seeds("a", each=9), NOW)
    pause(frontier, HOST)
    assert take(frontier, owner, new=0, refills={held.id: 2})["a:80"].tasks == ()
    resume(frontier, HOST)
    assert len(take(frontier, owner, new=0, refills={held.id: 2})["a:80"].tasks) == 2


def test_a_host_that_goes_back_while_it_is_paused_is_leased_by_nobody(crawl):
    frontier, owner = crawl
    held = take(frontier, owner)["a:80"]
    pause(frontier, HOST)
    back = [task.id for task in held.tasks]
    lease = {"new": 10, "refills": {}, "idle": [HostRecord(held.id, NOW)], "back": back}
    assert frontier.lease(owner, NOW, **lease).hosts == ()
    assert frontier.lease(owner, NOW, **lease).next_at is None


def test_every_port_of_a_name_is_paused_also_one_that_comes_later(crawl):
    frontier, owner = crawl
    pause(frontier, HOST)
    frontier.add("job", seeds("a:81"), NOW)
    assert {key for key, _ in visited(frontier, owner)} == {"b:80", "c:80"}


def test_of_a_job_that_is_paused_nothing_is_leased_and_no_host_in_vain(crawl):
    frontier, owner = crawl
    pause(frontier, JOB)
    assert visited(frontier, owner) == {("b:80", "other"), ("c:80", "other")}
    assert visited(frontier, owner) == set(), "the host of the job alone stays where it is"
    resume(frontier, JOB)
    assert visited(frontier, owner) == {("a:80", "job")}, "and is ready, for nobody had it"


@pytest.mark.parametrize("heard", [True, False])
def test_hosts_of_a_paused_job_are_ready_again_once_they_have_heard(crawl, heard):
    frontier, owner = crawl
    pause(frontier, JOB)
    if heard:
        assert done(frontier, owner, Wake()) == [2], "those of the job"
    resume(frontier, JOB)
    done(frontier, owner, Wake())
    assert len(visited(frontier, owner)) == 4


@pytest.mark.parametrize("dies", [True, False])
def test_what_a_process_has_not_told_hosts_to_its_end_is_told_by_others(
    open_one, monkeypatch, dies
):
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    frontier = open_one()
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds(*(f"h{n}" for n in range(6))), NOW)
    mine = join(frontier)
    gone = join(frontier, process=Process("another machine", 1, "1"))
    pause(frontier, JOB)
    done(frontier, mine, Wake())
    resume(frontier, JOB)
    heard = frontier.hear(mine, 0)
    assert heard.untold
    frontier.tidy(gone, Wake(), NOW, BEFORE_ALL)
    assert not frontier.hear(mine, 0).untold, "the other one does it"
    if dies:
        state = frontier.frontier._file.state
        execute(state, "UPDATE process SET lease_until = 0 WHERE pid = 1")
        reclaim(frontier, NOW, mine=mine)
    else:
        frontier.leave(gone, [], NOW)
    again = frontier.hear(mine, heard.number)
    assert again.wishes is not None
    assert again.untold
    done(frontier, mine, Wake())
    assert len(visited(frontier, mine)) == 6


def test_new_urls_of_what_is_paused_make_nothing_ready(frontier):
    frontier.configure([JobTerms("job")], NOW)
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    pause(frontier, JOB)
    pass_ = frontier.begin_pass(owner, "job", "list")
    put(frontier, pass_, [])
    frontier.add("job", seeds("z", each=3), NOW)
    assert visited(frontier, owner) == set()
    done(frontier, owner, Wake())
    assert frontier.lease(owner, NOW, new=0, refills={}, idle=[]).next_at is None


def test_the_same_wish_twice_is_one(crawl):
    frontier, _ = crawl
    assert (pause(frontier, HOST), pause(frontier, HOST)) == ({"new": 1}, {})
    assert pause(frontier, HOST, lasts=60.0) == {"changed": 1}
    (wish,) = rows(frontier, Wishes())
    assert (wish.verb, wish.subject, wish.wisher) == (Verb.PAUSE, HOST, ME)
    assert (wish.made_at, wish.until) == (NOW, NOW + 60)
    assert (resume(frontier, HOST), resume(frontier, HOST)) == (1, 0)


def test_a_wish_ends_by_its_time(crawl):
    frontier, owner = crawl
    pause(frontier, HOST, lasts=60.0)
    pause(frontier, lasts=3600.0)
    frontier.time = NOW + 59.9
    assert changed(frontier, EndWishes()).total() == 0
    frontier.time = NOW + 60
    assert changed(frontier, EndWishes()).total() == 1
    assert [wish.subject for wish in rows(frontier, Wishes())] == [ALL]
    resume(frontier)
    assert ("a:80", "job") in visited(frontier, owner)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (Subject(Scope.JOB, "jobb"), "no job jobb; it has job, other"),
        (Subject(Scope.HOST, "z"), "no host z is known"),
    ],
)
def test_a_wish_for_what_nobody_knows_is_refused(crawl, subject, words):
    with pytest.raises(UsageError, match=words):
        pause(crawl[0], subject)
    with pytest.raises(UsageError, match=words):
        resume(crawl[0], subject)


@pytest.mark.parametrize("name", ["gone", "gone:80"])
def test_a_wish_of_a_host_that_is_forgotten_by_now_is_taken_back(crawl, name):
    frontier, owner = crawl
    frontier.add("job", seeds("gone", "last"), NOW)
    subject = Subject(Scope.HOST, name)
    pause(frontier, subject)
    execute(frontier.frontier._file.state, "DELETE FROM task WHERE url LIKE 'http://gone%'")
    assert changed(frontier, ForgetUnused(0.0))["host"] == 1
    assert resume(frontier, subject) == 1
    frontier.add("job", [seed("http://gone/new")], NOW)
    assert ("gone:80", "job") in visited(frontier, owner)


def test_the_wishes_of_a_job_go_along_with_its_name_and_fall_with_the_job(crawl):
    frontier, _ = crawl
    pause(frontier, JOB)
    pause(frontier, HOST)
    frontier.configure([JobTerms("new", renamed_from="job"), JobTerms("other")], NOW)
    assert [wish.subject.name for wish in rows(frontier, Wishes())] == ["new", "a"]
    frontier.configure([JobTerms("other")], NOW)
    assert [wish.subject.name for wish in rows(frontier, Wishes())] == ["a"]


def test_of_two_jobs_with_one_old_name_one_gets_its_wishes_and_the_other_keeps_its_own(crawl):
    frontier, _ = crawl
    pause(frontier, JOB)
    pause(frontier, Subject(Scope.JOB, "other"))
    heirs = [JobTerms("new", renamed_from="job"), JobTerms("other", renamed_from="job")]
    frontier.configure(heirs, NOW)
    assert sorted(wish.subject.name for wish in rows(frontier, Wishes())) == ["new", "other"]


def test_a_process_hears_of_a_change_once_and_says_so(crawl, file):
    frontier, owner = crawl
    first = frontier.hear(owner, 0)
    assert frontier.hear(owner, first.number).wishes is None
    with open_ledger(file, write=True) as desk:
        pause(desk, JOB)
    heard = frontier.hear(owner, first.number)
    assert [wish.subject for wish in heard.wishes] == [JOB]
    assert heard.number > first.number
    assert frontier.hear(owner, heard.number).wishes is None
    assert frontier.hear(owner, first.number) == heard, "an answer that was lost is given again"
    frontier.heed(owner, heard.number)
    (member,) = frontier.sums().members
    assert member.heard == frontier.sums().wishes == heard.number


def test_what_is_in_flight_is_told_by_subject(crawl):
    frontier, owner = crawl
    take(frontier, owner)
    assert [frontier.entry(InFlight(one)) for one in (ALL, JOB, HOST)] == [6, 3, 2]


@pytest.mark.parametrize("subject", [ALL, JOB, HOST], ids=str)
def test_a_host_that_changes_its_owner_again_and_again_is_paused_exactly_as_told(open_one, subject):
    """Two processes take the host from each other at random; an operator pauses and resumes it."""
    one, other = open_one(), open_one()
    one.configure([JobTerms("job")], NOW)
    one.add("job", seeds("a", each=4), NOW)
    owners = [(frontier, join(frontier)) for frontier in (one, other)]
    chance, paused, leased = random.Random(7), False, {True: 0, False: 0}
    for _ in range(200):
        if chance.random() < 0.5:
            paused = not paused
            (pause if paused else resume)(one, subject)
            if subject.scope is Scope.JOB:
                done(one, owners[0][1], Wake())
        frontier, owner = chance.choice(owners)
        for host in take(frontier, owner).values():
            leased[paused] += 1
            back = [task.id for task in host.tasks]
            idle = [HostRecord(host.id, 0.0)]
            frontier.lease(owner, NOW, new=0, refills={}, idle=idle, back=back)
    assert leased[True] == 0
    assert leased[False] > 50


def test_an_order_is_heard_once_by_each_and_void_for_who_is_no_more(open_one):
    frontier = open_one()
    owners = [join(frontier) for _ in range(3)]
    frontier.leave(owners[2], [], NOW)
    assert changed(frontier, GiveOrder(Order.STOP, owners, ME)).total() == 2
    assert changed(frontier, GiveOrder(Order.RELOAD, owners[:1], ME)).total() == 1
    late = join(frontier)
    heard = [frontier.hear(owner, 0) for owner in (*owners[:2], late)]
    assert [list(one.orders.values()) for one in heard] == [
        [Order.STOP, Order.RELOAD], [Order.STOP], []
    ]  # fmt: skip
    frontier.heed(owners[0], heard[0].number, list(heard[0].orders))
    frontier.heed(owners[1], heard[0].number, list(heard[0].orders)[1:])
    assert not frontier.hear(owners[0], 0).orders
    assert frontier.hear(owners[1], 0).orders, "nobody hears for another"
    frontier.leave(owners[1], [], NOW)
    again = frontier.join(current(), NOW).owner
    assert not frontier.hear(again, 0).orders
