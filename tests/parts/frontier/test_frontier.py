"""The contract of a frontier: what is known, leased and settled."""

import pytest

from crawler.frontier import LEASE_S, HostsMet, Pulse, Wake, Wanted, pages
from crawler.model import Kept, Kind, Validators
from crawler.records import Again, Dead, Done, Hop, HostRecord, JobTerms
from tests.parts.desk import rows, times_listed, unfinished
from tests.parts.frontiers import (
    LATER,
    NOW,
    beat,
    done,
    join,
    one_task,
    reclaim,
    seed,
    seeds,
    settled,
    take,
)

EVERY_ENGINE = True


def test_a_url_becomes_known_once(frontier):
    assert frontier.add("job", seeds("a", "b", each=3), NOW) == 6
    assert frontier.add("job", seeds("b", "c", each=3), NOW) == 3
    assert frontier.add("job", seeds("d") * 5, NOW) == 1
    assert frontier.add("job", [], NOW) == 0
    assert (frontier.sums().counts.known, frontier.sums().counts.waiting) == (10, 10)
    assert frontier.sums().counts.hosts == 4
    assert [host.key for host in rows(frontier, HostsMet())] == ["a:80", "b:80", "c:80", "d:80"]


def test_two_jobs_each_have_the_url_of_their_own(frontier):
    assert frontier.add("one", seeds("a", job="one"), NOW) == 1
    assert frontier.add("two", seeds("a", job="two"), NOW) == 1
    tasks = take(frontier, join(frontier))["a:80"].tasks
    assert {task.job for task in tasks} == {"one", "two"}


def test_a_repeat_is_counted_only_where_that_is_asked_for(frontier):
    frontier.add("job", seeds("a"), NOW)
    frontier.add("job", seeds("a"), NOW)
    assert times_listed(frontier) == {"": 1}
    assert frontier.add("job", seeds("a", "a", "b"), NOW, recount=True) == 1
    assert times_listed(frontier) == {"": 4}
    assert frontier.sums().counts.known == 2


def test_a_leased_task_is_what_was_added(frontier):
    frontier.configure([JobTerms("job", delay=2.5)], NOW)
    one = seed("http://a:81/x?y")._replace(path="a/x.gif")
    frontier.add("job", [one], NOW)
    (host,) = take(frontier, join(frontier)).values()
    (task,) = host.tasks
    assert (host.key, host.delay, host.id) == ("a:81", 2.5, task.host_id)
    assert (task.job, task.url, task.location, task.host) == ("job", one.url, one.url, "a:81")
    assert (task.fingerprint, task.path) == (one.fingerprint, "a/x.gif")
    assert (task.attempt, task.failures, task.hops) == (1, 0, 0)


def test_what_is_not_due_is_not_leased_and_the_time_is_told(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW + 50)
    lease = frontier.lease(owner, NOW, new=10, refills={}, idle=[])
    assert (lease.hosts, lease.next_at) == ((), NOW + 50)
    assert list(take(frontier, owner, NOW + 50)) == ["a:80"]


def test_a_host_has_one_owner_at_a_time(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds("a", each=5), NOW)
    assert list(take(one, mine)) == ["a:80"]
    assert take(other, theirs, NOW + LEASE_S / 2) == {}


def test_of_a_host_owned_more_tasks_are_taken_as_wanted_and_none_twice(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a", each=10), NOW)
    host = take(frontier, owner)["a:80"]
    more = take(frontier, owner, new=0, refills={host.id: 4})["a:80"].tasks
    assert len(more) == 4
    assert len({task.id for task in (*host.tasks, *more)}) == len(host.tasks) + 4
    assert frontier.sums().counts.leased == len(host.tasks) + 4


def test_no_more_hosts_are_taken_than_asked_for(frontier):
    owner = join(frontier)
    frontier.add("job", seeds(*"abcdef"), NOW)
    assert len(take(frontier, owner, new=2)) == 2
    assert len(take(frontier, owner, new=0)) == 0
    assert len(take(frontier, owner, new=100)) == 4


def test_two_owners_share_the_hosts_fairly(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"abcdefgh", each=2), NOW)
    assert len(take(one, mine, new=100)) == 4
    assert len(take(other, theirs, new=100)) == 4


