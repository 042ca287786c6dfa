"""The contract of a frontier: a host's robots.txt is known before anything else of it is visited.

`NOW` is wall time; a lease of a host that is held already asks for its tasks with `refills`.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from crawler.frontier import InFlight, RobotsOf, Wake
from crawler.frontier.process import current
from crawler.frontier.sql.rows.robots import ASKED_FOR_S
from crawler.frontier.sql.visits.jobs import ROWS_AT_ONCE
from crawler.frontier.wishes import ALL
from crawler.model import Kind
from crawler.records import Again, Done, Hop, HostRecord, JobTerms, Robots
from crawler.urls import origin_of
from tests.parts.desk import times_listed, unfinished
from tests.parts.frontiers import (
    NOW,
    done,
    gone,
    join,
    reclaim,
    seed,
    seeds,
    settled,
    take,
)
from tests.parts.ledgers import execute

DAY = 86_400.0
HOUR = 3600.0
OBEYS = [JobTerms("job", obeys=True)]


def brought(task, at=NOW, *, until=NOW + DAY, refresh_at=None, crawl_delay=0.0, body=b"x"):
    """A visit to a robots.txt that brought one."""
    origin = origin_of(task.url)
    record = Robots(origin, body, 200, at, until, refresh_at or until, crawl_delay=crawl_delay)
    return replace(settled(task, Kind.STORED, Done(), at), robots=record)


def away(task, until, at=NOW, known=None):
    """A visit to a robots.txt that could not be had, to be tried again."""
    known = known or Robots(origin_of(task.url), None, None, 0.0, 0.0, 0.0)
    record = replace(known, status=503, refresh_at=until, failing_since=at, failures=1, reason="5")
    verdict = Again(until, charged=False)
    return replace(settled(task, Kind.HTTP_ERROR, verdict, at, status=503), robots=record)


def more(frontier, owner, host, now=NOW, limit=9):
    """Lease more tasks of a host that is held."""
    return take(frontier, owner, now, new=0, refills={host.id: limit})[host.key].tasks


def back(frontier, owner, *hosts, at=NOW):
    """Give hosts back, and return when the next one is ready."""
    rests = [HostRecord(host.id, at) for host in hosts]
    return frontier.lease(owner, at, new=0, refills={}, idle=rests).next_at


def asked(frontier, owner, now=NOW):
    """Lease the one host there is, and return it with the visit to its robots.txt."""
    (host,) = take(frontier, owner, now).values()
    (task,) = host.tasks
    assert task.robots
    return host, task


@pytest.fixture
def owner(frontier):
    """Who visits for a job that obeys, of which host a has three URLs."""
    frontier.configure(OBEYS, NOW)
    frontier.add("job", seeds("a", each=3), NOW)
    return join(frontier)


def test_the_first_visit_to_a_host_is_to_its_robots_txt(frontier, owner):
    host, task = asked(frontier, owner)
    assert (task.url, task.location, task.host) == ("http://a/robots.txt",) * 2 + ("a:80",)
    assert (task.job, task.host_id, task.attempt, task.hops) == ("job", host.id, 1, 0)
    assert more(frontier, owner, host) == ()
    assert more(frontier, owner, host, NOW + 60) == ()


@pytest.mark.parametrize(
    ("url", "robots"),
    [
        ("http://a/x/y?z", "http://a/robots.txt"),
        ("https://a/", "https://a/robots.txt"),
        ("http://a:8080/", "http://a:8080/robots.txt"),
        ("http://[::1]:8080/x", "http://[::1]:8080/robots.txt"),
    ],
)
def test_the_robots_txt_is_that_of_the_origin(frontier, url, robots):
    frontier.configure(OBEYS, NOW)
    frontier.add("job", [seed(url)], NOW)
    assert asked(frontier, join(frontier))[1].url == robots


def test_once_the_rules_are_known_the_urls_come(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    assert [task.robots for task in more(frontier, owner, host)] == [False] * 3
    assert frontier.entry(RobotsOf("http://a:80")).body == b"x"
    assert frontier.entry(RobotsOf("https://a:80")) is None


def test_a_host_given_back_while_its_rules_were_fetched_comes_again_at_once(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    assert back(frontier, owner, host) == NOW
    (again,) = take(frontier, owner).values()
    assert not any(task.robots for task in again.tasks)


def test_who_ignores_robots_txt_is_not_kept_from_anything(frontier):
    frontier.configure([JobTerms("job", obeys=False)], NOW)
    frontier.add("job", seeds("a"), NOW)
    (host,) = take(frontier, join(frontier)).values()
    assert [task.url for task in host.tasks] == ["http://a/0"]


@pytest.mark.parametrize("job", [True, False])
def test_what_is_said_of_a_host_counts_more_than_what_is_said_of_a_job(frontier, job):
    said = {"yes:80": True, "no:80": False}
    frontier.configure([JobTerms("job", obeys=job)], NOW, obeys=said)
    frontier.add("job", seeds("yes", "no", "unsaid"), NOW)
    hosts = take(frontier, join(frontier))
    robots = {key: host.tasks[0].robots for key, host in hosts.items()}
    assert robots == {"yes:80": True, "no:80": False, "unsaid:80": job}


def test_a_crawl_delay_is_told_where_robots_txt_is_obeyed(frontier, owner):
    host, task = asked(frontier, owner)
    assert host.crawl_delay == 0
    frontier.settle(owner, [brought(task, crawl_delay=7.0)], [])
    back(frontier, owner, host)
    assert take(frontier, owner)["a:80"].crawl_delay == 7
    frontier.leave(owner, [], NOW)
    frontier.configure(OBEYS, NOW, obeys={"*": False})
    assert take(frontier, join(frontier))["a:80"].crawl_delay == 0


# While it cannot be had.


def test_while_its_robots_txt_cannot_be_had_a_host_is_left_alone(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [away(task, NOW + 100)], [])
    assert more(frontier, owner, host, NOW + 99) == ()
    assert back(frontier, owner, host) == NOW + 100
    assert take(frontier, owner, NOW + 99) == {}
    host, again = asked(frontier, owner, NOW + 100)
    assert (again.id, again.attempt, again.failures) == (task.id, 2, 0)
    frontier.settle(owner, [away(again, NOW + 500, NOW + 100)], [])
    assert back(frontier, owner, host, at=NOW + 100) == NOW + 500
    assert asked(frontier, owner, NOW + 500)


def test_urls_that_are_added_meanwhile_change_nothing_about_it(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [away(task, NOW + 100)], [])
    back(frontier, owner, host)
    frontier.add("job", [seed("http://a/new")], NOW + 1)
    assert take(frontier, owner, NOW + 99) == {}
    assert asked(frontier, owner, NOW + 100)


def test_a_restart_asks_no_sooner_and_takes_no_such_host_twice_in_vain(frontier, owner):
    frontier.add("job", seeds("b", "c"), NOW)
    hosts = take(frontier, owner)
    visits = [away(host.tasks[0], NOW + 100) for host in hosts.values()]
    frontier.settle(owner, visits, [])
    frontier.leave(owner, [], NOW)
    frontier.configure(OBEYS, NOW + 1)
    owner = join(frontier)
    vain = take(frontier, owner, NOW + 1)
    assert not [task for host in vain.values() for task in host.tasks]
    assert back(frontier, owner, *vain.values(), at=NOW + 1) == NOW + 100
    assert take(frontier, owner, NOW + 99) == {}
    again = take(frontier, owner, NOW + 100)
    assert {task.robots for host in again.values() for task in host.tasks} == {True}
    assert len(again) == 3


def test_a_visit_that_failed_by_our_own_fault_is_made_again_and_nothing_is_learned(frontier, owner):
    host, task = asked(frontier, owner)
    verdict = Again(NOW + 3, charged=False)
    frontier.settle(owner, [settled(task, Kind.CONNECT, verdict, ours=True)], [])
    assert frontier.entry(RobotsOf("http://a:80")) is None
    assert back(frontier, owner, host) == NOW + 3
    assert asked(frontier, owner, NOW + 3)[1].id == task.id


def test_a_job_that_does_not_obey_goes_on_meanwhile(frontier):
    frontier.configure([JobTerms("good", obeys=True), JobTerms("bad")], NOW)
    frontier.add("good", seeds("a", each=2, job="good"), NOW)
    frontier.add("bad", [seed(f"http://a/bad/{n}", "bad") for n in range(4)], NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    assert [(task.job, task.robots) for task in host.tasks] == [("good", True), ("bad", False)]
    done = settled(host.tasks[1], Kind.STORED, Done())
    frontier.settle(owner, [away(host.tasks[0], NOW + 100), done], [])
    assert back(frontier, owner, host) == NOW
    (host,) = take(frontier, owner).values()
    rest = (*host.tasks, *more(frontier, owner, host))
    assert [task.job for task in rest] == ["bad"] * 3
    frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in rest], [])
    assert back(frontier, owner, host) == NOW + 100
    frontier.add("good", [seed("http://a/later", "good")], NOW)
    assert take(frontier, owner) == {}
    frontier.add("bad", [seed("http://a/later", "bad")], NOW)
    (host,) = take(frontier, owner).values()
    assert [task.job for task in host.tasks] == ["bad"]


@pytest.mark.parametrize("due", [NOW + HOUR, None])
def test_a_job_that_obeys_and_has_nothing_due_keeps_nobody_waiting(frontier, due):
    frontier.configure([JobTerms("good", obeys=True), JobTerms("bad")], NOW)
    frontier.add("good", seeds("a", job="good"), NOW)
    owner = join(frontier)
    host, robots = asked(frontier, owner)
    frontier.settle(owner, [brought(robots, until=NOW + 10)], [])
    (task,) = more(frontier, owner, host)
    end = Again(due) if due else Done()
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, end)], [])
    back(frontier, owner, host)
    frontier.add("bad", [seed("http://a/bad", "bad")], NOW + 20)
    (host,) = take(frontier, owner, NOW + 20).values()
    assert [task.job for task in host.tasks] == ["bad"]


def test_where_all_must_obey_by_an_override_nobody_goes_on_meanwhile(frontier):
    frontier.configure([JobTerms("good", obeys=True), JobTerms("bad")], NOW, obeys={"*": True})
    for job in ("good", "bad"):
        frontier.add(job, seeds("a", each=2, job=job), NOW)
    owner = join(frontier)
    host, task = asked(frontier, owner)
    frontier.settle(owner, [away(task, NOW + 100)], [])
    assert back(frontier, owner, host) == NOW + 100
    assert take(frontier, owner, NOW + 99) == {}


def test_a_host_is_free_once_the_configuration_says_to_ignore_its_robots_txt(frontier, owner):
    _, task = asked(frontier, owner)
    frontier.settle(owner, [away(task, NOW + 100)], [])
    frontier.leave(owner, [], NOW)
    frontier.configure(OBEYS, NOW + 1, obeys={"*": False})
    (host,) = take(frontier, join(frontier), NOW + 1).values()
    assert {task.url for task in host.tasks} == {"http://a/0", "http://a/1"}


def test_what_the_configuration_says_of_hosts_they_learn_in_slices(frontier, file):
    count = 2 * ROWS_AT_ONCE + 1
    frontier.configure(OBEYS, NOW)
    frontier.add("job", seeds(*(f"h{number}" for number in range(count))), NOW)
    frontier.configure(OBEYS, NOW, obeys={"*": False, "h7": True})
    frontier.add("job", seeds("new"), NOW)
    ((said,),) = execute(file, "SELECT count(*) FROM host WHERE obeys = 0")
    assert said == ROWS_AT_ONCE, "the first slice but for h7, and the new one"
    owner = join(frontier)
    assert len(done(frontier, owner, Wake())) == 2
    assert execute(file, "SELECT obeys, count(*) FROM host GROUP BY 1") == [(0, count), (1, 1)]
    frontier.configure(OBEYS, NOW, obeys={"*": False, "h7": True})
    assert len(done(frontier, owner, Wake())) == 1, "nothing has changed"


# When rules grow old.


def test_rules_that_hold_are_refreshed_while_the_urls_go_on(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task, refresh_at=NOW + 60)], [])
    (first,) = more(frontier, owner, host, NOW + 59, limit=1)
    assert not first.robots
    both = more(frontier, owner, host, NOW + 60, limit=2)
    assert [task.robots for task in both] == [True, False]
    assert [task.robots for task in more(frontier, owner, host, NOW + 61)] == [False]


def test_rules_that_hold_go_on_holding_while_they_cannot_be_refreshed(frontier, owner):
    host, task = asked(frontier, owner)
    fetched = brought(task, refresh_at=NOW + 60)
    frontier.settle(owner, [fetched], [])
    robots, _ = more(frontier, owner, host, NOW + 60, limit=2)
    frontier.settle(owner, [away(robots, NOW + 500, NOW + 60, fetched.robots)], [])
    assert not any(task.robots for task in more(frontier, owner, host, NOW + 70, limit=1))
    assert frontier.entry(RobotsOf("http://a:80")).body == b"x"
    assert [task.robots for task in more(frontier, owner, host, NOW + 500)] == [True, False]


def test_rules_that_ran_out_must_be_known_anew(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task, until=NOW + HOUR)], [])
    assert more(frontier, owner, host, NOW + HOUR - 1, limit=1)
    back(frontier, owner, host, at=NOW + HOUR)
    host, again = asked(frontier, owner, NOW + HOUR)
    assert (again.id, again.attempt, again.hops) == (task.id, 1, 0)
    assert more(frontier, owner, host, NOW + HOUR) == ()
    frontier.settle(owner, [brought(again, NOW + HOUR, until=NOW + DAY)], [])
    assert len(more(frontier, owner, host, NOW + HOUR)) == 2


def test_nothing_is_asked_for_a_host_of_which_nothing_is_due(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task, until=NOW + HOUR)], [])
    rest = more(frontier, owner, host)
    frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in rest], [])
    assert more(frontier, owner, host, NOW + DAY) == ()
    assert back(frontier, owner, host, at=NOW + DAY) is None


def test_a_visit_that_is_lost_is_asked_for_anew_after_an_hour(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://lost/robots.txt"))], [])
    assert back(frontier, owner, host) == NOW  # that is host lost, which nobody takes
    assert [host.key for host in take(frontier, owner, NOW + ASKED_FOR_S - 1).values()] == [
        "lost:80"
    ]
    (host,) = take(frontier, owner, NOW + ASKED_FOR_S).values()
    (again,) = host.tasks
    assert (host.key, again.url, again.location) == ("a:80",) + ("http://a/robots.txt",) * 2
    assert again.hops == 0
    assert frontier.entry(InFlight(ALL)) == 1, "the lost one is in flight no more"


# Where it leads elsewhere.


def test_a_robots_txt_that_is_elsewhere_is_fetched_from_there_and_speaks_for_its_host(
    frontier, owner
):
    host, task = asked(frontier, owner)
    hop = settled(task, Kind.REDIRECTED, Hop("https://b:81/there.txt"))
    frontier.settle(owner, [hop], [])
    assert more(frontier, owner, host) == ()
    back(frontier, owner, host)
    (other,) = take(frontier, owner).values()
    (moved,) = other.tasks
    assert (other.key, moved.id, moved.robots, moved.hops) == ("b:81", task.id, True, 1)
    assert (moved.url, moved.location) == (task.url, "https://b:81/there.txt")
    assert take(frontier, owner, NOW + 60) == {}
    frontier.settle(owner, [brought(moved)], [])
    assert frontier.entry(RobotsOf("http://a:80")).body == b"x"
    assert frontier.entry(RobotsOf("https://b:81")) is None
    (host,) = take(frontier, owner).values()
    assert host.key == "a:80"
    assert len((*host.tasks, *more(frontier, owner, host))) == 3


def test_it_may_hop_within_its_host(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://a/there.txt"))], [])
    (moved,) = more(frontier, owner, host)
    assert (moved.id, moved.location, moved.hops) == (task.id, "http://a/there.txt", 1)


def test_it_may_hop_to_a_host_that_another_process_owns(open_one):
    one, other = open_one(), open_one()
    for frontier in (one, other):
        frontier.configure(OBEYS, NOW)
    one.add("job", seeds("a", "b", each=3), NOW)
    mine, theirs = join(one), join(other)
    ((key, host),) = take(one, mine, new=1).items()
    ((_, held),) = take(other, theirs, new=1).items()
    other.settle(theirs, [brought(held.tasks[0])], [])
    (task,) = host.tasks
    there = f"http://{held.key.removesuffix(':80')}/robots.txt"
    one.settle(mine, [settled(task, Kind.REDIRECTED, Hop(there))], [])
    back(one, mine, host)
    assert take(one, mine) == {}
    moved, *_ = more(other, theirs, held)
    assert (moved.id, moved.robots, moved.location) == (task.id, True, there)
    assert take(one, mine, NOW + 60) == {}
    other.settle(theirs, [brought(moved, NOW + 60)], [])
    assert list(take(one, mine, NOW + 60)) == [key]


def test_the_host_that_it_leads_to_has_rules_of_its_own(frontier, owner):
    frontier.add("job", seeds("b", each=2), NOW)
    hosts = take(frontier, owner)
    robots = {key: host.tasks[0] for key, host in hosts.items()}
    there = "http://b/robots.txt"
    frontier.settle(owner, [settled(robots["a:80"], Kind.REDIRECTED, Hop(there))], [])
    (moved,) = more(frontier, owner, hosts["b:80"])
    frontier.settle(owner, [brought(moved, body=b"for a")], [])
    assert more(frontier, owner, hosts["b:80"]) == ()
    frontier.settle(owner, [brought(robots["b:80"], body=b"for b")], [])
    assert len(more(frontier, owner, hosts["b:80"])) == 2
    assert frontier.entry(RobotsOf("http://a:80")).body == b"for a"


def test_a_url_that_hops_to_another_host_waits_for_the_rules_there(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    (first,) = more(frontier, owner, host, limit=1)
    frontier.settle(owner, [settled(first, Kind.REDIRECTED, Hop("https://b/0"))], [])
    other = take(frontier, owner)["b:443"]
    (robots,) = other.tasks
    assert (robots.url, robots.robots) == ("https://b/robots.txt", True)
    frontier.settle(owner, [brought(robots)], [])
    (moved,) = more(frontier, owner, other)
    assert moved.id == first.id


# Two schemes on one port.


def test_an_origin_that_turns_out_to_be_unknown_is_asked_for(frontier, owner):
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    tasks = more(frontier, owner, host)
    wanted = "https://a:80/robots.txt"
    waits = settled(
        tasks[0], Kind.ROBOTS, Again(NOW + 3, charged=False), asked=False, needs_robots=wanted
    )
    frontier.settle(owner, [waits], [])
    (robots,) = more(frontier, owner, host)
    assert (robots.url, robots.robots, robots.host_id) == (wanted, True, host.id)
    frontier.settle(owner, [waits], [])  # another one wants it too
    assert more(frontier, owner, host) == ()
    frontier.settle(owner, [brought(robots, body=b"s")], [])
    assert frontier.entry(RobotsOf("https://a:80")).body == b"s"
    assert frontier.entry(RobotsOf("http://a:80")).body == b"x"
    (again,) = more(frontier, owner, host, NOW + 3)
    assert (again.id, again.failures) == (tasks[0].id, 0)


# It is no URL of anybody's list.


def test_visits_to_robots_txt_appear_in_no_sum_and_on_no_list(frontier, owner):
    def seen():
        counts = frontier.sums().counts
        urls = [task.url for task in unfinished(frontier)]
        return counts.known, counts.waiting, counts.leased, counts.finished, urls

    urls = [f"http://a/{number}" for number in range(3)]
    assert seen() == (3, 3, 0, {}, urls)
    host, task = asked(frontier, owner)
    assert seen() == (3, 3, 0, {}, urls)
    frontier.settle(owner, [away(task, NOW + 9)], [])
    assert seen() == (3, 3, 0, {}, urls)
    (task,) = more(frontier, owner, host, NOW + 9)
    frontier.settle(owner, [brought(task)], [])
    assert seen() == (3, 3, 0, {}, urls)
    assert sum(times_listed(frontier).values()) == 3
    done = [settled(task, Kind.STORED, Done()) for task in more(frontier, owner, host)]
    frontier.settle(owner, done, [])
    assert seen() == (3, 0, 0, {"stored": 3}, [])


def test_a_list_may_name_a_robots_txt_as_well(frontier, owner):
    frontier.add("job", [seed("http://a/robots.txt")], NOW)
    assert frontier.sums().counts.known == 4
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    tasks = more(frontier, owner, host)
    assert [task.robots for task in tasks if task.url == "http://a/robots.txt"] == [False]


def test_two_jobs_ask_once_and_both_learn_it(frontier):
    frontier.configure([JobTerms("one", obeys=True), JobTerms("two", obeys=True)], NOW)
    for job in ("one", "two"):
        frontier.add(job, seeds("a", job=job), NOW)
    owner = join(frontier)
    host, task = asked(frontier, owner)
    frontier.settle(owner, [brought(task)], [])
    assert {task.job for task in more(frontier, owner, host)} == {"one", "two"}


# Crashes, restarts, and jobs that go.


def test_a_crash_in_the_middle_of_such_a_visit_delays_it_and_no_more(frontier):
    frontier.configure([JobTerms("job", delay=20.0, obeys=True)], NOW)
    frontier.add("job", seeds("a"), NOW)
    _, task = asked(frontier, frontier.join(gone(), NOW).owner)
    (lost,) = reclaim(frontier, NOW + 1, current().machine)
    assert (lost.task.id, lost.task.robots, lost.task.job, lost.died) == (
        task.id,
        True,
        "job",
        False,
    )
    owner = join(frontier, NOW)
    assert take(frontier, owner, NOW + 20) == {}
    host, again = asked(frontier, owner, NOW + 21)
    assert (again.id, again.attempt) == (task.id, 2)
    frontier.settle(owner, [brought(again)], [])
    assert len(more(frontier, owner, host, NOW + 21)) == 1


def test_a_drain_in_the_middle_of_such_a_visit_gives_it_back(frontier, owner):
    _, task = asked(frontier, owner)
    (released,) = frontier.leave(owner, [], NOW)
    assert (released.id, released.robots, released.job) == (task.id, True, "job")
    assert asked(frontier, join(frontier))[1].attempt == 1


def test_what_is_known_outlasts_the_process(engine):
    with engine.frontier() as frontier:
        frontier.configure(OBEYS, NOW)
        frontier.add("job", seeds("a"), NOW)
        owner = join(frontier)
        _, task = asked(frontier, owner)
        known = brought(task, crawl_delay=3.0, refresh_at=NOW + 60)
        frontier.settle(owner, [known], [])
        frontier.leave(owner, [], NOW)
    with engine.frontier() as frontier:
        frontier.configure(OBEYS, NOW)
        assert frontier.entry(RobotsOf("http://a:80")) == known.robots
        (host,) = take(frontier, join(frontier)).values()
        assert [task.robots for task in host.tasks] == [False]
        assert host.crawl_delay == 3


def test_every_field_of_what_is_known_is_kept(frontier, owner):
    _, task = asked(frontier, owner)
    failed = away(task, NOW + 100)
    frontier.settle(owner, [failed], [])
    assert frontier.entry(RobotsOf("http://a:80")) == failed.robots


@pytest.mark.parametrize("way", ["waits", "is held", "has hopped"])
def test_a_visit_that_a_job_left_behind_keeps_no_other_job_waiting(frontier, way):
    frontier.configure([JobTerms("one", obeys=True), JobTerms("two", obeys=True)], NOW)
    frontier.add("one", seeds("a", job="one"), NOW)
    owner = join(frontier)
    _, task = asked(frontier, owner)
    if way == "has hopped":
        frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://b/robots.txt"))], [])
    if way == "is held":
        frontier.configure([JobTerms("two", obeys=True)], NOW)
    frontier.leave(owner, [], NOW)
    frontier.configure([JobTerms("two", obeys=True)], NOW)
    frontier.add("two", seeds("a", job="two"), NOW)
    owner, now = join(frontier), NOW
    if way == "has hopped":  # to where nobody goes any more
        back(frontier, owner, *take(frontier, owner).values())
        now = NOW + ASKED_FOR_S
    host, again = asked(frontier, owner, now)
    assert (host.key, again.job) == ("a:80", "two")
    frontier.settle(owner, [brought(again, now)], [])
    assert [task.job for task in more(frontier, owner, host, now)] == ["two"]


def test_a_visit_for_a_job_that_is_gone_is_made_by_nobody(frontier):
    """Whoever is configured without the job has no options to make it with."""
    frontier.configure([JobTerms("one", obeys=True), JobTerms("two", obeys=True)], NOW)
    frontier.add("one", seeds("a", job="one"), NOW)
    frontier.add("two", seeds("c", job="two"), NOW)
    owner = join(frontier)
    task = take(frontier, owner)["a:80"].tasks[0]
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://b/robots.txt"))], [])
    frontier.leave(owner, [], NOW)
    frontier.configure([JobTerms("two", obeys=True)], NOW)
    owner = join(frontier)
    hosts = take(frontier, owner, NOW + 1)
    assert [task.job for host in hosts.values() for task in host.tasks] == ["two"]
    back(frontier, owner, *(host for host in hosts.values() if host.key != "c:80"), at=NOW + 1)
    assert take(frontier, owner, NOW + 2) == {}


def test_a_visit_is_made_with_the_options_of_a_job_that_is_here(open_one):
    one, other = open_one(), open_one()
    one.configure([JobTerms("one", obeys=True), JobTerms("two", obeys=True)], NOW)
    one.add("one", seeds("a", job="one"), NOW)
    one.add("two", seeds("a", job="two"), NOW)
    mine = join(one)
    assert asked(one, mine)[1].job == "one"
    one.leave(mine, [], NOW)
    other.configure([JobTerms("two", obeys=True)], NOW)
    assert asked(other, join(other))[1].job == "two"


def test_a_job_that_comes_while_the_robots_txt_fails_has_its_host_when_it_is_asked_again(frontier):
    """A job was renamed: the new name is known before its list is, the old one no longer."""
    frontier.configure([JobTerms("old", obeys=True)], NOW)
    frontier.add("old", seeds("a", job="old"), NOW)
    owner = join(frontier)
    host, task = asked(frontier, owner)
    frontier.configure([JobTerms("new", obeys=True)], NOW)
    assert done(frontier, owner, Wake()) == [1]
    frontier.settle(owner, [away(task, NOW + 30, NOW + 5)], [])
    back(frontier, owner, host, at=NOW + 6)
    frontier.add("new", seeds("a", job="new"), NOW + 7)
    assert take(frontier, owner, NOW + 29) == {}
    host, again = asked(frontier, owner, NOW + 31)
    assert (host.key, again.job) == ("a:80", "new")


def test_a_host_that_had_a_dot_in_an_earlier_version_learns_its_rules_and_is_merged(
    engine, frontier, owner, tmp_path
):
    frontier.leave(owner, [], NOW)
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db, db:
        db.execute("UPDATE host SET key = replace(key, ':', '.:')")
        db.execute("UPDATE task SET url = replace(url, 'http://a/', 'http://a./')")
    with engine.frontier() as later:
        owner = join(later)
        host, task = asked(later, owner)
        assert (host.key, task.url) == ("a.:80", "http://a/robots.txt")
        later.settle(owner, [brought(task)], [])
        first, *_ = more(later, owner, host)
        later.settle(owner, [settled(first, Kind.TIMEOUT, Again(NOW + 1.0), NOW)], [])
        later.leave(owner, [], NOW)
        again = take(later, join(later), NOW + HOUR)
    assert {key: len(one.tasks) for key, one in again.items()} == {"a:80": 1, "a.:80": 2}


def test_a_configuration_touches_few_of_many_hosts_that_wait_and_the_others_follow(
    frontier, owner, tmp_path
):
    file, number = tmp_path / "state.sqlite", 2 * ROWS_AT_ONCE + 100
    frontier.leave(owner, [], NOW)
    execute(
        file,
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
        "INSERT INTO host (id, key, opens_at, asked_until) SELECT i, 'h' || i, ?, ? FROM n",
        number, NOW + 50, NOW + 100,
    )  # fmt: skip

    def left():
        return execute(file, "SELECT count(*) FROM host WHERE asked_until > 0")[0][0]

    before = left()
    frontier.configure(OBEYS, NOW)
    assert left() == before - ROWS_AT_ONCE
    assert execute(file, "SELECT count(*) FROM host WHERE opens_at > 0") == [(number,)]
    assert done(frontier, join(frontier), Wake()) == [0, 0]
    assert left() == 0
