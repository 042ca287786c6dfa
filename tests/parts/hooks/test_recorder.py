"""Events as they are made for the hooks in force."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.config import Job
from crawler.frontier.outbox import NO_NOTICES
from crawler.hooks.recorder import Recorder
from crawler.model import Kind, Outcome, Task
from crawler.records import Dead, Done, Settlement

POST, OTHER = {"post": "http://h/1"}, {"post": "http://h/2"}


def job(name="job", *, schedule=None, **on):
    return Job.model_validate({
        "name": name, "urls": ["http://h/"], "on": on,
        "schedule": {"every": schedule} if schedule else None,
    })  # fmt: skip


@pytest.fixture
def recorder():
    def made(*jobs):
        return Recorder(jobs, Path("/out"), "m7", lambda: 1e9)

    return made


def visit(kind=Kind.STORED, job="job", *, number=1, ended=None, robots=False):
    task = Task(
        number, job, f"http://h/{number}", f"http://h/{number}", "h:80", 1, number, 1,
        ended=ended, robots=robots,
    )  # fmt: skip
    return Settlement(task, Outcome(kind), Done() if kind is Kind.STORED else Dead("x"), 1e9)


def test_where_no_job_has_a_hook_nothing_is_recorded(recorder):
    one = recorder(job())
    one.host_rested("job", "h:80", "banned", "x", 2e9)
    one.list_failed("job", "x")
    assert one.notices([visit()]) is NO_NOTICES
    assert not one.lists


def test_each_hook_of_an_occasion_gets_the_same_event(recorder):
    one = recorder(job(stored=[POST, OTHER], failed=[POST]), job("other"))
    found = one.notices([visit(), visit(Kind.DNS, number=2), visit(job="other", number=3)])
    assert [event.task for event in found.events] == [1, 1, 2]
    first, second, _ = found.events
    assert first.hook != second.hook
    assert first[1:] == second[1:]
    assert json.loads(first.body)["url"] == "http://h/1"
    assert first.lane == 1


def test_a_rest_is_recorded_with_the_settlement_of_its_visit_until_that_is_done(recorder):
    one = recorder(job(host_rested=[POST]))
    one.host_rested("job", "h:80", "resting", "timeout", 2e9)
    for _ in range(2):  # the ledger could not be written
        found = one.notices([visit()])
        assert [json.loads(event.body)["event"] for event in found.events] == ["host_rested"]
    one.noted(found)
    assert one.notices([visit()]) is NO_NOTICES


def test_a_list_that_fails_wakes_who_tells_of_it(recorder):
    woken = []
    one = recorder(job(list_failed=[POST]))
    one.woken = lambda: woken.append(1)
    one.list_failed("job", "gone")
    assert woken
    assert [event.task for event in one.lists] == [None]


def test_a_visit_may_be_the_end_of_its_job_unless_a_schedule_brought_it(recorder):
    one = recorder(job(job_done=[POST]), job("daily", schedule="1d", job_done=[POST]))
    assert one.watched == {"job": False, "daily": True}
    seen = [
        visit(), visit(job="daily", number=2, ended="stored"), visit(robots=True, number=3)
    ]  # fmt: skip
    assert one.notices(seen).begun == {"job"}
    assert one.notices([visit(job="daily", number=4)]).begun == {"daily"}


def test_a_change_is_told_with_its_size_to_the_hooks_for_which_it_is_one(recorder):
    ignores = OTHER | {"ignore": ["[0-9]+"]}
    one = recorder(job(stored=[POST], changed=[POST, ignores]))
    assert one.compared() == {"job": {(), ("[0-9]+",)}}
    task = replace(visit().task, digest="aa" * 32)
    for sizes, told in (
        ((((), 7), (("[0-9]+",), 0)), [7]),
        ((((), 7), (("[0-9]+",), 2)), [7, 2]),
        ((), [None, None]),
    ):
        outcome = Outcome(Kind.STORED, digest="bb" * 32, differences=sizes)
        events = one.notices([Settlement(task, outcome, Done(), 1e9)]).events
        stored, *changed = [json.loads(each.body) for each in events]
        assert stored["event"] == "stored"
        assert [each.get("changed_bytes") for each in changed] == told


def test_other_hooks_are_in_force_at_once(recorder):
    one = recorder(job(stored=[POST]))
    one.take_up([job(stored=[OTHER])])
    (event,) = one.notices([visit()]).events
    assert event.hook == next(iter(one.hooks))
    one.take_up([])
    assert one.notices([visit()]) is NO_NOTICES
