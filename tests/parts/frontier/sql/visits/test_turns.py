"""The contract of a frontier: who has the next turn, and what goes back without one."""

import heapq
import time
from collections import Counter

import gevent
import pytest
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier.sql.lists.new_urls import FIRST_HOSTS
from crawler.frontier.sql.visits.turns import TASKS_OF_MANY
from crawler.model import Kind, Outcome, Visited
from crawler.records import Again, Done, HostRecord, JobTerms
from tests.parts.frontiers import NOW, join, move, seed, seeds, settled, take
from tests.parts.ledgers import execute
from tests.parts.logs import Silence

CLASSES = [JobTerms("high", weight=4), JobTerms("normal"), JobTerms("low", weight=1)]


def urls(job, number, host="a"):
    return [seed(f"http://{host}/{job}/{at}", job) for at in range(number)]


def jobs_of(frontier, owner, host, limit, now=NOW):
    """Lease tasks of a host that is held, and return the names of their jobs."""
    tasks = take(frontier, owner, now, new=0, refills={host.id: limit})[host.key].tasks
    return [task.job for task in tasks]


def held_host(frontier, owner, now=NOW):
    """Take the one host there is, with nothing of it."""
    (host,) = take(frontier, owner, now).values()
    take(frontier, owner, now, new=0, back=[task.id for task in host.tasks])
    return host


def give_back(frontier, owner, *hosts, at=NOW):
    idle = [HostRecord(host.id, at) for host in hosts]
    frontier.lease(owner, at, new=0, refills={}, back=_tasks(hosts), idle=idle)


def _tasks(hosts):
    return [task.id for host in hosts for task in host.tasks]


# On one host, between jobs.


