"""Sessions: what says that one is over, and how long the next login waits."""

from dataclasses import replace
from random import Random

import pytest

from crawler.model import Kind, Outcome, Task
from crawler.policy.retry import verdict
from crawler.policy.sessions import (
    MAX_WAIT_S,
    REFUSALS_TO_END,
    Session,
    is_given_up,
    is_login,
    is_refusal,
    is_refused,
    wait_of,
)
from crawler.records import Again, Dead

LOGIN = "https://a.example/login"
GOOD = Outcome(Kind.STORED, 200)
REFUSED = Outcome(Kind.HTTP_ERROR, 403)


@pytest.mark.parametrize(
    ("outcome", "refused"),
    [
        (REFUSED, True), (Outcome(Kind.HTTP_ERROR, 401), True), (GOOD, False),
        (Outcome(Kind.HTTP_ERROR, 500), False), (Outcome(Kind.NOT_FOUND, 404), False),
        (Outcome(Kind.UNWANTED, 200), True), (Outcome(Kind.UNWANTED, 202), False),
        (Outcome(Kind.UNWANTED, 302), True), (Outcome(Kind.TIMEOUT), False),
        (Outcome(Kind.REDIRECTED, 302, location=LOGIN), True),
        (Outcome(Kind.REDIRECTED, 302, location=f"{LOGIN}?next=/a"), True),
        (Outcome(Kind.REDIRECTED, 302, location="https://a.example/b"), False),
        (Outcome(Kind.REDIRECTED, 302, location="https://b.example/login"), False),
    ],
)  # fmt: skip
def test_a_site_refuses_who_has_no_session_in_these_ways(outcome, refused):
    assert is_refused(outcome, LOGIN) is refused


def test_a_login_is_known_by_its_host_and_path():
    assert is_login(f"{LOGIN}?error=1", LOGIN)
    assert not is_login("", LOGIN)


def test_a_session_is_over_after_some_refusals_in_a_row():
    session = Session(1.0, since=10.0)
    for _ in range(5):
        for _ in range(REFUSALS_TO_END - 1):
            assert session.visited(REFUSED, LOGIN, 11.0)
        assert not session.over
        assert not session.visited(GOOD, LOGIN, 11.0)
    assert session.good
    for _ in range(REFUSALS_TO_END):
        session.visited(REFUSED, LOGIN, 12.0)
    assert session.over


def test_visits_that_began_before_a_session_say_nothing_of_it():
    session = Session(1.0, since=10.0)
    for _ in range(2 * REFUSALS_TO_END):
        assert session.visited(REFUSED, LOGIN, 9.0)
        session.visited(GOOD, LOGIN, 9.0)
    assert not session.over
    assert not session.good


def test_what_was_refused_without_a_session_is_visited_again_and_given_up_in_the_end():
    refused = Outcome(Kind.UNWANTED, 302, sessionless=True)
    task = Task(1, "j", LOGIN, LOGIN, "a.example:443", 1, 1, 1)
    for attempts, failures, again in ((1, 0, True), (1, 1, True), (1, 2, False), (5, 3, True)):
        decision = verdict(
            replace(task, failures=failures), refused,
            attempts=attempts, now=0.0, random=Random(1),
        )  # fmt: skip
        assert isinstance(decision, Again) is again
    final = replace(refused, sessionless=False)
    assert isinstance(verdict(task, final, attempts=5, now=0.0, random=Random(1)), Dead)


def test_logins_that_lead_nowhere_wait_longer_and_longer():
    assert [wait_of(failures, 60.0) for failures in range(4)] == [60.0, 120.0, 240.0, 480.0]
    assert wait_of(50, 60.0) == MAX_WAIT_S
    assert wait_of(5, 2 * MAX_WAIT_S) == 2 * MAX_WAIT_S


@pytest.mark.parametrize(
    ("failures", "refused", "given_up"),
    [(0, True, False), (1, True, True), (1, False, False), (4, False, False), (5, False, True)],
)
def test_a_login_is_given_up_after_its_attempts_or_once_it_is_refused(failures, refused, given_up):
    assert is_given_up(failures, 5, refused=refused) is given_up


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
def test_a_login_that_its_site_refuses_will_be_refused_again(code):
    assert is_refusal(code)


@pytest.mark.parametrize("code", [200, 302, 408, 425, 429, 500, 503])
def test_any_other_login_may_do_better(code):
    assert not is_refusal(code)
