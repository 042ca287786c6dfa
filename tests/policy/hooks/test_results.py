"""What a delivery means for its events and for its hook."""

from random import Random

from crawler.config.hook_options import HookOptions
from crawler.frontier.outbox import Told, Waiting
from crawler.hooks.results import Result, delivered, failed_whole, told_of

OPTIONS = HookOptions(post="http://h/", attempts=3, give_up="60s")
TWO = [Waiting(1, "a", 1, "{}", 0, 5.0), Waiting(2, "b", 2, "{}", 2, 5.0)]


def told(result, waiting=TWO, failures=0):
    return told_of(waiting, result, OPTIONS, failures, Random(1))


def test_what_was_delivered_is_over():
    assert told(delivered(TWO)) == Told(delivered=[1, 2], failed={}, given_up=[], back=[])


def test_what_failed_for_the_last_time_is_given_up_and_the_others_wait():
    found = told(Result({1: "no", 2: "no"}))
    assert (list(found.failed), found.given_up, found.rest) == ([1], [2], 0.0)
    assert found.reason == "no"


def test_what_is_too_old_is_given_up_when_it_fails():
    old = [TWO[0]._replace(age=61.0)]
    assert told(Result({1: "no"}), old).given_up == [1]
    assert told(delivered(old), old).delivered == [1]


def test_what_was_not_tried_goes_back_uncharged():
    found = told(Result({1: "no"}))
    assert (found.back, list(found.failed)) == ([2], [1])


def test_events_of_a_hook_that_takes_nothing_wait_as_long_as_it_rests():
    found = told(failed_whole(TWO[:1], "HTTP status 503", asked=40.0), failures=2)
    assert found.rest == 40.0
    assert found.failed == {1: 40.0}
    assert told(failed_whole(TWO[:1], "refused"), failures=5).rest > 10
