"""The contract of a frontier: one process makes the login of a job, and all go by its session."""

from dataclasses import replace

import pytest

from crawler.cookie import Cookie, SetCookies
from crawler.errors import LeaseLostError
from crawler.frontier import JarOf
from crawler.frontier.answers import Login
from crawler.frontier.process import current
from crawler.records import JobTerms
from tests.parts.frontiers import LATER, NOW, gone, join, reclaim, seed, take

EVERY_ENGINE = True
NEWS = [
    SetCookies("job", "a.example", (Cookie("a.example", True, "/", "s", "1", False, 9e9, 1.0),))
]


@pytest.fixture
def owners(frontier):
    frontier.configure([JobTerms("job", keep="job"), JobTerms("other")], NOW)
    frontier.add("job", [seed("http://a.example/")], NOW)
    frontier.add("other", [seed("http://b.example/", "other")], NOW)
    return join(frontier), join(frontier, process=replace(current(), pid=1))


def state(frontier):
    return frontier.logins(["job"])["job"]


def test_one_process_takes_a_login_and_its_session_is_for_all(frontier, owners):
    one, other = owners
    assert state(frontier) == Login()
    assert frontier.take_login(one, "job")
    assert frontier.take_login(one, "job"), "said again"
    assert not frontier.take_login(other, "job")
    frontier.end_login(one, "job", NEWS, wait=60.0)
    assert state(frontier).valid
    assert (state(frontier).made_at, state(frontier).next_at) == (NOW, NOW + 60)
    assert frontier.entry(JarOf("job", "a.example")) == NEWS[0].cookies
    assert not frontier.take_login(other, "job"), "none is wanted"


def test_a_session_is_lost_once_and_the_next_login_is_made_when_it_is_due(frontier, owners):
    one, other = owners
    frontier.take_login(one, "job")
    frontier.end_login(one, "job", [], wait=60.0)
    assert frontier.lose_session(other, "job", NOW, good=True, wait=1.0)
    assert not frontier.lose_session(one, "job", NOW, good=True, wait=1.0)
    assert not frontier.lose_session(one, "job", NOW - 1, good=True, wait=1.0)
    assert not state(frontier).valid
    assert not frontier.take_login(other, "job"), "too soon after the last one"
    frontier.time = NOW + 61
    assert frontier.take_login(other, "job")


def test_failures_are_counted_until_a_session_was_good(frontier, owners):
    one, _ = owners
    for failures in (1, 2):
        frontier.time = NOW + 100 * failures
        assert frontier.take_login(one, "job")
        frontier.end_login(one, "job", [], failed="HTTP status 500", wait=50.0)
        assert (state(frontier).failures, state(frontier).valid) == (failures, False)
        assert not frontier.take_login(one, "job")
    assert state(frontier).reason == "HTTP status 500"
    frontier.time = made_at = NOW + 300
    frontier.take_login(one, "job")
    frontier.end_login(one, "job", [], wait=50.0)
    assert frontier.lose_session(one, "job", made_at, good=False, wait=1.0)
    assert state(frontier).failures == 3
    frontier.time = made_at = NOW + 400
    frontier.take_login(one, "job")
    frontier.end_login(one, "job", [], wait=50.0)
    assert frontier.lose_session(one, "job", made_at, good=True, wait=1.0)
    assert state(frontier).failures == 0


def test_a_login_of_a_process_that_is_gone_is_taken_by_another(frontier, owners):
    one, _ = owners
    dead = join(frontier, process=gone())
    assert frontier.take_login(dead, "job")
    assert not frontier.take_login(one, "job")
    reclaim(frontier, NOW + LATER, mine=one)
    assert frontier.take_login(one, "job")
    with pytest.raises(LeaseLostError):
        frontier.end_login(dead, "job", [])


def test_what_waits_for_a_login_is_not_leased_and_all_else_is(frontier, owners):
    one, other = owners
    frontier.await_logins({"job"})
    assert [host for host, leased in take(frontier, one).items() if leased.tasks] == [
        "b.example:80"
    ]
    frontier.await_logins(set())
    assert set(take(frontier, other)) == {"a.example:80"}
