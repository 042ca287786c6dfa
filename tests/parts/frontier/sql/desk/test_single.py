"""Single URLs: each is due again, or forgotten, by what every job knows of it."""

import pytest

from crawler.frontier import Wanted, changed
from crawler.frontier.actions import ForgetUrl, RetryUrl
from crawler.model import Kind
from crawler.records import Again, Dead, Done, JobTerms
from crawler.verbs.urls.intake import take_in
from tests.parts.desk import rows
from tests.parts.frontiers import NOW, join, seed, settled, take
from tests.parts.ledgers import assert_sums, listed

URL = "http://a/1"


def hand(frontier, *names):
    """Add URLs by hand, as `crawler add` does."""
    owner = join(frontier)
    frontier.time = NOW
    came = take_in(frontier, owner, "job", [seed(f"http://{name}") for name in names])
    frontier.leave(owner, [], NOW)
    return came


@pytest.fixture
def known(frontier):
    """A URL of one job, and a process that has leased it."""
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/1")
    owner = join(frontier)
    ((task,),) = (host.tasks for host in take(frontier, owner).values())
    return frontier, owner, task


def retry(frontier, url=URL, **more):
    return dict(changed(frontier, RetryUrl(url, **more)))


def end(known, kind, verdict):
    frontier, owner, task = known
    frontier.settle(owner, [settled(task, kind, verdict)], [])
    frontier.leave(owner, [], NOW)
    return frontier


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (Kind.TIMEOUT, Dead("given up")),
        (Kind.TIMEOUT, Again(NOW + 3600)),
        (Kind.STORED, Done()),
        (Kind.STORED, Done(NOW + 3600)),
    ],
)
def test_a_url_is_due_again_whatever_its_last_visit_was(known, file, kind, verdict):
    frontier = end(known, kind, verdict)
    assert retry(frontier, dry=True) == {"done": 1}
    assert take(frontier, join(frontier)) == {}
    assert retry(frontier) == {"done": 1}
    assert retry(frontier) == {"due": 1}
    assert_sums(file)
    ((task,),) = (host.tasks for host in take(frontier, join(frontier)).values())
    assert (task.url, task.failures) == (URL, 0)


def test_a_url_that_is_being_visited_or_that_nobody_knows_is_left(known):
    frontier, _, _ = known
    assert retry(frontier) == {"visited": 1}
    assert retry(frontier, "http://a/2") == {}
    assert retry(frontier, job="other") == {}
    assert dict(changed(frontier, ForgetUrl(URL))) == {"visited": 1}


def test_a_url_that_a_list_names_is_not_forgotten(known, file):
    frontier = end(known, Kind.STORED, Done())
    assert dict(changed(frontier, ForgetUrl(URL))) == {"listed": 1}
    assert len(rows(frontier, Wanted())) == 1
    assert_sums(file)


def test_urls_of_a_job_that_is_gone_are_neither_due_nor_forgotten_alone(known):
    frontier = end(known, Kind.STORED, Done())
    frontier.configure([], NOW)
    assert retry(frontier) == {"gone": 1}
    assert dict(changed(frontier, ForgetUrl(URL))) == {"gone": 1}


def test_what_was_added_by_hand_stays_whatever_the_lists_say_until_it_is_forgotten(known, file):
    frontier = end(known, Kind.STORED, Done())
    assert hand(frontier, "a/1", "a/2") == (1, 0)
    assert hand(frontier, "a/2") == (0, 0), "once is enough"
    listed(frontier)
    assert [(one.url, one.state) for one in rows(frontier, Wanted())] == [
        (URL, 2),
        ("http://a/2", 0),
    ]
    for url in (URL, "http://a/2"):
        assert dict(changed(frontier, ForgetUrl(url, dry=True))) == {"done": 1}
        assert dict(changed(frontier, ForgetUrl(url))) == {"done": 1}
    assert rows(frontier, Wanted()) == []
    assert_sums(file)
    frontier.add("job", [seed(URL)], NOW)
    assert len(rows(frontier, Wanted())) == 1, "it may come back"


def test_a_url_by_hand_that_a_list_names_too_is_left_to_the_list(known):
    frontier = end(known, Kind.STORED, Done())
    hand(frontier, "a/1")
    assert dict(changed(frontier, ForgetUrl(URL))) == {"listed": 1}
    listed(frontier)
    (entry,) = rows(frontier, Wanted())
    assert entry.state == 4, "retired with its list"
    assert retry(frontier) == {"retired": 1}
    assert dict(changed(frontier, ForgetUrl(URL))) == {"done": 1}