def test_a_process_that_is_paused_takes_no_share_of_the_hosts(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*"abcdefgh"), NOW)
    beat(other, theirs, NOW, Pulse("paused"))
    assert len(take(one, mine, new=100)) == 8
    assert one.lease(mine, NOW, new=0, refills={}, idle=[]).surplus == 0
    beat(other, theirs, NOW, Pulse("running"))
    assert one.lease(mine, NOW, new=0, refills={}, idle=[]).surplus == 4


def test_who_took_everything_before_another_came_is_told_what_to_give_back(open_one):
    one = open_one()
    mine = join(one)
    one.add("job", seeds(*"abcdefgh"), NOW)
    held = list(take(one, mine, new=100).values())
    assert len(held) == 8
    other = open_one()
    theirs = join(other)
    surplus = one.lease(mine, NOW, new=0, refills={}, idle=[]).surplus
    assert surplus == 4
    back = [HostRecord(host.id, NOW + 1) for host in held[:surplus]]
    tasks = [task for host in held[:surplus] for task in host.tasks]
    one.settle(mine, [settled(task, Kind.TIMEOUT, Again(NOW)) for task in tasks], [])
    one.lease(mine, NOW, new=0, refills={}, idle=back)
    assert take(other, theirs, NOW) == {}
    assert len(take(other, theirs, NOW + 1)) == 4


def test_an_idle_host_is_given_back_with_what_it_is_still_owed(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.configure([JobTerms("job", delay=1.0)], NOW)
    one.add("job", seeds("a", each=3), NOW)
    host = take(one, mine)["a:80"]
    done = [settled(task, Kind.STORED, Done()) for task in host.tasks]
    one.settle(mine, done, [])
    assert take(one, mine, new=0, idle=[HostRecord(host.id, NOW + 30)]) == {}
    assert take(other, theirs, NOW + 29.9) == {}
    again = take(other, theirs, NOW + 30)["a:80"]
    assert (again.next_at, again.delay) == (NOW + 30, 1.0)


def test_what_a_host_is_owed_outlasts_the_process(engine):
    with engine.frontier() as frontier:
        owner = join(frontier)
        frontier.add("job", seeds("a", each=3), NOW)
        host = take(frontier, owner)["a:80"]
        rests = [HostRecord(host.id, NOW + 30)]
        frontier.settle(owner, [settled(host.tasks[0], Kind.STORED, Done())], rests)
        assert len(frontier.leave(owner, [], NOW)) == len(host.tasks) - 1
    with engine.frontier() as frontier:
        owner = join(frontier)
        assert take(frontier, owner, NOW + 29) == {}
        assert take(frontier, owner, NOW + 30)["a:80"].next_at == NOW + 30


@pytest.mark.parametrize(
    ("kind", "verdict", "finished", "waiting"),
    [
        (Kind.STORED, Done(), {"stored": 1}, 0),
        (Kind.NOT_FOUND, Dead("404"), {"not_found": 1}, 0),
        (Kind.TIMEOUT, Again(NOW + 9), {}, 1),
        (Kind.REDIRECTED, Hop("http://b/"), {}, 1),
    ],
)
def test_a_verdict_is_counted_and_lasts(frontier, kind, verdict, finished, waiting):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    frontier.settle(owner, [settled(one_task(frontier, owner), kind, verdict)], [])
    counts = frontier.sums().counts
    assert (counts.known, counts.leased, counts.waiting) == (1, 0, waiting)
    assert counts.finished == finished
    assert times_listed(frontier) == ({"": 1} if waiting else {kind: 1})
    assert len(unfinished(frontier)) == waiting
    frontier.leave(owner, [], NOW)
    assert len(take(frontier, join(frontier), NOW + LATER)) == waiting


def test_a_task_comes_again_at_its_time_with_its_failures_counted(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(NOW + 50))], [])
    assert take(frontier, owner, NOW + 49, new=0, refills={task.host_id: 9})["a:80"].tasks == ()
    (again,) = take(frontier, owner, NOW + 50, new=0, refills={task.host_id: 9})["a:80"].tasks
    assert (again.attempt, again.failures, again.id) == (2, 1, task.id)


