"""Lists as desired state: chunks come, change and go, URLs are added, retired and revived."""

from dataclasses import replace

import pytest

from crawler.frontier import KnownChunk, ReadChunk, Retire, Sources, SourceState, Wake
from crawler.model import Kind
from crawler.records import Again, Dead, Done, JobTerms
from tests.parts.desk import chunks, rows, schedule, sources, times_listed, unfinished
from tests.parts.frontiers import (
    NOW,
    done,
    end_pass,
    join,
    one_task,
    put,
    seed,
    seeds,
    settled,
    take,
)
from tests.parts.ledgers import execute, fit


def chunk(number, *seeds, bad=0):
    return ReadChunk(number, hash((number, seeds)) & 0x7FFFFFFF, list(seeds), bad)


@pytest.fixture
def reader(frontier):
    """A process that reads lists, and visits nothing."""
    return join(frontier)


def listing(frontier, reader, job="job", name="urls"):
    return frontier.begin_pass(reader, job, name)


def admit(frontier, one, *chunks, now=NOW):
    return put(frontier, one, chunks, now)


def gone(frontier, one, *anchors):
    """End a pass by which chunks are gone, and begin the next one."""
    end_pass(frontier, one, None, gone=anchors)
    (name,) = (name for name, each in rows(frontier, Sources(one.job)) if each.id == one.source)
    return frontier.begin_pass(one.owner, one.job, name)


def retire(frontier, reader, job="job"):
    (found,) = done(frontier, reader, Retire(job))
    return found.urls


def urls(frontier):
    return sorted(task.url for task in unfinished(frontier))


def test_a_chunk_adds_its_urls_once_however_often_it_is_admitted(frontier, reader):
    number = listing(frontier, reader)
    one = chunk(1, *seeds("a", "b"))
    assert admit(frontier, number, one).added == 2
    assert admit(frontier, number, one).added == 0
    assert chunks(frontier, number.source) == {1: KnownChunk(one.key, 2, 0)}
    assert times_listed(frontier) == {"": 2}


def test_of_a_changed_chunk_only_the_difference_is_written(frontier, reader):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a", "b", "c")))
    assert admit(frontier, number, chunk(1, *seeds("a", "c", "d"))).added == 1
    assert retire(frontier, reader) == 0, "nothing goes before it is applied"
    gone(frontier, number)
    assert retire(frontier, reader) == 1
    assert urls(frontier) == ["http://a/0", "http://c/0", "http://d/0"]
    counts = frontier.sums().counts
    assert (counts.known, counts.retired, counts.waiting) == (4, 1, 3)


def test_a_url_that_moves_to_another_chunk_is_not_retired(frontier, reader):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a", "b")), chunk(2, *seeds("c")))
    admit(frontier, number, chunk(1, *seeds("a")))
    admit(frontier, number, chunk(2, *seeds("b", "c")))
    gone(frontier, number)
    assert retire(frontier, reader) == 0
    assert len(urls(frontier)) == 3


def test_a_url_that_is_listed_twice_stays_until_both_lines_are_gone(frontier, reader):
    one, other = listing(frontier, reader), listing(frontier, reader, name="url_file:/x")
    admit(frontier, one, chunk(1, *seeds("a"), *seeds("a")))
    admit(frontier, other, chunk(1, *seeds("a")))
    admit(frontier, one, chunk(1))
    gone(frontier, one)
    assert retire(frontier, reader) == 0
    other = gone(frontier, other, 1)
    assert retire(frontier, reader) == 1


def test_the_same_url_on_the_lists_of_two_jobs_is_two_tasks(frontier, reader):
    for job in ("one", "two"):
        admit(frontier, listing(frontier, reader, job), chunk(1, *seeds("a", job=job)))
    gone(frontier, listing(frontier, reader, "one"), 1)
    assert retire(frontier, reader, "one") == 1
    assert [task.job for task in unfinished(frontier)] == ["two"]


