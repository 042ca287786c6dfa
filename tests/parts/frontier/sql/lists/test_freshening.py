"""What a sitemap says has changed is due again: at once, once, and never in a loop."""

import pytest

from crawler.frontier import ReadChunk
from crawler.model import DAY_S, Kind
from crawler.records import Again, Dead, Done
from tests.parts.frontier.invariants import broken
from tests.parts.frontiers import NOW, join, one_task, put, seed, settled, take

URL = "http://a/0"
HOUR_S = 3600


class Crawl:
    """One URL of one sitemap, read again and again."""

    def __init__(self, frontier, file):
        self.frontier = frontier
        self.file = file
        self.reads = 0

    def read(self, now, modified):
        self.reads += 1
        owner = join(self.frontier, now)
        one = self.frontier.begin_pass(owner, "job", "sitemap:x")
        changed = seed(URL)._replace(modified=modified)
        put(self.frontier, one, [ReadChunk(1, self.reads, [changed])], now)
        self.frontier.end_pass(one, None, now)
        self.frontier.leave(owner, [], now)
        assert not broken(self.file, now, {})

    def visit(self, now, kind=Kind.STORED, verdict=None):
        """Visit what is due; return whether anything was."""
        owner = join(self.frontier, now)
        tasks = [task for host in take(self.frontier, owner, now).values() for task in host.tasks]
        ends = [settled(task, kind, verdict or Done(), now) for task in tasks]
        self.frontier.settle(owner, ends, [])
        self.frontier.leave(owner, [], now)
        return bool(tasks)


@pytest.fixture
def crawl(frontier, tmp_path):
    return Crawl(frontier, tmp_path / "state.sqlite")


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (Kind.STORED, Done()), (Kind.UNCHANGED, Done()), (Kind.NOT_FOUND, Dead("gone")),
        (Kind.STORED, Done(NOW + 90 * DAY_S)), (Kind.NOT_FOUND, Dead("gone", NOW + 90 * DAY_S)),
    ],
)  # fmt: skip
def test_a_url_that_changed_after_its_last_visit_is_due(kind, verdict, crawl):
    crawl.read(NOW, NOW - DAY_S)
    assert crawl.visit(NOW, kind, verdict)
    crawl.read(NOW + 60, NOW - 60)
    assert not crawl.visit(NOW + 60)
    crawl.read(NOW + 120, NOW + 100)
    assert crawl.visit(NOW + 120)
    assert not crawl.visit(NOW + 180)


def test_a_change_to_come_counts_as_now(crawl):
    crawl.read(NOW, None)
    assert crawl.visit(NOW)
    crawl.read(NOW + 60, NOW + 10_000 * DAY_S)
    assert crawl.visit(NOW + 60)


def test_a_sitemap_that_always_says_now_makes_no_loop(crawl):
    visits = []
    for hour in range(24 * 10):
        now = NOW + hour * HOUR_S
        crawl.read(now, now + 5)
        if crawl.visit(now, Kind.UNCHANGED if visits else Kind.STORED):
            visits.append(hour)
    assert visits[:5] == [0, 1, 2, 4, 8]
    assert len(visits) < 5 + 11


def test_what_is_on_its_way_or_being_tried_again_is_left(crawl, frontier):
    crawl.read(NOW, None)
    owner = join(frontier, NOW)
    task = one_task(frontier, owner, NOW)
    crawl_other = frontier.begin_pass(owner, "job", "sitemap:y")
    changed = seed(URL)._replace(modified=NOW)
    put(frontier, crawl_other, [ReadChunk(1, 1, [changed])], NOW)
    again = Again(NOW + 500)
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, again, NOW)], [])
    frontier.leave(owner, [], NOW)
    crawl.read(NOW + 60, NOW + 30)
    assert not crawl.visit(NOW + 60)
    assert crawl.visit(NOW + 500)
