"""Hosts in every state of health: dead, failing, limited, closed, crowded; and very many."""

import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import gevent
import psutil
import pytest

from tests import real
from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, at_once, ledger, until, write_config
from tests.servers import Answer, Site, status

ALL = ("0.0.0.0",)  # noqa: S104  every address of loopback is a host
LIVE = 10


@contextmanager
def black_hole() -> Iterator[str]:
    """Listen without ever accepting: once the backlog is full, the kernel drops every SYN."""
    with socket.create_server(("127.0.0.66", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())
        yield f"127.0.0.66:{server.getsockname()[1]}"


@contextmanager
def ports(number: int, route: Callable[[str], Answer]) -> Iterator[list[str]]:
    """Serve on so many ports of one address; yield them as hosts."""
    with ExitStack() as stack:
        yield [stack.enter_context(Site(route)).url[7:] for _ in range(number)]


def answer(path: str) -> bytes:
    return path.encode()


def a_list(folder: Path, *urls: str, **options) -> dict:
    folder.mkdir(exist_ok=True)
    (folder / "list").write_text("\n".join(urls))
    return {"name": "j", "url_file": "list", "path": "{job}/{digest}", **options}


def of_host(daemon: Daemon, host: str) -> list[dict]:
    return daemon.told("visit", host=host)


def test_a_dead_host_takes_nothing_from_the_living(tmp_path):
    """They are all visited while the first try of it lasts, and that takes one worker."""
    with Site(answer, ALL) as site, black_hole() as dead:
        urls = [f"http://{dead}/{n}" for n in range(500)]
        urls += [f"http://127.0.2.{n % LIVE}:{site.port}/{n}" for n in range(500)]
        polite = {"delay": "10ms", "per_host": 1, "timeout": {"connect": "60s", "total": "60s"}}
        config = write_config(tmp_path, [a_list(tmp_path, *urls, **polite)], concurrency=4)
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 500, "not all", daemon)
            assert not of_host(daemon, dead)
            assert daemon.stop() == 0
            (draining,) = daemon.told("daemon.draining")
            assert draining["in_flight"] == 1
    assert_clean(tmp_path, urls=1000)


def test_a_dead_host_is_hardly_tried(tmp_path):
    with black_hole() as dead:
        urls = [f"http://{dead}/{n}" for n in range(100)]
        job = a_list(tmp_path, *urls, delay="10ms", per_host=1, timeout={"connect": "200ms"})
        with Daemon(write_config(tmp_path, [job])) as daemon:
            assert daemon.wait_for("host.rested", host=dead)["state"] == "resting"
            assert daemon.stop() == 0
        tried = of_host(daemon, dead)
        assert {(visit["kind"], visit["verdict"]) for visit in tried} == {("connect", "again")}
        assert 5 <= len(tried) <= 8
    assert_clean(tmp_path, urls=100)


@on_every_engine
def test_a_host_that_rests_for_its_failures_rests_on_after_term_and_kill_9(tmp_path, unused_port):
    dead = f"127.0.0.1:{unused_port}"
    with Site(answer) as site:
        urls = [f"http://{dead}/{n}" for n in range(100)]
        config = write_config(tmp_path, [a_list(tmp_path, *urls, per_host=4, delay=0)])
        with Daemon(config) as daemon:
            told = daemon.wait_for("host.rested", host=dead)
            assert (told["state"], told["cause"]) == ("resting", "Connection refused")
            until(lambda: health(tmp_path, dead)[0] == 5, "not recorded", daemon)
            until(lambda: len(of_host(daemon, dead)) >= 5, "not told", daemon)
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        assert len(of_host(daemon, dead)) <= 8
        for n in range(2):
            urls += [f"{site.url}/{n}/{page}" for page in range(50)]
            config = write_config(tmp_path, [a_list(tmp_path, *urls, per_host=4, delay=0)])
            with Daemon(config) as daemon:
                until(lambda: len(site.requests) == 50 * (n + 1), "not all", daemon)  # noqa: B023
                assert not of_host(daemon, dead)
                assert not daemon.told("host.rested")
                assert daemon.stop() == 0
        failures, silent, next_at = health(tmp_path, dead)
        assert (failures, silent) == (5, 1)
        assert 45 < next_at - time.time() < 90
    assert_clean(tmp_path, urls=200)


def health(folder: Path, host: str) -> tuple:
    with ledger(folder) as db:
        wanted = "SELECT failures, silent, next_at FROM host WHERE key = ?"
        return db.execute(wanted, (host,)).fetchone()