def test_a_hop_moves_the_task_to_another_host_and_leaves_its_identity(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("https://b:81/x"))], [])
    (hop,) = take(frontier, owner, NOW)["b:81"].tasks
    assert (hop.url, hop.location, hop.host) == (task.url, "https://b:81/x", "b:81")
    assert (hop.hops, hop.failures, hop.fingerprint) == (1, 0, task.fingerprint)
    assert hop.host_id != task.host_id
    back = settled(hop, Kind.REDIRECTED, Hop(task.url))
    frontier.settle(owner, [back], [])
    (home,) = take(frontier, owner, NOW, new=0, refills={task.host_id: 1})["a:80"].tasks
    assert (home.location, home.host_id, home.hops) == (task.url, task.host_id, 2)


def test_a_mirror_gets_a_task_with_its_failures_and_begins_with_no_hop(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://a/there"))], [])
    (there,) = take(frontier, owner, NOW, new=0, refills={task.host_id: 1})["a:80"].tasks
    kept = Kept("x.part", Validators('"e"'), 9)
    frontier.settle(owner, [], [], kept={task.id: kept})
    away = Again(NOW, location="https://b:81/x")
    frontier.settle(owner, [settled(there, Kind.TIMEOUT, away)], [])
    (mirror,) = take(frontier, owner, NOW)["b:81"].tasks
    assert (mirror.url, mirror.location, mirror.host) == (task.url, "https://b:81/x", "b:81")
    assert (mirror.hops, mirror.failures, mirror.kept) == (0, 1, kept)
    home = Again(NOW, location=task.url, keeps=False)
    frontier.settle(owner, [settled(mirror, Kind.TIMEOUT, home)], [])
    (again,) = take(frontier, owner, NOW, new=0, refills={task.host_id: 1})["a:80"].tasks
    assert (again.location, again.failures, again.kept) == (task.url, 2, None)


@pytest.mark.parametrize("verdict", [Done(NOW + 9), Dead("gone", next_at=NOW + 9)])
def test_what_was_led_to_another_host_begins_anew_at_its_own(frontier, verdict):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("https://b:81/x"))], [])
    (hop,) = take(frontier, owner, NOW)["b:81"].tasks
    frontier.settle(owner, [settled(hop, Kind.STORED, verdict, digest="ab")], [])
    refills = {task.host_id: 5, hop.host_id: 5}
    hosts = take(frontier, owner, NOW + 9, new=0, refills=refills)
    assert [one.location for one in hosts["a:80"].tasks] == ["http://a/0"]
    assert hosts["b:81"].tasks == ()


def test_a_path_has_one_task_for_good_and_the_next_gets_its_second_choice(frontier):
    assert frontier.claim([(1, "h/a", "h/a-1")]) == ["h/a"]
    assert frontier.claim([(2, "h/a", "h/a-2"), (3, "h/b", "h/b-3")]) == ["h/a-2", "h/b"]
    assert frontier.claim([(1, "h/a", "h/a-1"), (2, "h/a", "h/a-2")]) == ["h/a", "h/a-2"]


def test_paths_that_differ_in_case_alone_are_one(frontier):
    paths = [(1, "h/A", "h/A-1"), (2, "h/a", "h/a-2"), (3, "H/a", "H/a-3")]
    assert frontier.claim(paths) == ["h/A", "h/a-2", "H/a-3"]


def test_a_job_that_is_no_longer_configured_is_retired_and_revived(frontier):
    for job in ("one", "two"):
        frontier.add(job, seeds("a", "b", job=job), NOW)
    frontier.configure([JobTerms("two")], NOW)
    counts = frontier.sums().counts
    assert (counts.known, counts.waiting, counts.finished) == (2, 2, {})
    assert {task.job for task in unfinished(frontier)} == {"two"}
    owner = join(frontier)
    leased = [task.job for host in take(frontier, owner).values() for task in host.tasks]
    assert leased == ["two", "two"]
    frontier.leave(owner, [], NOW)
    frontier.configure([JobTerms("one"), JobTerms("two"), JobTerms("three")], NOW)
    assert (frontier.sums().counts.waiting, frontier.sums().counts.finished) == (4, {})
    assert sum(len(host.tasks) for host in take(frontier, join(frontier)).values()) == 4


