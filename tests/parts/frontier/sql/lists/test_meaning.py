"""What lists say of URLs: their files and columns, and by which options they were understood."""

import json

import pytest

from crawler.frontier import FiledOf, Said, SaidOf, Understand
from crawler.frontier.sql.lists.meaning import say
from crawler.model import Kind
from crawler.records import Again, Done, JobTerms
from tests.parts.desk import rows, unfinished
from tests.parts.frontiers import NOW, done, join, one_task, seed, settled, take

URL = "http://h/1"


def known(frontier, path=None, extra=None):
    """Make a URL known by a line that says this of it."""
    frontier.add("job", [seed(URL)._replace(path=path, extra=extra)], NOW)


def said(frontier, path=None, extra=None):
    """Read another line of it, and return what is said of it then."""
    frontier._file.write(lambda db: say(db, [seed(URL)._replace(path=path, extra=extra)]))
    (task,) = unfinished(frontier) or [None]
    return frontier.entry(SaidOf(task.id if task else 1))


@pytest.mark.parametrize("before", [None, "old"])
def test_a_url_without_a_file_gets_the_path_that_its_line_says_now(frontier, before):
    known(frontier, before)
    assert said(frontier, "new") == Said("new", None)


def test_a_url_keeps_the_file_that_it_has(frontier):
    known(frontier, "old")
    owner = join(frontier)
    task = one_task(frontier, owner)
    stored = settled(task, Kind.STORED, Done(), path="old", digest="ab" * 32, size=1)
    frontier.settle(owner, [stored], [])
    assert said(frontier, "new") == Said("old", None)


def test_a_visit_that_brought_no_file_writes_back_no_older_path(frontier):
    known(frontier, "old")
    owner = join(frontier)
    task = one_task(frontier, owner)
    assert task.path == "old"
    assert said(frontier, "new").path == "new"
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(NOW + 1))], [])
    assert frontier.entry(SaidOf(task.id)).path == "new"


def test_columns_are_added_to_those_of_an_older_reading(frontier):
    known(frontier, extra='{"cc": "cn", "id": "7"}')
    assert said(frontier, extra='{"cc": "in", "n": "1"}').extra == {"cc": "in", "id": "7", "n": "1"}


def meanings(frontier):
    """The marks of jobs of which a list was begun, or all were read."""
    jobs = frontier.sums().jobs
    return {job.name: job.meaning for job in jobs if job.listed or job.meaning}


def test_a_job_is_understood_by_no_options_until_it_is_told(frontier):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    assert meanings(frontier) == {}
    frontier.begin_pass(join(frontier), "other", "list")
    assert meanings(frontier) == {"other": ""}
    done(frontier, join(frontier), Understand({"job": "mark"}))
    assert meanings(frontier) == {"job": "mark", "other": ""}


def test_urls_of_a_job_are_counted_by_whether_they_have_a_file(frontier):
    assert rows(frontier, FiledOf("job")) == [(0, 0)]
    known(frontier)
    frontier.add("other", [seed("http://h/2", "other")], NOW)
    assert rows(frontier, FiledOf("job")) == [(0, 1)]
    owner = join(frontier)
    for task in take(frontier, owner)["h:80"].tasks:
        stored = settled(task, Kind.STORED, Done(), path=str(task.id), digest="ab" * 32, size=1)
        frontier.settle(owner, [stored], [])
    assert rows(frontier, FiledOf("job")) == [(1, 0)]


def test_paths_of_urls_without_a_file_are_freed_and_those_of_other_jobs_stay(frontier):
    known(frontier, "old")
    other = seed("http://h/2", "other")._replace(path="theirs")
    frontier.add("other", [other], NOW)
    done(frontier, join(frontier), Understand({"job": "mark"}, {"job"}))
    paths = {task.url: frontier.entry(SaidOf(task.id)).path for task in unfinished(frontier)}
    assert paths == {URL: None, "http://h/2": "theirs"}


def test_a_job_that_is_held_is_not_leased_until_it_is_let_go(frontier):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    known(frontier)
    frontier.add("other", [seed("http://o/1", "other")], NOW)
    frontier.hold({"job"})
    owner = join(frontier)
    taken = take(frontier, owner)
    assert {key: len(host.tasks) for key, host in taken.items() if host.tasks} == {"o:80": 1}
    idle = [host for host in taken.values() if not host.tasks]
    frontier.hold(())
    (again,) = take(frontier, owner, refills={host.id: 1 for host in idle}).values()
    assert [task.url for task in again.tasks] == [URL]


def test_what_a_line_says_of_a_body_comes_with_its_task_and_follows_the_list(frontier):
    known(frontier, extra='{"ref": "x", "=": "{\\"size\\":7}"}')
    task = one_task(frontier, join(frontier))
    assert (task.extra, task.checks) == ({"ref": "x"}, '{"size":7}')
    for text in ('{"size":8}', ""):
        found = said(frontier, extra=json.dumps({"=": text}))
        assert (found.extra, found.checks) == ({"ref": "x"}, text)