def test_urls_of_a_host_that_is_given_up_end_unvisited_and_say_why(tmp_path, unused_port):
    dead = f"127.0.0.1:{unused_port}"
    urls = [f"http://{dead}/{n}" for n in range(300)]
    config = write_config(tmp_path, [a_list(tmp_path, *urls, give_up=0, max_backoff="1s")])
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
    ends = daemon.told("visit", verdict="dead")
    unvisited = [visit for visit in ends if visit["reason"].startswith("given up unvisited")]
    tried = len(of_host(daemon, dead)) - len(unvisited)
    print(f"{tried} tries, {len(unvisited)} of {len(ends)} unvisited")
    assert len(ends) == 300
    assert len(unvisited) >= 298
    assert 5 <= tried <= 8
    assert {visit["kind"] for visit in ends} == {"connect"}
    assert f"{dead} has given no answer since 20" in unvisited[0]["reason"]
    assert [told["state"] for told in daemon.told("host.rested")] == ["given up"]
    assert_clean(tmp_path, urls=300)


def test_a_host_that_comes_back_gets_its_old_pace_back(tmp_path):
    ill = [True]

    def route(path: str) -> Answer:
        return status("500 Internal Server Error") if ill else path.encode()

    with Site(route) as site:
        urls = [f"{site.url}/{n}" for n in range(40)]
        job = a_list(tmp_path, *urls, delay="10ms", per_host=1, max_backoff="200ms", attempts=50)
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            daemon.wait_for("host.rested", state="resting", cause="HTTP status 500")
            failed = len(site.requests)
            ill.clear()
            assert daemon.wait() == 0
        at = [seen.at for seen in site.requests]
        gaps = [after - before for before, after in pairwise(at)]
        last = sorted(gaps[-20:])[10]
        print(f"{failed} failures; gaps {gaps[failed]:.3f} s after them, {last:.3f} s in the end")
        assert 5 <= failed <= 7
        assert last < 0.1 < gaps[failed]
        assert len(daemon.told("visit", kind="stored")) == 40
    assert_clean(tmp_path, urls=40)


@pytest.mark.parametrize("known", [True, False])
def test_many_hosts_at_one_address_share_its_limit_with_two_processes(known, tmp_path):
    most = 0
    now: Counter[str] = Counter()

    def route(path: str) -> bytes:
        nonlocal most
        now["busy"] += 1
        most = max(most, now["busy"])
        gevent.sleep(0.005)
        now["busy"] -= 1
        return path.encode()

    with ports(100, route) as hosts:
        hosts[::2] = [host.replace("127.0.0.1", "localhost") for host in hosts[::2]]
        urls = [f"http://{host}/{n}" for n in range(2) for host in hosts]
        limit = {"concurrency": 40, "per_address": {"concurrency": 2}}
        if known:
            job = a_list(tmp_path, *urls[:100], delay=0, per_host=2)
            with Daemon(write_config(tmp_path, [job], **limit), "--until-done") as first:
                assert first.wait() == 0
            assert most == 2
        job = a_list(tmp_path, *urls, delay=0, per_host=2)
        config = write_config(tmp_path, [job], **limit)
        with Daemon(config, "--until-done") as one, Daemon(config, "--until-done") as two:
            assert one.wait() == two.wait() == 0
        print(f"at most {most} at once")
        assert most == 2
    assert_clean(tmp_path, urls=200)


def test_the_delay_of_an_address_keeps_nobody_waiting_for_more(tmp_path):
    begun: list[float] = []

    def route(path: str) -> bytes:
        begun.append(time.monotonic())
        gevent.sleep(0.1)
        return path.encode()

    with ports(20, route) as hosts:
        urls = [f"http://{host}/{n}" for n in range(2) for host in hosts]
        rest = {"concurrency": 8, "delay": "25ms"}
        config = write_config(tmp_path, [a_list(tmp_path, *urls, delay=0)], per_address=rest)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        gap = (begun[-1] - begun[0]) / (len(begun) - 1)
        print(f"a visit begins every {gap:.4f} s")
        assert 0.024 < gap < 0.08  # the answers, after 0.1 s, are not waited for
    assert_clean(tmp_path, urls=40)