def test_a_host_that_has_only_retired_tasks_is_not_leased(frontier):
    frontier.add("one", seeds("a", job="one"), NOW)
    frontier.configure([JobTerms("two")], NOW)
    owner = join(frontier)
    assert done(frontier, owner, Wake()) == [1]
    lease = frontier.lease(owner, NOW, new=9, refills={}, idle=[])
    assert (lease.hosts, lease.next_at) == ((), None)


@pytest.mark.parametrize("way", ["release", "again", "hop", "reclaim"])
def test_a_task_that_was_held_while_its_job_was_retired_is_not_leased_again(frontier, way):
    """Nobody who is configured without the job could visit it."""
    frontier.add("one", seeds("a", job="one"), NOW)
    owner = join(frontier)
    task = one_task(frontier, owner)
    frontier.configure([JobTerms("two")], NOW)
    if way == "again":
        frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(NOW))], [])
    if way == "hop":
        frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://b/"))], [])
    if way == "reclaim":
        reclaim(frontier, NOW + LATER, "another machine")
    else:
        frontier.leave(owner, [], NOW)
    frontier.configure([JobTerms("two")], NOW)
    hosts = take(frontier, join(frontier), NOW + 2 * LATER)
    assert [task.job for host in hosts.values() for task in host.tasks] == []


def test_what_is_unfinished_is_read_in_pages(frontier):
    frontier.add("job", seeds("a", "b", each=4_000), NOW)
    owner = join(frontier)
    task = take(frontier, owner)["b:80"].tasks[0]
    frontier.settle(owner, [settled(task, Kind.STORED, Done())], [])
    found = list(pages(frontier, Wanted(states=("waiting", "leased"))))
    ids = [one.id for page in found for one in page]
    assert len(found) > 1
    assert len(ids) == 7_999
    assert ids == sorted(ids)
    assert task.id not in ids


def test_a_settlement_that_comes_twice_counts_once(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    done = settled(one_task(frontier, owner), Kind.STORED, Done(), size=3)
    frontier.settle(owner, [done], [])
    frontier.settle(owner, [done], [])
    assert frontier.sums().counts.finished == {"stored": 1}
    assert frontier.sums().counts.waiting == 0


def test_a_settlement_of_an_earlier_lease_changes_nothing(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(NOW))], [])
    host = HostRecord(task.host_id, NOW)
    (again,) = take(frontier, owner, idle=[host])["a:80"].tasks
    frontier.settle(owner, [settled(task, Kind.STORED, Done())], [])
    assert frontier.sums().counts.finished == {}
    frontier.settle(owner, [settled(again, Kind.NOT_FOUND, Dead("gone"))], [])
    assert frontier.sums().counts.finished == {"not_found": 1}


def test_a_task_that_another_process_has_by_now_is_neither_given_back_nor_settled(open_one):
    one, other = open_one(), open_one()
    mine = join(one)
    one.add("job", seeds("a"), NOW)
    (host,) = take(one, mine).values()
    idle, back = [HostRecord(host.id, NOW)], [task.id for task in host.tasks]
    one.lease(mine, NOW, new=0, refills={}, idle=idle, back=back)
    theirs = join(other)
    (there,) = take(other, theirs).values()
    assert there.tasks == host.tasks, "the same attempt"
    one.lease(mine, NOW, new=0, refills={}, idle=idle, back=back)  # the first reply was lost
    one.settle(mine, [settled(host.tasks[0], Kind.STORED, Done())], [])
    assert one.sums().counts.finished == {}
    assert one.sums().counts.leased == 1
    other.settle(theirs, [settled(there.tasks[0], Kind.STORED, Done())], [])
    assert other.sums().counts.finished == {"stored": 1}
