"""What nothing refers to is forgotten, and nothing else: hosts, their robots.txt, lists."""

from collections import Counter

from crawler.frontier import Forget, ForgetUnused
from crawler.frontier.sql.desk import unused
from crawler.model import DAY_S, Kind, Outcome
from crawler.records import Done, Hop, HostRecord, JobTerms, Robots, Settlement
from tests.parts.desk import change
from tests.parts.frontiers import NOW, Timed, join, seeds, settled, take
from tests.parts.ledgers import assert_sums, execute, listed

LATER = NOW + 3 * DAY_S
IDLE = 2 * DAY_S
KEYS = "SELECT key FROM host ORDER BY key"


def forget(file, now=LATER):
    """Forget what was given up, and then what nothing refers to; return the counts."""
    change(file, Forget(now), now)
    return change(file, ForgetUnused(IDLE), now)


def keys(file):
    return [key for (key,) in execute(file, KEYS)]


def retired(frontier, *names):
    """Have URLs be known and retired, and one stay on the list, at the host `z` that came last."""
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, *names, "z/0")
    listed(frontier, "z/0")


def test_a_host_whose_urls_are_forgotten_is_forgotten_and_may_come_back(file, frontier):
    retired(frontier, "a/0", "b/0")
    assert forget(file, NOW + 1) == Counter(host=2)
    assert keys(file) == ["z:80"]
    assert execute(file, "SELECT host FROM host_job") == execute(file, "SELECT id FROM host")
    assert frontier.sums().met == 1
    listed(frontier, "b/0", "z/0")
    assert keys(file) == ["b:80", "z:80"]
    assert {"b:80"} <= take(frontier, join(frontier), LATER).keys()
    assert execute(file, "SELECT * FROM used") == []
    assert_sums(file)


def test_a_host_that_is_owed_a_rest_or_was_visited_lately_stays(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "z/0")
    owner = join(frontier)
    task = take(frontier, owner)["a:80"].tasks[0]
    rest = HostRecord(task.host_id, LATER + 5)
    frontier.settle(owner, [settled(task, Kind.NOT_FOUND, Done())], [rest])
    frontier.leave(owner, [], NOW)
    listed(frontier, "z/0")
    assert forget(file)["host"] == 0
    assert forget(file, LATER + IDLE)["host"] == 0
    assert forget(file, LATER + IDLE + 6)["host"] == 1
    assert keys(file) == ["z:80"]


def test_the_robots_txt_of_a_host_is_forgotten_with_it_once_its_rules_are_old(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    listed(frontier, "a/0", "z/0")
    owner = join(frontier)
    task = take(frontier, owner)["a:80"].tasks[0]
    assert task.robots
    rules = Robots("http://a:80", b"", 200, NOW, NOW + DAY_S, NOW + DAY_S)
    frontier.settle(owner, [Settlement(task, Outcome(Kind.STORED), Done(), NOW, rules)], [])
    frontier.leave(owner, [], NOW)
    listed(frontier, "z/0")
    assert forget(file, NOW + IDLE)["host"] == 0
    assert forget(file, NOW + IDLE + DAY_S)["host"] == 1
    assert execute(file, "SELECT origin FROM robots") == []
    assert [url for (url,) in execute(file, "SELECT url FROM task WHERE job = 0")] == [
        "http://z/robots.txt"
    ]
    assert execute(file, "SELECT count(*) FROM known") == execute(file, "SELECT count(*) FROM task")


def test_a_host_to_which_a_url_hops_while_hosts_are_looked_through_stays(file, frontier):
    """Its URL was on a page that had been looked at by then, and has ended there unvisited."""
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "b/0")
    listed(frontier, "a/0", "z/0")
    owner = join(frontier)
    task = take(frontier, owner)["a:80"].tasks[0]
    change(file, Forget(LATER), LATER)
    after, slices = (0, 0), 0
    while after == (0, 0) or after[1] >= 0:
        after, slices = frontier.change(ForgetUnused(0.0), after).after, slices + 1
    assert slices >= 2
    hop = Settlement(task, Outcome(Kind.REDIRECTED), Hop("http://b/1"), NOW)
    frontier.settle(owner, [hop], [])
    execute(file, "UPDATE task SET state = 3 WHERE id = ?", task.id)
    execute(file, "UPDATE host SET owner = NULL, ready_at = NULL")
    while after is not None:
        after = frontier.change(ForgetUnused(0.0), after).after
    assert "b:80" in keys(file)


def test_a_process_that_remembers_a_forgotten_host_meets_it_anew(file, frontier):
    with Timed(file, durable=False) as other:
        retired(frontier, "a/0", "b/0")
        owner = join(other)
        other.add("job", seeds("c"), NOW)
        execute(file, "DELETE FROM task WHERE url = 'http://c/0'")
        execute(file, "DELETE FROM recent WHERE task NOT IN (SELECT id FROM task)")
        frontier.add("job", seeds("y"), NOW)
        assert forget(file)["host"] == 3
        for one in (frontier, other):
            one.add("job", seeds("a", "b", "c", each=2), LATER)
        found = take(other, owner, LATER, new=20)
        assert {"a:80", "b:80", "c:80"} <= found.keys()
        assert execute(file, "SELECT * FROM task WHERE host NOT IN (SELECT id FROM host)") == []


def test_lists_of_a_job_that_is_gone_are_forgotten_once_they_name_nothing(file, frontier):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    listed(frontier, "a/0")
    frontier.configure([JobTerms("other")], NOW)
    execute(file, "UPDATE task SET first_seen = ?", int(LATER + 9))
    assert forget(file)["list"] == 0
    assert forget(file, LATER + DAY_S) == Counter(list=1)
    assert execute(file, "SELECT * FROM source") == []


def test_hosts_are_forgotten_in_slices_of_a_bounded_length(file, frontier, monkeypatch):
    monkeypatch.setattr(unused, "HOSTS_PASSED", 4)
    monkeypatch.setattr(unused, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(unused, "NOTES_AT_ONCE", 1)
    retired(frontier, *(f"h{number}/0" for number in range(10)))
    change(file, Forget(LATER), LATER)
    frontier.time, after, counts = LATER, (0, 0), []
    while after is not None:
        slice_ = frontier.change(ForgetUnused(IDLE), after)
        counts.append(slice_.counts["host"])
        after = slice_.after
    assert sum(counts) == 10
    assert max(counts) <= 3
    assert execute(file, "SELECT * FROM used") == []
