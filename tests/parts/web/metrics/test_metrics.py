"""The figures as Prometheus takes them, of ledgers of every engine."""

import re
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.frontier import LEASE_S, Gauges, Pulse, Series, changed
from crawler.frontier.metrics import BYTES, EVENTS, HUB_LAG, LIST_READS, LOG_DROPPED, ROBOTS, VISITS
from crawler.frontier.outbox import Event, HookTerms, Told
from crawler.frontier.wishes import ALL, MakeWish, Scope, Subject, Verb, Wisher
from crawler.records import JobTerms
from crawler.web.metrics import exposition
from tests import real
from tests.parts.frontiers import NOW, beat, gone, join, reclaim, seeds, take
from tests.parts.ledgers import ended
from tests.typed import ROOT

EVERY_ENGINE = True

ODD = 'a "job"\\ of\nlines'
COUNTED = {
    Series(VISITS, "job", "stored"): 7,
    Series(VISITS, ODD, "timeout"): 2,
    Series(VISITS, "gone", "stored"): 9,
    Series(BYTES, "job"): 12_345_678_901,
    Series(ROBOTS, "", "not_found"): 1,
    Series(LIST_READS, "job", "read"): 3,
    Series(EVENTS, "job", "delivered"): 6,
    Series(LOG_DROPPED): 4,
    Series(HUB_LAG, label="0.01"): 5,
    Series(HUB_LAG, label="0.25"): 2,
    Series(HUB_LAG, label="+Inf"): 1,
    Series(HUB_LAG, label="sum"): 21.5,
}
PULSE = Pulse(
    "running", busy=3, trouble="its disk is full", paused_at=NOW - 5,
    gauges=Gauges(40, 2**27, 2**40, 10**6, 0.125), counted=COUNTED,
)  # fmt: skip


@pytest.fixture
def told(frontier):
    """A frontier of two jobs and a process that has counted."""
    ended(frontier, "a.example:80", "b.example:80")
    frontier.configure([JobTerms("job"), JobTerms(ODD)], NOW)
    owner = join(frontier)
    beat(frontier, owner, NOW, PULSE)
    frontier.enlist(owner, [HookTerms(7, "job", "run tell"), HookTerms(8, "job", "call m:f")])
    frontier.note(owner, [Event(7, "x", 1, "{}"), Event(7, "y", 2, "{}"), Event(8, "x", 1, "{}")])
    (taken,) = frontier.take(owner, 7, 1)
    frontier.told(owner, 7, Told(failed={taken.number: 9.0}, reason="refused"))
    return frontier


def scraped(desk, **options):
    """Return every figure, by its name and labels."""
    families = text_string_to_metric_families(exposition(desk, **options).decode())
    return {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }


def test_urls_are_due_until_a_process_has_taken_them_or_they_have_ended(frontier):
    frontier.configure([JobTerms("job"), JobTerms("idle")], NOW)
    frontier.add("job", seeds("a.example:80", "b.example:80", each=4), NOW)
    found = scraped(frontier)
    assert (found["crawler_urls_due", "job"], found["crawler_urls_due", "idle"]) == (8, 0)
    hosts = take(frontier, join(frontier), new=1)
    (taken,) = [len(host.tasks) for host in hosts.values()]
    found = scraped(frontier)
    assert (found["crawler_urls_due", "job"], found["crawler_urls_leased",]) == (8 - taken, taken)
    frontier.time = NOW - 60
    assert scraped(frontier)["crawler_urls_due", "job"] == 0


def test_promtool_finds_nothing_wrong_with_the_text(told):
    promtool = real.needs("promtool")
    asked = subprocess.run([promtool, "check", "metrics"], input=exposition(told), check=False,
                           capture_output=True)  # fmt: skip
    assert (asked.returncode, asked.stdout + asked.stderr) == (0, b"")


def test_every_figure_has_a_help_and_a_type(told):
    for family in text_string_to_metric_families(exposition(told).decode()):
        assert family.documentation.endswith("."), family.name
        assert family.type in {"counter", "gauge", "histogram"}, family.name


def test_visits_and_bytes_are_told_by_job_whatever_its_name(told):
    found = scraped(told)
    assert found["crawler_visits_total", "job", "stored"] == 7
    assert found["crawler_visits_total", ODD, "timeout"] == 2
    assert found["crawler_body_bytes_total", "job"] == 12_345_678_901
    assert found["crawler_robots_visits_total", "not_found"] == 1
    assert found["crawler_log_lines_dropped_total",] == 4


def test_a_job_that_is_gone_has_no_figures(told):
    told.configure([JobTerms("job")], NOW)
    assert not [key for key in scraped(told) if ODD in key or "gone" in key]


def test_events_for_hooks_are_told_by_what_became_of_them_and_how_many_wait(told):
    found = scraped(told)
    assert found["crawler_hook_events_total", "job", "delivered"] == 6
    assert found["crawler_hook_events_waiting", "job"] == 3
    assert found["crawler_hooks_failing", "job"] == 1


def test_readings_of_lists_are_0_before_the_first_one(told):
    found = scraped(told)
    assert found["crawler_list_reads_total", "job", "read"] == 3
    assert found["crawler_list_reads_total", ODD, "failed"] == 0