@pytest.mark.parametrize(
    ("kind", "verdict", "waits"),
    [
        (Kind.STORED, Done(), False),
        (Kind.NOT_FOUND, Dead("404"), False),
        (Kind.TIMEOUT, Again(NOW + 5), True),
        (None, None, True),
    ],
)
def test_what_is_listed_again_comes_back_with_its_history(frontier, reader, kind, verdict, waits):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a")))
    owner = join(frontier)
    task = one_task(frontier, owner)
    if kind:
        frontier.settle(owner, [settled(task, kind, verdict)], [])
    frontier.leave(owner, [], NOW)
    number = gone(frontier, number, 1)
    assert retire(frontier, reader) == 1
    assert (frontier.sums().counts.waiting, frontier.sums().counts.finished) == (0, {})
    owner = join(frontier)
    assert not any(host.tasks for host in take(frontier, owner, NOW + 99).values())
    frontier.leave(owner, [], NOW)
    synced = admit(frontier, number, chunk(1, *seeds("a")), now=NOW + 50)
    assert (synced.added, synced.revived) == (0, 1)
    counts = frontier.sums().counts
    assert (counts.waiting, counts.retired) == (int(waits), 0)
    assert counts.finished == ({} if waits else {kind.value: 1})
    hosts = take(frontier, join(frontier), NOW + 99)
    assert sum(len(host.tasks) for host in hosts.values()) == int(waits)


def test_what_is_being_visited_is_retired_when_its_visit_is_over(frontier, reader):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a")))
    owner = join(frontier)
    task = one_task(frontier, owner)
    number = gone(frontier, number, 1)
    assert retire(frontier, reader) == 0
    frontier.settle(owner, [settled(task, Kind.STORED, Done())], [])
    assert retire(frontier, reader) == 1
    assert (frontier.sums().counts.finished, frontier.sums().counts.retired) == ({}, 1)


def test_the_files_of_retired_urls_stay_theirs(frontier, reader):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a")))
    owner = join(frontier)
    task = one_task(frontier, owner)
    assert frontier.claim([(task.id, "x", "y")]) == ["x"]
    frontier.settle(owner, [settled(task, Kind.STORED, Done(), path="x")], [])
    number = gone(frontier, number, 1)
    retire(frontier, reader)
    assert frontier.claim([(task.id + 1, "x", "y")]) == ["y"]


def test_the_mark_of_a_source_is_remembered_and_a_source_that_is_gone_forgotten(frontier, reader):
    number = listing(frontier, reader, name="url_file:/a")
    admit(frontier, number, chunk(1, *seeds("a")))
    state = SourceState(number.source, "m:1", 5, 2)
    frontier.end_pass(number, state, NOW)
    assert sources(frontier, "job") == {"url_file:/a": state}
    number = listing(frontier, reader, name="url_file:/a")
    assert number.state == state
    number = gone(frontier, number, 1)
    frontier.end_pass(number, SourceState(number.source), NOW)
    assert sources(frontier, "job") == {}


def test_retiring_goes_in_slices_and_ends(frontier, reader):
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a", each=2500)))
    number = gone(frontier, number, 1)
    assert [found.urls for found in done(frontier, reader, Retire("job"))] == [1000, 1000, 500]
    assert frontier.sums().counts.retired == 2500


def test_columns_that_headers_use_come_with_the_task_and_change_with_the_list(frontier, reader):
    number = listing(frontier, reader)
    one = seed("http://a/1")._replace(extra='{"ref": "x"}')
    admit(frontier, number, chunk(1, one))
    owner = join(frontier)
    assert one_task(frontier, owner).extra == {"ref": "x"}
    frontier.leave(owner, [], NOW)
    admit(frontier, number, chunk(1, one._replace(extra='{"ref": "y"}')))
    assert one_task(frontier, join(frontier)).extra == {"ref": "y"}


def test_a_scheduled_url_is_finished_and_due_again(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.STORED, Done(NOW + 60), digest="aa")], [])
    counts = frontier.sums().counts
    assert (counts.finished, counts.again, counts.waiting) == ({"stored": 1}, 1, 1)
    frontier.leave(owner, [], NOW)
    owner = join(frontier)
    assert take(frontier, owner, NOW + 59) == {}
    task = one_task(frontier, owner, NOW + 61)
    assert (task.ended, task.digest, task.due_at) == ("stored", "aa", NOW + 60)
    frontier.settle(owner, [settled(task, Kind.UNCHANGED, Done(), at=NOW + 62)], [])
    counts = frontier.sums().counts
    assert (counts.finished, counts.again, counts.waiting) == ({"unchanged": 1}, 0, 0)


