"""What the ledger has counted is what was done, over stops, kills and several processes."""

import signal
from collections import Counter

from crawler.frontier import Counters, open_ledger
from crawler.frontier.metrics import BYTES, DURATION, LEASE, LIST_READS, SETTLE, SUM, VISITS, WAIT
from tests.engines import on_every_engine
from tests.program import Daemon, address_of, until, write_config
from tests.servers import Site, slow

URLS = 60


def body(path):
    return b"" if path == "/robots.txt" else path.encode() * 100


def sums(folder):
    with open_ledger(address_of(folder)) as desk:
        return desk.entry(Counters())


def buckets(found, metric):
    return sum(n for one, n in found.items() if one.metric == metric and one.label != SUM)


def by_kind(found):
    kinds = Counter()
    for one, n in found.items():
        if one.metric == VISITS:
            kinds[one.label] += n
    return dict(kinds)


@on_every_engine
def test_every_visit_counts_once_when_all_has_ended_well(tmp_path):
    with Site(slow(0.01, body)) as site:
        jobs = [{"name": "flags", "urls": [f"{site.url}/[1-{URLS}].bin"]}]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 0
        found = sums(tmp_path)
        assert by_kind(found) == {"stored": URLS}
        sizes = sum(len(body(f"/{n}.bin")) for n in range(1, URLS + 1))
        assert [n for one, n in found.items() if one.metric == BYTES] == [sizes]
        assert buckets(found, DURATION) == buckets(found, WAIT) == URLS
        assert buckets(found, LEASE) > 0 < buckets(found, SETTLE)
        assert [n for one, n in found.items() if one.metric == LIST_READS] == [1]


def test_no_sum_falls_when_processes_are_killed(tmp_path):
    with Site(slow(0.05, body)) as site:
        jobs = [{"name": "flags", "urls": [f"{site.url}/[1-{URLS}].bin"]}]
        config = write_config(tmp_path, jobs, concurrency=4)
        before = {}
        with Daemon(config) as first, Daemon(config) as second:
            for daemon in (first, second):
                daemon.wait_for("daemon.ready")
            until(lambda: by_kind(sums(tmp_path)).get("stored", 0) > 0, "nothing is counted")
            before = sums(tmp_path)
            first.signal(signal.SIGKILL)
            first.wait()
            assert_grown(before, sums(tmp_path))
            until(lambda: len(set(site.paths())) == URLS, "not all is visited")
            assert second.stop() == 0
        assert_grown(before, sums(tmp_path))


def assert_grown(before, after):
    assert not {one: n for one, n in before.items() if after.get(one, 0) < n}