def test_a_crowd_at_one_address_keeps_no_other_host_waiting(tmp_path, full_campaign):
    number, others = (10_000 if full_campaign else 1000), 200
    with Site(answer, ALL) as site:
        urls = [f"http://127.0.4.1:{port}/" for port in range(1, number + 1)]  # nobody listens
        urls += [f"http://127.0.3.{n}:{site.port}/{n}" for n in range(others)]
        limit = {"concurrency": 8, "per_address": {"concurrency": 1, "delay": "50ms"}}
        job = a_list(tmp_path, *urls, delay=0, attempts=1)
        with Daemon(write_config(tmp_path, [job], **limit)) as daemon:
            until(
                lambda: len(site.requests) == others,
                "the crowd is in the way",
                daemon,
                patience=30 + number / 100,
            )
            crowded = len(daemon.told("visit", kind="connect"))
            print(f"{crowded} visits to the crowd until then")
            assert crowded < number / 2
            assert daemon.stop() == 0
    assert_clean(tmp_path, urls=number + others)


def test_a_host_is_left_alone_outside_its_hours(tmp_path):
    with Site(answer) as closed, Site(answer) as site:
        now = time.time()
        begin, end = (time.strftime("%H:00", time.gmtime(now + hours * 3600)) for hours in (6, 7))
        urls = [f"{one.url}/{n}" for one in (closed, site) for n in range(20)]
        hosts = {closed.url[7:]: {"hours": f"{begin}-{end} UTC"}}
        config = write_config(tmp_path, [a_list(tmp_path, *urls)], hosts=hosts)
        for _ in range(2):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                until(lambda: len(site.requests) == 20, "not all", daemon)
                until(lambda: opens_at(tmp_path, closed), "no opening time", daemon)
                assert daemon.stop() == 0
        wanted = (now + 6 * 3600) // 3600 * 3600
        assert opens_at(tmp_path, closed) == pytest.approx(wanted, abs=1)
        assert not closed.requests
    assert_clean(tmp_path, urls=40)


def opens_at(folder: Path, site: Site) -> float:
    with ledger(folder) as db:
        found = db.execute("SELECT opens_at FROM host WHERE key = ?", (site.url[7:],)).fetchone()
    return found[0] if found else 0.0


def test_explain_says_whether_a_url_waits_by_the_word_of_its_host(tmp_path):
    asks = status("503 Busy", ("Retry-After", "600"))
    with (
        Site(lambda _: asks) as busy,
        Site(lambda _: status("403 Forbidden")) as bans,
        Site(answer) as closed,
        Site(lambda _: status("500 Broken")) as broken,
    ):
        begin, end = (
            time.strftime("%H:00", time.gmtime(time.time() + hours * 3600)) for hours in (6, 7)
        )
        hosts = {closed.url[7:]: {"hours": f"{begin}-{end} UTC"}}
        urls = [f"{site.url}/1" for site in (busy, closed, broken)]
        refused = [f"{bans.url}/{n}" for n in range(30)]
        job = a_list(tmp_path, *urls, *refused, attempts=9)
        with Daemon(write_config(tmp_path, [job], hosts=hosts)) as daemon:
            daemon.wait_for("host.rested", state="banned")
            daemon.wait_for("visit", url=urls[0])
            until(lambda: len(broken.requests) >= 4, "no failures", daemon)
            for url, why in (
                (urls[0], "(its host asked for it with Retry-After)"),
                (urls[0], "(it asked for it with Retry-After)"),
                (refused[-1], "visits in a row)"),
                (urls[1], f"{closed.url[7:]} to open"),
                (urls[1], "(its hours)"),
                (urls[2], "failures)"),
            ):
                until(lambda url=url, why=why: why in waits_of(tmp_path, url), why, daemon)
            assert daemon.stop() == 0


def waits_of(folder: Path, url: str) -> str:
    done = at_once("explain", "-c", "crawler.yaml", url, "--json", cwd=folder)
    (job,) = json.loads(done.stdout)["jobs"]
    return " | ".join(job["waits_for"])


def test_the_budget_of_a_day_holds_for_two_processes_and_over_a_restart(tmp_path):
    day = time.gmtime().tm_yday
    with Site(answer) as site, Site(answer) as other:
        urls = [f"{one.url}/{n}" for n in range(60) for one in (site, other)]
        hosts = {site.url[7:]: {"max_per_day": 20, "per_host": 4}}
        job = a_list(tmp_path, *urls, delay="10ms", per_host=1)
        config = write_config(tmp_path, [job], hosts=hosts)
        with Daemon(config) as one, Daemon(config) as two:
            until(lambda: len(site.requests) >= 8, "no visits", one)
            one.wait_for("daemon.ready")
            two.wait_for("daemon.ready")
            assert one.stop() == two.stop() == 0
        for _ in range(2):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                until(lambda: len(other.requests) >= 60, "not all", daemon)
                until(lambda: opens_at(tmp_path, site), "no opening time", daemon)
                assert daemon.stop() == 0
        print(f"{len(site.requests)} requests of 20")
        if time.gmtime().tm_yday == day:
            assert len(site.requests) == 20
    assert_clean(tmp_path, urls=120)