def test_another_schedule_moves_due_times_and_none_ends_them(frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", each=3), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner, refills={1: 3}).values()
    frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in host.tasks], [])
    done = len(host.tasks)
    fit(frontier, owner, NOW + 30, job="every 1h")
    assert (frontier.sums().counts.again, frontier.sums().counts.waiting) == (done, 3)
    assert schedule(frontier, "job") == "every 1h"
    fit(frontier, owner, None, job="")
    assert (frontier.sums().counts.again, frontier.sums().counts.waiting) == (0, 3 - done)
    assert schedule(frontier, "job") == ""


def test_a_schedule_that_changed_while_a_url_was_retired_holds_when_it_comes_back(frontier, reader):
    frontier.configure([JobTerms("job")], NOW)
    fit(frontier, reader, None, job="every 30d")
    number = listing(frontier, reader)
    admit(frontier, number, chunk(1, *seeds("a")))
    owner = join(frontier)
    task = one_task(frontier, owner)
    frontier.settle(owner, [settled(task, Kind.STORED, Done(NOW + 30 * 86_400))], [])
    frontier.leave(owner, [], NOW)
    number = gone(frontier, number, 1)
    retire(frontier, reader)
    fit(frontier, reader, NOW + 3600, job="every 1h")
    assert frontier.sums().counts.retired == 1
    admit(frontier, number, chunk(1, *seeds("a")), now=NOW + 60)
    owner = join(frontier)
    (host,) = take(frontier, owner, NOW + 3599).values()
    assert host.tasks == ()
    (host,) = take(frontier, owner, NOW + 3600, refills={host.id: 1}).values()
    assert [task.ended for task in host.tasks] == ["stored"]


def test_a_chunk_that_brings_nothing_new_still_notes_its_key(frontier, reader):
    number = listing(frontier, reader)
    one = chunk(1, *seeds("a"))
    admit(frontier, number, one)
    admit(frontier, number, replace(one, key=7, bad=3))
    assert chunks(frontier, number.source) == {1: KnownChunk(7, 1, 3)}


def test_hosts_learn_of_many_jobs_that_went_in_one_walk_and_few_of_them_are_looked_at_twice(
    frontier, tmp_path
):
    names = [f"j{n}" for n in range(20)]
    frontier.configure([JobTerms(name) for name in ("stays", *names)], NOW)
    for name in names:
        frontier.add(name, seeds("a", name, job=name), NOW)
    frontier.add("stays", seeds("a", "b", job="stays"), NOW + 50)
    execute(
        tmp_path / "state.sqlite",
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n LIMIT 45000) "
        "INSERT INTO host (id, key) SELECT i, 'other' || i FROM n",
    )
    frontier.configure([JobTerms("stays")], NOW)
    owner = join(frontier)
    assert done(frontier, owner, Wake()) == [21, 0, 0]
    assert done(frontier, owner, Wake()) == [0], "all have learned it"
    ready = execute(tmp_path / "state.sqlite", "SELECT key FROM host WHERE ready_at IS NOT NULL")
    assert sorted(key for (key,) in ready) == ["a:80", "b:80"]


def test_what_is_new_is_due_now_and_its_host_is_ready_since_this_second(frontier, file):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b", each=2), NOW + 0.75)
    assert execute(file, "SELECT DISTINCT due_at FROM task") == [(NOW + 0.75,)]
    assert execute(file, "SELECT DISTINCT ready_at FROM host") == [(NOW,)]
    assert take(frontier, join(frontier), NOW + 0.75).keys() == {"a:80", "b:80"}


def test_a_new_job_waits_for_no_hosts_that_were_ready_in_the_same_second(frontier, file):
    frontier.configure([JobTerms("long"), JobTerms("short")], NOW)
    frontier.add("long", seeds(*(f"h{number}" for number in range(40)), job="long"), NOW + 0.25)
    assert execute(file, "SELECT DISTINCT ready_at FROM host") == [(NOW,)]
    frontier.add("short", seeds("one", job="short"), NOW + 0.75)
    assert "one:80" in take(frontier, join(frontier), NOW + 0.75, new=4)