@pytest.mark.parametrize("batch", [1, 2, 7, 70])
def test_jobs_share_a_host_by_their_weight(frontier, batch):
    frontier.configure(CLASSES, NOW)
    for job in CLASSES:
        frontier.add(job.name, urls(job.name, 100), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    jobs = [job for _ in range(70 // batch) for job in jobs_of(frontier, owner, host, batch)]
    for length in range(1, 71):
        counts = Counter(jobs[:length])
        for job in CLASSES:
            assert abs(counts[job.name] - length * job.weight / 7) < 1.5, (length, counts)
    assert Counter(jobs) == {"high": 40, "normal": 20, "low": 10}


def test_jobs_of_one_weight_take_turns(frontier):
    frontier.configure([JobTerms("one"), JobTerms("two")], NOW)
    for job in ("one", "two"):
        frontier.add(job, urls(job, 10), NOW)
    owner = join(frontier)
    jobs = jobs_of(frontier, owner, held_host(frontier, owner), 10)
    assert jobs in (["one", "two"] * 5, ["two", "one"] * 5)


def test_a_newcomer_has_its_share_at_once_and_no_more(frontier):
    frontier.configure([JobTerms("old"), JobTerms("new")], NOW)
    frontier.add("old", urls("old", 100), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    assert jobs_of(frontier, owner, host, 50) == ["old"] * 50
    frontier.add("new", urls("new", 100), NOW)
    assert Counter(jobs_of(frontier, owner, host, 20)) == {"old": 10, "new": 10}


def test_turns_that_went_by_while_a_job_had_nothing_are_gone(frontier):
    frontier.configure([JobTerms("one"), JobTerms("two")], NOW)
    frontier.add("one", urls("one", 100), NOW)
    frontier.add("two", urls("two", 2), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    assert Counter(jobs_of(frontier, owner, host, 60)) == {"one": 58, "two": 2}
    frontier.add("two", [seed(f"http://a/more/{at}", "two") for at in range(50)], NOW)
    assert Counter(jobs_of(frontier, owner, host, 20)) == {"one": 10, "two": 10}


def test_what_one_job_leaves_of_a_host_the_others_have(frontier):
    frontier.configure(CLASSES, NOW)
    for name, number in (("high", 3), ("normal", 0), ("low", 100)):
        frontier.add(name, urls(name, number), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    assert Counter(jobs_of(frontier, owner, host, 50)) == {"high": 3, "low": 47}


def test_turns_are_remembered_when_a_host_changes_hands(open_one):
    one, other = open_one(), open_one()
    for frontier in (one, other):
        frontier.configure(CLASSES, NOW)
    for job in CLASSES:
        one.add(job.name, urls(job.name, 100), NOW)
    jobs = Counter()
    for frontier in (one, other) * 35:
        owner = join(frontier)
        host = held_host(frontier, owner)
        (task,) = take(frontier, owner, new=0, refills={host.id: 1})[host.key].tasks
        jobs[task.job] += 1
        frontier.settle(owner, [settled(task, Kind.STORED, Done())], [])
        frontier.leave(owner, [], NOW)
    assert abs(jobs["high"] - 40) <= 3
    assert abs(jobs["normal"] - 20) <= 3
    assert abs(jobs["low"] - 10) <= 3


@pytest.mark.parametrize("company", [False, True])
def test_a_url_that_failed_does_not_overtake_those_that_waited(frontier, company):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    frontier.add("job", urls("job", 4), NOW)
    if company:
        frontier.add("other", urls("other", 1, host="a"), NOW + 1000)
    owner = join(frontier)
    host = held_host(frontier, owner)
    lease = lambda now: take(frontier, owner, now, new=0, refills={host.id: 1})[host.key].tasks  # noqa: E731
    (failed,) = lease(NOW)
    frontier.settle(owner, [settled(failed, Kind.TIMEOUT, Again(NOW + 5))], [])
    order = [task.url for _ in range(4) for task in lease(NOW + 10)]
    assert order == [f"http://a/job/{at}" for at in (1, 2, 3, 0)]


def test_neither_does_it_overtake_within_one_lease(frontier):
    frontier.add("job", urls("job", 4), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    (failed,) = take(frontier, owner, new=0, refills={host.id: 1})[host.key].tasks
    frontier.settle(owner, [settled(failed, Kind.TIMEOUT, Again(NOW + 5))], [])
    tasks = take(frontier, owner, NOW + 10, new=0, refills={host.id: 9})[host.key].tasks
    assert [task.url for task in tasks] == [f"http://a/job/{at}" for at in (1, 2, 3, 0)]


# Between hosts, by class.


def classes(frontier, **numbers):
    """Have as many hosts of every class as are wanted."""
    frontier.configure(CLASSES, NOW)
    for name, number in numbers.items():
        frontier.add(name, seeds(*(f"{name}{at}" for at in range(number)), job=name), NOW)
    return join(frontier)


def classes_of(frontier, owner, limit, times=1):
    """Lease hosts, and return the names of their classes."""
    hosts = [host for _ in range(times) for host in take(frontier, owner, new=limit).values()]
    return [host.jobs[0] for host in hosts]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 10, 35, 70])
def test_classes_share_the_hosts_that_are_taken_however_few_are_taken_at_once(frontier, limit):
    owner = classes(frontier, high=80, normal=80, low=80)
    taken = classes_of(frontier, owner, limit, times=70 // limit)
    counts = Counter(taken)
    for job in CLASSES:
        assert abs(counts[job.name] - len(taken) * job.weight / 7) < 1.5, counts


def test_no_class_starves_though_the_others_never_run_dry(frontier):
    owner = classes(frontier, high=200, normal=200, low=3)
    taken = classes_of(frontier, owner, 1, times=28)
    assert taken.count("low") == 3


def test_what_one_class_leaves_the_others_have(frontier):
    owner = classes(frontier, high=2, normal=0, low=20)
    assert Counter(classes_of(frontier, owner, 10)) == {"high": 2, "low": 8}
    assert Counter(classes_of(frontier, owner, 10)) == {"low": 10}


def test_a_class_that_had_nothing_for_long_has_its_share_and_no_more(frontier):
    owner = classes(frontier, normal=100)
    assert classes_of(frontier, owner, 50) == ["normal"] * 50
    frontier.add("high", seeds(*(f"high{at}" for at in range(50)), job="high"), NOW)
    assert abs(classes_of(frontier, owner, 21).count("high") - 14) <= 1


def test_a_host_is_of_the_highest_class_among_its_jobs(frontier):
    frontier.configure(CLASSES, NOW)
    frontier.add("low", seeds("both", "low", job="low"), NOW)
    owner = join(frontier)
    give_back(frontier, owner, *take(frontier, owner).values())
    frontier.add("high", seeds("both", job="high"), NOW)
    give_back(frontier, owner, *take(frontier, owner).values())
    assert next(iter(take(frontier, owner, new=1))) == "both:80"


@pytest.mark.parametrize(("job", "risen"), [("high", 6), ("low", 0)])
def test_a_host_that_is_ready_rises_with_a_greater_job_and_falls_with_no_other(
    frontier, job, risen
):
    owner = classes(frontier, normal=20)
    frontier.add(job, [seed(f"http://normal{at}/{job}", job) for at in range(9, 19)], NOW + 5)
    hosts = take(frontier, owner, NOW + 5, new=9)
    assert len([host for host in hosts.values() if len(host.jobs) == 2]) == risen


def test_a_host_is_of_the_class_of_its_job_from_the_first(frontier):
    owner = classes(frontier, low=8, normal=8)
    assert Counter(classes_of(frontier, owner, 6)) == {"normal": 4, "low": 2}


# Hosts at one address.


def found_at(frontier, owner, address, *hosts):
    """Note where hosts were found, as it is noted with what they are owed."""
    rests = [HostRecord(host.id, NOW, address=address) for host in hosts]
    frontier.settle(owner, [], rests)


def test_hosts_at_an_address_stay_with_the_process_that_holds_one_of_them(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"abcd", each=5), NOW)
    hosts = take(one, mine, new=4) | take(one, mine, new=4)
    hosts |= take(other, theirs, new=4)
    assert sorted(hosts) == ["a:80", "b:80", "c:80", "d:80"]
    for key in ("a:80", "b:80"):
        assert moved(one, mine, hosts[key], "192.0.2.7") == set()
    give_back(one, mine, hosts["b:80"])
    assert take(other, theirs) == {}, "a is still held there"
    give_back(one, mine, hosts["a:80"])
    assert moved(other, theirs, hosts["c:80"], "192.0.2.7") == set()
    assert take(one, mine) == {}, "c is held by the other"
    assert sorted(take(other, theirs, new=1)) == ["a:80"]
    give_back(other, theirs, hosts["c:80"])
    assert take(one, mine) == {}, "a is held by the other"
    assert set(take(other, theirs, new=3)) <= {"b:80", "c:80"}


def moved(frontier, owner, host, address):
    """Note where a host was found; return which went back for it."""
    return move(frontier, owner, [HostRecord(host.id, NOW, address=address)])


def test_a_host_found_at_an_address_of_another_process_goes_back_and_is_for_that_one(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"ab", each=3), NOW)
    mine_there, theirs_there = take(one, mine, new=1)["a:80"], take(other, theirs, new=9)["b:80"]
    assert moved(one, mine, mine_there, "192.0.2.7") == set()
    assert moved(other, theirs, theirs_there, "192.0.2.7") == {theirs_there.id}
    assert one.sums().counts.leased == len(mine_there.tasks)
    assert take(other, theirs, new=9) == {}, "it is not taken again meanwhile"
    again = take(one, mine, new=9)["b:80"]
    assert (again.address, again.tasks) == ("192.0.2.7", theirs_there.tasks)
    assert {task.attempt for task in again.tasks} == {1}


def test_who_asks_again_takes_no_url_of_the_process_that_has_a_refused_host_since(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"ab", each=3), NOW)
    there, here = take(one, mine, new=1)["a:80"], take(other, theirs, new=9)["b:80"]
    moved(one, mine, there, "192.0.2.7")
    assert moved(other, theirs, here, "192.0.2.7") == {here.id}
    tasks = take(one, mine, new=9)["b:80"].tasks
    assert moved(other, theirs, here, "192.0.2.7") == {here.id}, "an answer that was lost"
    one.settle(mine, [settled(task, Kind.STORED, Done()) for task in tasks], [])
    assert one.sums().counts.finished == {"stored": len(tasks)}


def test_what_a_refused_host_is_owed_is_kept(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"ab"), NOW)
    here, there = take(one, mine, new=1)["a:80"], take(other, theirs, new=9)["b:80"]
    moved(one, mine, here, "192.0.2.7")
    rest = HostRecord(there.id, NOW + 50, address="192.0.2.7")
    assert move(other, theirs, [rest]) == {there.id}
    lease = other.lease(theirs, NOW, new=9, refills={}, idle=[])
    assert (lease.hosts, lease.next_at) == ((), NOW + 50)


def test_a_process_may_find_any_number_of_its_hosts_at_one_address(frontier):
    owner = join(frontier)
    frontier.add("job", seeds(*"abc"), NOW)
    for host in take(frontier, owner).values():
        assert moved(frontier, owner, host, "192.0.2.7") == set()
    assert frontier.sums().counts.leased == 3


def test_who_holds_a_host_of_an_address_may_take_others_of_it(frontier):
    owner = join(frontier)
    frontier.add("job", seeds(*"abc"), NOW)
    hosts = take(frontier, owner)
    found_at(frontier, owner, "192.0.2.7", *hosts.values())
    give_back(frontier, owner, *hosts.values())
    assert len(take(frontier, owner, new=1)) == 1
    assert len(take(frontier, owner, new=9)) == 2


def test_an_address_is_free_when_its_holder_drained(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"ab"), NOW)
    hosts = take(one, mine, new=1) | take(one, mine, new=9) | take(other, theirs, new=9)
    assert len(hosts) == 2
    moved(one, mine, hosts["a:80"], "192.0.2.7")
    other.settle(theirs, [], [HostRecord(hosts["b:80"].id, NOW, address="192.0.2.7")])
    other.leave(theirs, [], NOW)
    theirs = join(other)
    assert take(other, theirs) == {}
    one.leave(mine, [], NOW)
    assert sorted(take(other, theirs)) == ["a:80", "b:80"]


def test_where_a_host_was_found_is_told_to_whoever_takes_it_next(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    (host,) = take(frontier, owner).values()
    assert host.address is None
    found_at(frontier, owner, "2001:db8::7", host)
    found_at(frontier, owner, None, host)  # not looked up this time: that is no news
    frontier.leave(owner, [], NOW)
    assert take(frontier, join(frontier))["a:80"].address == "2001:db8::7"


# What goes back without a turn.


def test_tasks_that_go_back_are_as_if_they_had_not_been_leased(frontier):
    frontier.add("job", urls("job", 4), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    kept, *back = (*host.tasks, *take(frontier, owner, new=0, refills={host.id: 2})["a:80"].tasks)
    assert take(frontier, owner, new=0, back=[task.id for task in back]) == {}
    assert (frontier.sums().counts.leased, frontier.sums().counts.waiting) == (1, 3)
    again = take(frontier, owner, new=0, refills={host.id: 9})["a:80"].tasks
    assert again == tuple(back)
    assert {task.attempt for task in again} == {1}
    assert kept not in again


def test_a_host_whose_tasks_go_back_with_it_waits_for_its_rest_and_they_for_nothing(frontier):
    frontier.add("job", urls("job", 2), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    rest = [HostRecord(host.id, NOW + 50)]
    back = [task.id for task in host.tasks]
    lease = frontier.lease(owner, NOW, new=9, refills={}, idle=rest, back=back)
    assert (lease.hosts, lease.next_at) == ((), NOW + 50)
    assert frontier.sums().counts.leased == 0
    assert take(frontier, owner, NOW + 50)["a:80"].tasks == host.tasks


def test_a_task_that_was_settled_does_not_go_back(frontier):
    frontier.add("job", urls("job", 1), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    frontier.settle(owner, [settled(host.tasks[0], Kind.STORED, Done())], [])
    take(frontier, owner, new=0, back=[host.tasks[0].id])
    assert (frontier.sums().counts.waiting, frontier.sums().counts.finished) == (0, {"stored": 1})


# The feeder, which takes the turns.


def test_a_host_whose_tasks_went_back_before_its_visit_was_settled_is_not_forgotten(frontier):
    frontier.configure([JobTerms("job", delay=0.3)], time.time())
    frontier.add("job", urls("job", 3), time.time())
    settings = Settings(jobs=(Job(name="job", urls=("http://a/",), delay="300ms"),))
    held, handoff = OwnHosts(HostOverrides(settings), None, Silence()), Queue(4)
    feeder = Feeder(frontier, join(frontier, time.time()), handoff, 4, held, deliver=handoff.put)
    feeder.leaser.lease()
    (host,) = held.hosts.values()
    feeder._hand_off(heapq.heappop(feeder._ready)[2], time.monotonic())
    first = handoff.get(timeout=1)
    assert feeder.begun(first)
    now = time.monotonic()
    feeder.finished(Visited(first, Outcome(Kind.STORED, 200), now))
    host.pace.turn_at = now + 60  # it rests for long, so its other task goes back
    feeder.leaser.lease()
    assert not host.tasks
    assert held.hosts[host.id] is host, "a visit of it is not settled yet"
    host.pace.turn_at = now  # and the rest has gone by when that is settled at last
    feeder.settled([first])
    running = [gevent.spawn(feeder.run), gevent.spawn(feeder.leaser.run)]
    try:
        assert handoff.get(timeout=5).url == "http://a/job/1"
    finally:
        gevent.killall(running)


def test_jobs_that_have_nothing_due_cost_a_lease_nothing(frontier, tmp_path):
    """A thousand jobs may visit one host: no lease writes a row for each of them."""
    file = tmp_path / "state.sqlite"
    names = [f"job{number}" for number in range(200)]
    frontier.configure([JobTerms(name) for name in names], NOW)
    for name in names:
        frontier.add(name, [seed("http://a/1", name)], NOW)
    execute(file, "CREATE TABLE written (n INTEGER)")
    execute(
        file,
        "CREATE TRIGGER served AFTER UPDATE ON host_job BEGIN INSERT INTO written VALUES (1); END",
    )
    owner, taken = join(frontier), 0
    (host,) = take(frontier, owner, new=1).values()
    while host.tasks:
        taken += len(host.tasks)
        settled_all = [settled(task, Kind.STORED, Done()) for task in host.tasks]
        frontier.settle(owner, settled_all, [])
        (host,) = take(frontier, owner, new=0, refills={host.id: 5}).values()
    assert taken == len(names)
    ((written,),) = execute(file, "SELECT count(*) FROM written")
    assert written <= 2 * len(names)


def test_the_first_hosts_of_a_new_job_come_before_the_many_that_are_ready(frontier):
    frontier.configure([JobTerms("long"), JobTerms("late")], NOW)
    many = [f"l{n}" for n in range(100)]
    frontier.add("long", seeds(*many, job="long"), NOW)
    few = [f"n{n}" for n in range(FIRST_HOSTS + 1)]
    frontier.add("late", seeds(*few, job="late"), NOW + 5)
    taken = take(frontier, join(frontier), NOW + 6, new=101)
    assert list(taken) == [f"{host}:80" for host in [*few[:FIRST_HOSTS], *many][:101]]


def test_of_the_due_urls_of_a_job_those_of_the_lowest_rank_go_first(frontier, file):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", [seed(f"http://a/{number}") for number in range(5)], NOW)
    execute(file, "UPDATE job SET ranked = 1")
    for rank, number in ((0, 3), (2, 0)):
        execute(file, "UPDATE task SET rank = ? WHERE url = ?", rank, f"http://a/{number}")
    execute(file, "UPDATE task SET rank = 0, due_at = ? WHERE url = 'http://a/4'", NOW + 1)
    owner = join(frontier)
    host = held_host(frontier, owner)
    tasks = take(frontier, owner, new=0, refills={host.id: 9})[host.key].tasks
    assert [task.url for task in tasks] == [f"http://a/{number}" for number in (3, 1, 2, 0)]


def test_a_host_is_ready_when_the_first_of_its_urls_is_due_whatever_their_ranks(frontier, file):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", [seed(f"http://a/{number}") for number in range(3)], NOW)
    execute(file, "UPDATE job SET ranked = 1")
    for rank, at in enumerate((50, 20, 30)):
        execute(
            file, "UPDATE task SET rank = ?, due_at = ? WHERE url = ?",
            rank, NOW + at, f"http://a/{rank}",
        )  # fmt: skip
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    give_back(frontier, owner, host)
    assert frontier.lease(owner, NOW, new=1, refills={}, idle=[]).next_at == NOW + 20


def test_a_host_of_many_jobs_gets_a_bounded_number_that_is_said(frontier):
    names = [f"job{number:03}" for number in range(100)]
    frontier.configure([JobTerms(name) for name in names], NOW)
    for name in names:
        frontier.add(name, urls(name, 3), NOW)
    owner = join(frontier)
    host = held_host(frontier, owner)
    leased = take(frontier, owner, new=0, refills={host.id: 250})[host.key]
    assert (len(leased.tasks), leased.looked_for) == (TASKS_OF_MANY, TASKS_OF_MANY)
    assert set(Counter(task.job for task in leased.tasks).values()) == {1}