def test_buckets_of_a_histogram_have_what_is_in_the_lower_ones_too(told):
    found = scraped(told)
    name = "crawler_hub_lag_seconds"
    edges = ("0.005", "0.01", "0.1", "0.25", "10", "+Inf")
    assert [found[f"{name}_bucket", edge] for edge in edges] == [0, 5, 5, 7, 7, 8]
    assert (found[f"{name}_count",], found[f"{name}_sum",]) == (8, 21.5)


def test_a_bucket_of_another_edge_is_told_as_it_was_counted(told):
    owner = join(told)
    beat(told, owner, NOW, Pulse("running", counted={Series(HUB_LAG, label="0.033"): 4}))
    found = scraped(told)
    assert found["crawler_hub_lag_seconds_bucket", "0.033"] == 9
    assert found["crawler_hub_lag_seconds_count",] == 12


def test_no_counter_falls_when_its_process_dies(told):
    doomed = join(told, process=gone())
    beat(told, doomed, NOW, PULSE)
    before = scraped(told)
    reclaim(told, NOW + 20 * LEASE_S)
    after = scraped(told)
    assert after["crawler_process_deaths_total",] > before["crawler_process_deaths_total",]
    grow = re.compile("_(total|bucket|count|sum)$")
    growing = {key: n for key, n in before.items() if grow.search(key[0])}
    assert not {key: n for key, n in growing.items() if after[key] < n}


def test_urls_are_told_by_what_has_become_of_them(told):
    told.add("job", seeds("c", each=3), NOW)
    found = scraped(told)
    states = ("waiting", "again", "over", "retired")
    urls = {state: found["crawler_urls", "job", state] for state in states}
    (job,) = (one for one in told.sums().jobs if one.name == "job")
    assert sum(urls.values()) == job.known > 3
    assert urls["waiting"] == job.waiting >= 3
    ends = {key[2]: n for key, n in found.items() if key[:2] == ("crawler_urls_ended", "job")}
    assert ends == job.kinds


def test_a_host_that_nobody_takes_is_overdue(told):
    told.add("job", seeds("c"), NOW)
    told.time = NOW + 90
    found = scraped(told)
    assert found["crawler_host_overdue_seconds",] == pytest.approx(90)
    assert found["crawler_hosts", "ready"] >= 1


def test_processes_are_told_with_what_they_have_and_use(told):
    told.time = NOW + 30
    ((machine, place),) = {key[1:3] for key in scraped(told) if key[0] == "crawler_process_info"}
    assert place == "1"
    found = {key[0]: n for key, n in scraped(told).items() if key[1:] == (machine, place)}
    assert found == {
        "crawler_visits_in_flight": 3,
        "crawler_process_open_descriptors": 40,
        "crawler_process_resident_memory_bytes": 2**27,
        "crawler_disk_free_bytes": 2**40,
        "crawler_disk_free_inodes": 10**6,
        "crawler_process_hub_lag_seconds": 0.125,
        "crawler_process_paused": 1,
        "crawler_process_troubled": 1,
        "crawler_process_outdated": 0,
        "crawler_process_silence_seconds": pytest.approx(30),
    }


def test_labels_of_processes_are_the_same_few_however_many_there_were(told):
    before = set(scraped(told))
    for _ in range(5):
        (member,) = told.sums().members
        told.leave(member.owner, [], NOW)
        beat(told, join(told), NOW, PULSE)
    assert set(scraped(told)) == before


def test_what_an_operator_has_paused_is_told(told):
    for subject in (ALL, Subject(Scope.JOB, "job")):
        changed(told, MakeWish(Verb.PAUSE, subject, Wisher("ana")))
    found = scraped(told)
    assert [found["crawler_paused", scope] for scope in ("all", "job", "host")] == [1, 1, 0]


def test_no_text_has_a_url_or_a_host(told):
    changed(told, MakeWish(Verb.PAUSE, Subject(Scope.HOST, "a.example:80"), Wisher("ana")))
    text = exposition(told).decode()
    assert "example" not in text
    assert "://" not in text


def test_the_figures_of_an_empty_ledger_are_there(frontier, engine):
    with engine.ledger() as desk:
        found = scraped(desk)
    assert found["crawler_process_deaths_total",] == 0
    assert found["crawler_hosts_known",] == 0
    assert [key[0] for key in found if key[0] == "crawler_build_info"]


def test_the_page_on_metrics_has_each_with_its_labels(told):
    told_labels = {}
    for family in text_string_to_metric_families(exposition(told).decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for one in family.samples for label in one.labels} - {"le"}
        told_labels[name] = labels
    page = (ROOT / "docs" / "web.md").read_text().partition("\n## Metrics\n")[2]
    written = {}
    for names, labels in re.findall(r"^\| (`crawler_.*?) \| (.*?) \|", page, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            written[name] = set(re.findall(r"`(\w+)`", labels))
    assert written.keys() == told_labels.keys()
    assert {name: labels for name, labels in told_labels.items() if labels - written[name]} == {}
