"""`crawler retry`: what was given up is due again, and the sums are kept."""

from crawler.frontier import Retry, Wanted
from crawler.model import Kind
from crawler.records import Dead, Hop, JobTerms
from tests.parts.desk import change
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import DAY, KINDS, assert_sums, end, ended, execute


def retried(file, now=NOW, *, dry=False, **wanted):
    found = change(file, Retry(Wanted(**wanted), dry), now)
    assert_sums(file)
    return found


def test_a_retry_makes_the_dead_due_and_leaves_what_is_well(file, frontier):
    ended(frontier, "a", "b")
    assert retried(file, NOW + 9) == {"timeout": 2, "dns": 2, "not_found": 2}
    counts = frontier.sums().counts
    assert (counts.waiting, counts.finished) == (6, {"stored": 2})
    tasks = [t for host in take(frontier, join(frontier), NOW + 9).values() for t in host.tasks]
    assert tasks
    assert all(task.failures == 0 and task.attempt == 2 for task in tasks)


def test_a_retry_can_be_narrowed_and_tried_out(file, frontier):
    ended(frontier, "a", "b")
    assert retried(file, dry=True, kinds=("timeout",)) == {"timeout": 2}
    assert frontier.sums().counts.waiting == 0
    assert retried(file, kinds=("timeout",), host="a") == {"timeout": 1}
    assert retried(file, since=NOW + 1) == {}
    assert frontier.sums().counts.waiting == 1


def test_a_retry_reaches_a_host_that_slept(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE host SET ready_at = NULL, class = 1")
    retried(file, NOW + 5)
    assert execute(file, "SELECT ready_at, class FROM host") == [(NOW + 5, 2)]


def test_a_retry_starts_where_the_url_is_listed(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    (task,) = take(frontier, owner)["a:80"].tasks
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://b/x"))], [])
    (task,) = take(frontier, owner)["b:80"].tasks
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Dead("x"))], [])
    frontier.leave(owner, [], NOW)
    retried(file)
    (task,) = take(frontier, join(frontier))["a:80"].tasks
    assert (task.url, task.location, task.hops) == ("http://a/0", "http://a/0", 0)


def test_a_retry_brings_what_a_schedule_would_visit_later(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    assert retried(file) == {"timeout": 1, "dns": 1, "not_found": 1}
    assert len(take(frontier, join(frontier))["a:80"].tasks) == 2


def test_a_retry_leaves_jobs_that_are_gone(file, frontier):
    ended(frontier, "a")
    frontier.configure([JobTerms("other")], NOW)
    assert retried(file) == {}


def test_a_retry_of_a_host_that_was_given_up_begins_its_time_anew(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE host SET silent = 1, failures = 9, failing_since = 5, next_at = 7")
    retried(file, NOW + 1)
    assert execute(file, "SELECT failing_since, failures, next_at FROM host") == [(NOW + 1, 9, 7)]


def test_a_retried_url_may_end_anew_with_the_sums_kept(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    retried(file)
    owner = join(frontier)
    end(frontier, owner, dict.fromkeys(KINDS, Kind.STORED), at=NOW + 1, again=NOW + 2 * DAY)
    assert_sums(file)
    assert frontier.sums().counts.finished == {"stored": 4}


def test_a_retry_has_what_waits_for_its_host_alone_begin_anew_and_keep_its_place(file, frontier):
    frontier.add("job", seeds("a", "b"), NOW)
    execute(file, "UPDATE task SET failures = 3, due_at = ? WHERE id = 1", NOW - 5)
    execute(file, "UPDATE task SET put_off = 2, due_at = ? WHERE id = 2", NOW + DAY)
    assert retried(file, dry=True).total() == 2
    assert retried(file).total() == 2
    found = execute(file, "SELECT due_at, failures, put_off FROM task ORDER BY id")
    assert found == [(NOW - 5, 0, 0), (NOW, 0, 0)]
    assert retried(file) == {}, "it begins anew already"


def test_a_retry_ends_no_rest_that_a_host_asked_for(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE host SET put_off_until = ?, next_at = ?", NOW + 60, NOW + 60)
    retried(file, NOW + 1)
    assert not take(frontier, join(frontier), NOW + 50)
    assert take(frontier, join(frontier), NOW + 61)