def test_the_budget_of_a_day_holds_over_kill_9(tmp_path):
    day = time.gmtime().tm_yday

    def route(path: str) -> bytes:
        gevent.sleep(0.1)
        return path.encode()

    with Site(route) as site, Site(answer) as other:
        urls = [f"{site.url}/{n}" for n in range(60)]
        hosts = {site.url[7:]: {"max_per_day": 20, "per_host": 4}}
        config = write_config(tmp_path, [a_list(tmp_path, *urls)], hosts=hosts)
        for _ in range(3):
            with Daemon(config) as daemon:
                before = len(site.requests)
                until(lambda: len(site.requests) >= min(before + 4, 20), "no visits", daemon)  # noqa: B023
                daemon.signal(signal.SIGKILL)
                daemon.wait()
        config = write_config(tmp_path, [a_list(tmp_path, *urls, f"{other.url}/1")], hosts=hosts)
        with Daemon(config) as daemon:
            until(lambda: other.requests and opens_at(tmp_path, site), "no opening time", daemon)
            assert daemon.stop() == 0
        print(f"{len(site.requests)} requests of 20")
        if time.gmtime().tm_yday == day:
            assert 12 <= len(site.requests) <= 20
    assert_clean(tmp_path, urls=61)


def test_a_host_may_get_a_user_agent_of_its_own(tmp_path):
    with Site(answer) as site, Site(answer) as other:
        hosts = {site.url[7:]: {"user_agent": "guest/1 (+https://example.org/)"}}
        job = a_list(tmp_path, f"{site.url}/1", f"{other.url}/1", robots="obey")
        config = write_config(tmp_path, [job], hosts=hosts, user_agent="usual/2")
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        for one, wanted in ((site, "guest/1 (+https://example.org/)"), (other, "usual/2")):
            assert {seen.headers["USER_AGENT"] for seen in one.requests} == {wanted}
            assert one.paths() == ["/robots.txt", "/1"]


def test_a_rate_limit_that_names_no_time_is_obeyed_without_a_human(tmp_path, monkeypatch):
    template, command = real.COMMANDS["nginx"]
    plain = template.replace("error_page 429 @later;", "")
    monkeypatch.setitem(real.COMMANDS, "nginx", (plain, command))
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.txt").write_text("a")
    with real.serving("nginx", tmp_path / "root", tmp_path / "server") as url:
        urls = [f"{url}/limited/a.txt?{n}" for n in range(8)]
        job = a_list(tmp_path, *urls, delay="20ms", per_host=4)  # ten times what nginx allows
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
    limited, stored = (daemon.told("visit", status=code) for code in (429, 200))
    print(f"{len(stored)} stored, {len(limited)} times 429")
    assert len(stored) == 8
    assert 0 < len(limited) <= 8
    assert all("retry_at" in visit for visit in limited)
    assert len(daemon.told("host.rested", state="limited")) == 1
    assert_clean(tmp_path, urls=8)


def test_thousands_of_hosts_with_a_url_each_are_all_visited_and_then_it_is_quiet(
    tmp_path, full_campaign
):
    number, robots = (10_000, "obey") if full_campaign else (2000, "ignore")
    quiet = 3.0 if full_campaign else 1.5
    with Site(answer, ALL) as site:
        urls = [f"http://127.0.{n // 250}.{n % 250}:{site.port}/{n}" for n in range(number)]
        job = a_list(tmp_path, *urls, delay="1s", per_host=1, robots=robots)
        with Daemon(write_config(tmp_path, [job], concurrency=100)) as daemon:
            start = time.monotonic()
            until(lambda: len(daemon.told("visit", verdict="done")) >= number, "not all", daemon)
            rate = len(site.requests) / (time.monotonic() - start)
            until(lambda: not held(tmp_path), "hosts are held for nothing", daemon)
            process, begin = psutil.Process(daemon.process.pid), time.monotonic()
            before = sum(process.cpu_times()[:2])
            until(lambda: time.monotonic() > begin + quiet, "")
            used = sum(process.cpu_times()[:2]) - before
            print(f"{rate:.0f} requests/s, then {used:.2f} s of CPU in {quiet:g} s")
            assert daemon.stop() == 0
        assert len(site.requests) == number * (2 if robots == "obey" else 1)
        assert used < 0.05 * quiet
    assert_clean(tmp_path, urls=number)


def held(folder: Path) -> int:
    with ledger(folder) as db:
        return int(db.execute("SELECT count(*) FROM host WHERE owner IS NOT NULL").fetchone()[0])
