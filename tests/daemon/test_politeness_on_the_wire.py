"""Politeness as the servers saw it: two processes, many workers, restarts and a kill -9."""

import signal
from itertools import pairwise

from tests.program import Daemon, assert_clean, until, write_config
from tests.servers import Site

DELAY_S = 0.2
TOLERANCE_S = 0.005
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


def answer(path: str) -> bytes:
    return path.encode()


def gaps(site: Site) -> list[float]:
    """Return every gap between the starts of two requests to one host."""
    return [
        after - before
        for host in {seen.host for seen in site.requests}
        for before, after in pairwise(seen.at for seen in site.requests if seen.host == host)
    ]


def jobs(site: Site, urls: int) -> list[dict]:
    hosts = ",".join(HOSTS)
    return [
        {
            "name": "polite",
            "urls": [f"http://{{{hosts}}}:{site.port}/[1-{urls}]"],
            "path": "{host}/{name}",
            "delay": "200ms",
            "per_host": 1,
        }
    ]


def test_no_host_is_greeted_early_by_two_processes_a_restart_and_a_kill(tmp_path):
    with Site(answer, HOSTS) as site:
        config = write_config(tmp_path, jobs(site, 40), concurrency=50)
        with Daemon(config) as one:
            one.wait_for("daemon.ready")
            with Daemon(config) as two:
                until(lambda: len(site.requests) >= 30, "no visits", two)
                assert two.stop() == 0  # a restart in the middle
            with Daemon(config, "--until-done") as three:
                until(lambda: len(site.requests) >= 60, "no visits", three)
                one.signal(signal.SIGKILL)
                one.wait()
                assert three.wait(60) == 0
                assert "blocked" not in three.errors
        found = gaps(site)
        print(f"{len(found)} gaps, the least {min(found):.4f} s")
        assert len(site.requests) >= 3 * 40
        assert min(found) >= DELAY_S - TOLERANCE_S
    assert_clean(tmp_path, urls=3 * 40)


def test_a_host_with_several_slots_still_gets_its_delay_between_starts(tmp_path):
    with Site(answer, HOSTS[:1]) as site:
        job = {**jobs(site, 15)[0], "per_host": 4, "urls": [f"{site.url}/[1-15]"]}
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert min(gaps(site)) >= DELAY_S - 0.05  # from start to start, as the client can know it
    assert_clean(tmp_path, urls=15)


def test_processes_share_the_hosts_among_themselves(tmp_path):
    hosts = [f"127.0.0.{number}" for number in range(1, 9)]
    with Site(answer, hosts) as site:
        urls = [f"http://{{{','.join(hosts)}}}:{site.port}/[1-12]"]
        job = {**jobs(site, 12)[0], "urls": urls}
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done") as one, Daemon(config, "--until-done") as two:
            assert one.wait(60) == two.wait(60) == 0
        shares = [len(daemon.told("visit")) for daemon in (one, two)]
        assert sum(shares) == 8 * 12
        assert min(shares) >= 8 * 12 / 4, shares
        assert min(gaps(site)) >= DELAY_S - TOLERANCE_S
    assert_clean(tmp_path, urls=8 * 12)
