"""The sums of the jobs, whatever became of their URLs."""

from crawler.frontier import Wanted
from crawler.records import JobTerms
from tests.parts.desk import rows, sums
from tests.parts.frontiers import NOW, join, seeds, take
from tests.parts.ledgers import DAY, assert_sums, ended


def test_the_sums_of_a_job_are_what_became_of_its_urls(file, frontier):
    ended(frontier, "a", "b")
    frontier.add("job", seeds("c", each=3), NOW)
    assert_sums(file)
    (job,) = sums(file).jobs
    assert (job.known, job.waiting, job.again, job.retired) == (11, 3, 0, 0)
    assert job.kinds == {"stored": 2, "timeout": 2, "dns": 2, "not_found": 2}


def test_what_is_due_again_is_ended_and_counted_as_that_too(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    (job,) = sums(file).jobs
    assert (job.known, job.waiting, job.again) == (4, 0, 4)
    assert job.kinds["stored"] == 1


def test_visits_to_robots_txt_are_never_counted_or_listed(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a"), NOW)
    (task,) = take(frontier, join(frontier))["a:80"].tasks
    assert task.robots
    assert [(job.name, job.known) for job in sums(file).jobs] == [("job", 1)]
    assert [one.url for one in rows(frontier, Wanted())] == ["http://a/0"]


def test_what_is_visited_for_a_job_that_is_gone_takes_nothing_from_what_waits(file, frontier):
    frontier.configure([JobTerms("gone"), JobTerms("job")], NOW)
    frontier.add("gone", seeds("a", job="gone"), NOW)
    assert len(take(frontier, join(frontier))) == 1
    frontier.add("job", seeds("b"), NOW)
    frontier.configure([JobTerms("job")], NOW)
    counts = sums(file).counts
    assert (counts.known, counts.waiting, counts.leased) == (1, 1, 0)
