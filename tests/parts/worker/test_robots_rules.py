"""The rulebook: which copy of a robots.txt a process goes by."""

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.model import Kind, Outcome, Visited
from crawler.policy.robots import parse
from crawler.records import HostRecord, Settlement
from crawler.worker import robots_rules
from crawler.worker.robots_rules import Rulebook
from tests.parts.frontiers import join, seeds, take
from tests.parts.logs import Silence

START = time.time() - 86_400
FORBIDDEN = "http://a/robots.txt line 2: Disallow: /"
WORTH_A_THREAD_S = 0.02
"""CPU seconds for which a greenlet may keep all others from running."""
ALLOW, DISALLOW = b"User-agent: *\nAllow: /\n", b"User-agent: *\nDisallow: /\n"


class Process:
    """A process of two that share a ledger: it leases the one host, visits, and gives it back."""

    def __init__(self, frontier, stack) -> None:
        job = Job(name="job", urls=("http://a/",), robots="obey", path="{name}")
        overrides = HostOverrides(Settings(jobs=(job,)))
        self.frontier = frontier
        frontier.configure(overrides.job_terms(), START, obeys=overrides.robots_rules())
        frontier.add("job", seeds("a", each=3), START)
        self.owner = join(frontier, START)
        self.rules = stack.enter_context(
            Rulebook(frontier, overrides, {"job": job}, "crawlerd", Silence())
        )

    def lease(self, now):
        return take(self.frontier, self.owner, now)["a:80"]

    def give_back(self, host, tasks, now):
        rest = HostRecord(host.id, now)
        back = [task.id for task in tasks]
        self.frontier.lease(self.owner, now, new=0, refills={}, idle=[rest], back=back)

    def learn(self, body, now):
        """Visit the host's robots.txt, whose copy is old a minute later."""
        host = self.lease(now)
        task = next(task for task in host.tasks if task.robots)
        outcome = Outcome(Kind.STORED, 200, len(body))
        visited = Visited(task, outcome, 0.0, body, cache_control="max-age=60")
        judged = self.rules.judge(visited, now, given_up=False)
        settlement = Settlement(task, outcome, judged.verdict, now, judged.record)
        self.frontier.settle(self.owner, [settlement], [])
        self.give_back(host, [other for other in host.tasks if other is not task], now)

    def objection(self, now):
        """Return why the first page of the host is not visited, if it is not."""
        host = self.lease(now)
        task = next(task for task in host.tasks if not task.robots)
        found = self.rules.objection(task)
        self.give_back(host, host.tasks, now)
        return found.reason if found else None


@pytest.fixture
def two(open_one):
    with ExitStack() as stack:
        yield Process(open_one(), stack), Process(open_one(), stack)


def test_what_is_known_of_a_robots_txt_comes_with_the_lease_of_its_host(two, monkeypatch):
    one, other = two
    other.learn(DISALLOW, START + 1)
    asked = []
    monkeypatch.setattr(one.frontier.frontier, "entry", asked.append)
    host = one.lease(START + 2)
    one.rules.learn(host)
    (task, *_) = host.tasks
    assert one.rules.objection(task).reason.startswith("http://a/robots.txt")
    assert not asked


def test_what_came_with_a_lease_is_not_used_once_the_ledger_has_a_newer_copy(two):
    one, other = two
    other.learn(DISALLOW, START + 1)
    host = one.lease(START + 2)
    one.rules.learn(host)
    one.give_back(host, host.tasks, START + 2)
    other.learn(ALLOW, START + 100)
    assert one.objection(START + 101) is None


def test_a_long_robots_txt_does_not_come_with_the_lease(two):
    one, other = two
    other.learn(DISALLOW + b"#" * 70_000, START + 1)
    host = one.lease(START + 2)
    assert (host.robots, host.rules_version) == ((), 1)
    one.rules.learn(host)
    assert one.rules.objection(host.tasks[0]) is not None


def test_a_process_uses_no_copy_that_is_older_than_that_of_the_ledger(two):
    one, other = two
    one.learn(ALLOW, START + 1)
    assert one.objection(START + 2) is None
    other.learn(DISALLOW, START + 7200)
    assert other.objection(START + 7201) == one.objection(START + 7201) == FORBIDDEN


def test_a_long_url_is_held_against_many_rules_in_another_thread(two):
    one, _ = two
    rule = b"Disallow: /*$*$$&*\n"
    one.learn(b"User-agent: *\n" + rule * (16_000 // len(rule)), START + 1)
    host = one.lease(START + 2)
    task = next(task for task in host.tasks if not task.robots)
    began = time.thread_time()
    assert one.rules.objection(replace(task, location="http://a/" + "$" * 8000)) is None
    assert time.thread_time() - began < WORTH_A_THREAD_S


@pytest.mark.parametrize("long", [b"", b"#" * 20_000])
def test_under_another_name_rules_are_read_again_from_the_copy_that_is_known(two, long):
    one, _ = two
    one.learn(DISALLOW + b"User-agent: mybot\nAllow: /\n" + long, START + 1)
    assert one.objection(START + 2) == FORBIDDEN
    one.rules.go_by("mybot")
    assert one.objection(START + 3) is None
    one.rules.go_by("crawlerd")
    assert one.objection(START + 4) == FORBIDDEN


def test_rules_that_were_being_read_for_the_old_name_are_not_those_of_the_new_one(two, monkeypatch):
    one, other = two
    other.learn(DISALLOW + b"User-agent: mybot\nAllow: /\n" + b"#" * 20_000, START + 1)
    host = one.lease(START + 2)
    task = next(task for task in host.tasks if not task.robots)

    def reads(body, token):
        one.rules.go_by("mybot")
        return parse(body, token)

    monkeypatch.setattr(robots_rules, "parse", reads)
    assert one.rules.objection(task) is None
