"""What a process counts of visits, lists and its log."""

from crawler.daemon.counters import Counters
from crawler.frontier import Series
from crawler.frontier.metrics import (
    BUCKETS,
    BYTES,
    DURATION,
    LIST_READS,
    LOG_DROPPED,
    RETRIES,
    ROBOTS,
    SETTLE,
    VISITS,
    WAIT,
)
from crawler.model import Kind, Outcome, Task
from crawler.records import Again, Done, Settlement
from crawler.seeder.admission import SyncSums

JOBS = {"job", "other"}
NOW = 1000.0


def visited(verdict=None, *, robots=False, job="job", due_at=NOW, **outcome):
    task = Task(1, job, "u", "u", "h:80", 1, 1, 1, due_at=due_at, robots=robots)
    end = Outcome(**{"kind": Kind.STORED} | outcome)
    return Settlement(task, end, verdict or Done(), NOW + 3)


def histogram(totals, metric):
    return {one.label: n for one, n in totals.items() if one.metric == metric}


def test_visits_are_counted_by_job_and_kind_with_their_bytes():
    counters = Counters()
    counters.visit(visited(size=5))
    counters.visit(visited(size=6))
    counters.visit(visited(Again(NOW), job="other", kind=Kind.TIMEOUT))
    found = counters.totals(JOBS)
    assert {one: n for one, n in found.items() if one.job} == {
        Series(VISITS, "job", "stored"): 2,
        Series(BYTES, "job"): 11,
        Series(VISITS, "other", "timeout"): 1,
        Series(RETRIES, "other", "timeout"): 1,
    }


def test_a_visit_to_a_robots_txt_is_none_to_a_url():
    counters = Counters()
    counters.visit(visited(robots=True, size=5, elapsed=2.0))
    found = {one: n for one, n in counters.totals(JOBS).items() if n}
    assert found == {Series(ROBOTS, label="stored"): 1}


def test_a_visit_has_lasted_and_was_late_for_times_that_fall_in_buckets():
    counters = Counters()
    counters.visit(visited(elapsed=0.25, due_at=NOW))
    counters.visit(visited(elapsed=2.75, due_at=NOW))
    counters.visit(visited(elapsed=1.0, due_at=NOW + 60))
    found = counters.totals(JOBS)
    assert histogram(found, DURATION) == {"0.25": 1, "1": 1, "5": 1, "sum": 4.0}
    assert histogram(found, WAIT) == {"0.1": 1, "1": 1, "5": 1, "sum": 3.0}


def test_what_is_above_all_edges_of_a_histogram_is_counted_too():
    counters = Counters()
    took = counters.timer(SETTLE)
    for seconds in (0.001, 10, 11):
        took(seconds)
    found = histogram(counters.totals(JOBS), SETTLE)
    assert found == {"0.001": 1, "10": 1, "+Inf": 1, "sum": 21.001}


def test_edges_grow_and_each_has_a_label_of_its_own():
    for edges in BUCKETS.values():
        assert list(edges) == sorted(set(edges))
        assert [float(format(edge, "g")) for edge in edges] == list(edges)


def test_readings_of_lists_are_counted_by_how_they_ended():
    counters = Counters()
    counters.read([SyncSums("job"), SyncSums("job", failed=["list"])])
    counters.read([SyncSums("job", held=True)])
    found = counters.totals(JOBS)
    assert {one.label: n for one, n in found.items() if one.metric == LIST_READS} == {
        "read": 1,
        "failed": 1,
        "held": 1,
    }


def test_the_sums_of_a_job_that_is_gone_are_of_no_job_and_do_not_come_back():
    counters = Counters()
    counters.visit(visited(size=5))
    gone = counters.totals({"other"})
    assert gone[Series(VISITS, "", "stored")] == 1
    counters.visit(visited(size=6))
    found = counters.totals(JOBS)
    assert found[Series(VISITS, "", "stored")] == found[Series(VISITS, "job", "stored")] == 1


def test_lines_of_the_log_that_were_lost_before_do_not_count():
    lost = [7]
    counters = Counters(lambda: lost[0])
    assert Series(LOG_DROPPED) not in counters.totals(JOBS)
    lost[0] = 9
    assert counters.totals(JOBS)[Series(LOG_DROPPED)] == 2
