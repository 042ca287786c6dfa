"""`crawler forget`: what no list names leaves the ledger, and nothing else does."""

from crawler.frontier import Forget
from crawler.policy.naming import path_key
from crawler.records import JobTerms
from tests.parts.desk import change, chunks, sources
from tests.parts.frontiers import NOW, join, seeds, take
from tests.parts.ledgers import DAY, KINDS, assert_sums, end, execute, listed


def forgotten(file, until, *, dry=False):
    found = change(file, Forget(until, dry), NOW).total()
    assert_sums(file)
    return found


def test_what_no_list_names_is_forgotten_with_its_name_and_the_rest_stays(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "a/1", "a/2")
    owner = join(frontier)
    end(frontier, owner, KINDS)
    frontier.leave(owner, [], NOW)
    (number,) = execute(file, "SELECT id FROM task WHERE url = 'http://a/0'")[0]
    frontier.claim([(number, "a/0", "a/0-x")])
    listed(frontier, "a/2")
    assert_sums(file)
    assert forgotten(file, NOW - 1) == 0
    assert forgotten(file, NOW, dry=True) == 2
    assert execute(file, "SELECT key FROM file") == [(path_key("a/0"),)]
    assert forgotten(file, NOW) == 2
    assert execute(file, "SELECT url FROM task WHERE job") == [("http://a/2",)]
    assert execute(file, "SELECT * FROM file") == []
    assert listed(frontier, "a/0", "a/2").added == 1


def test_a_job_that_is_gone_is_forgotten_and_its_lists_tell_it_anew_if_it_comes_back(
    file, frontier
):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    listed(frontier, "a/0", "a/1", "a/2")
    execute(file, "UPDATE task SET first_seen = ? WHERE url = 'http://a/1'", int(NOW + DAY))
    assert forgotten(file, NOW) == 0
    frontier.configure([JobTerms("other")], NOW)
    assert forgotten(file, NOW, dry=True) == 2
    assert forgotten(file, NOW) == 2
    assert execute(file, "SELECT url, listed FROM task WHERE job") == [("http://a/1", 1)]
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    state = sources(frontier, "job")["list"]
    assert (state.version, chunks(frontier, state.id)[1] == 3) == ("", False)
    assert listed(frontier, "a/0", "a/1", "a/2").added == 2
    assert execute(file, "SELECT DISTINCT listed FROM task WHERE job") == [(1,)]
    assert_sums(file)


def test_what_is_being_visited_is_not_forgotten(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b"), NOW)
    take(frontier, join(frontier), new=1)
    frontier.configure([JobTerms("other")], NOW)
    assert forgotten(file, NOW) == 1
    assert execute(file, "SELECT state FROM task WHERE job") == [(1,)]
