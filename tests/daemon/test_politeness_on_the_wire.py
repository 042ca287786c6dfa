"""Politeness as the servers saw it: two processes, many workers, restarts and a kill -9."""

import signal
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.program import Daemon, assert_clean, until, write_config
from tests.servers import Answer, Site, slow, status

DELAY_S = 0.2
TOLERANCE_S = 0.005
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
ALL = ("0.0.0.0",)  # noqa: S104  every address of loopback is a host


def answer(path: str) -> bytes:
    return path.encode()


def without_rules(path: str) -> Answer:
    return status("404 Not Found") if path == "/robots.txt" else path.encode()


def gaps(site: Site) -> list[float]:
    """Return every gap between the starts of two requests to one host."""
    times: dict[str, list[float]] = {}
    for seen in site.requests:
        times.setdefault(seen.host, []).append(seen.at)
    return [after - before for at in times.values() for before, after in pairwise(sorted(at))]


def asked(site: Site, path: str) -> list[float]:
    return [seen.at for seen in site.requests if seen.path.startswith(path)]


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


def listed(folder: Path, name: str, urls: Iterable[str], **options) -> dict:
    """Write a list of URLs and return the job that has it."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(urls))
    return {"name": name, "url_file": name, "path": "{job}/{digest}", "per_host": 1, **options}


class Web:
    """Many hosts with rules, redirects and servers that are busy when they are first asked."""

    def __init__(self, hosts: int, pages: int) -> None:
        self._hosts = hosts
        self._pages = pages
        self._busy: set[str] = set()

    def urls(self, port: int) -> list[str]:
        return [
            f"http://127.0.1.{host}:{port}/{host}/{self._sort(page)}/{page}"
            for page in range(self._pages)
            for host in range(self._hosts)
        ]

    def sorts(self) -> list[str]:
        return [self._sort(page) for page in range(self._pages)]

    def _sort(self, page: int) -> str:
        odd = {1: "here", 3: "there", 5: "here", 7: "private", 8: "there"}
        return "busy" if page in {6, 30} else odd.get(page % 10, "page")

    def route(self, path: str) -> Answer:
        if path == "/robots.txt":
            return b"User-agent: *\nDisallow: /*/private/\nAllow: /\n"
        host, sort, page = path[1:].split("/")
        if sort == "here":
            return status("302 Found", ("Location", f"/{host}/landed/{page}"))
        if sort == "there":
            other = (int(host) + 1) % self._hosts
            place = f"http://127.0.1.{other}:{self.port}/{host}/landed/{page}"
            return status("307 Temporary Redirect", ("Location", place))
        if sort == "busy" and path not in self._busy:
            self._busy.add(path)
            return status("503 Service Unavailable")
        return path.encode()


def test_no_host_is_greeted_early_whatever_the_web_and_the_processes_do(tmp_path, full_campaign):
    hosts, pages, rounds = (60, 400, 8) if full_campaign else (40, 60, 1)
    web = Web(hosts, pages)
    with Site(web.route, ALL) as site:
        web.port = site.port
        job = listed(tmp_path, "polite", web.urls(site.port), delay="100ms", robots="obey")
        config = write_config(tmp_path, [job], concurrency=100)
        step = hosts * pages // (6 * rounds + 10)  # a busy machine starts daemons slowly
        for _ in range(rounds):
            began = len(site.requests)
            with Daemon(config) as one, Daemon(config) as two:
                until(lambda: len(site.requests) >= began + step, "no visits", two)  # noqa: B023
                two.wait_for("daemon.ready")
                assert two.stop() == 0
                with Daemon(config) as three:
                    three.wait_for("visit")
                    one.signal(signal.SIGKILL)
                    one.wait()
                    with Daemon(config) as four:
                        four.wait_for("visit")
                        wanted = len(site.requests) + step
                        until(lambda: len(site.requests) >= wanted, "no visits", four)  # noqa: B023
                        assert three.stop() == four.stop() == 0
        with Daemon(config, "--until-done") as five, Daemon(config, "--until-done") as six:
            assert five.wait(150) == six.wait(150) == 0
        found = sorted(gaps(site))
        sorts = Counter(path.split("/")[2] for path in site.paths() if path != "/robots.txt")
        rules = site.paths().count("/robots.txt")
        print(
            f"{len(site.requests)} requests to {hosts} hosts, {dict(sorts)}; "
            f"gaps: least {found[0]:.4f} s, median {found[len(found) // 2]:.4f} s"
        )
        assert len(site.requests) >= 2000
        assert found[0] >= 0.1 - TOLERANCE_S
        landed = {path for path in site.paths() if "/landed/" in path}
        assert len(landed) == sum(sort in {"here", "there"} for sort in web.sorts()) * hosts
        assert "private" not in sorts
        assert hosts <= rules <= hosts + 2 * rounds * 2
    assert_clean(tmp_path, urls=hosts * pages)


def test_a_host_with_several_slots_still_gets_its_delay_between_starts(tmp_path):
    with Site(answer, HOSTS[:1]) as site:
        job = {**jobs(site, 15)[0], "per_host": 4, "urls": [f"{site.url}/[1-15]"]}
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert min(gaps(site)) >= DELAY_S - 0.05  # from start to start, as the client can know it
    assert_clean(tmp_path, urls=15)


def test_a_delay_of_the_hosts_own_holds_over_kill_9_in_its_very_first_visit(tmp_path):
    with Site(slow(0.5)) as site:
        job = listed(tmp_path, "polite", [f"{site.url}/{n}" for n in range(3)], delay="100ms")
        config = write_config(tmp_path, [job], hosts={site.url[7:]: {"delay": "1500ms"}})
        with Daemon(config) as daemon:
            until(lambda: site.requests, "not asked", daemon)
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) == 2, "not asked", daemon)
            assert daemon.stop() == 0
        assert min(gaps(site)) >= 1.5 - TOLERANCE_S
    assert_clean(tmp_path, urls=3)


def test_what_a_host_asked_for_holds_over_kill_9(tmp_path):
    answers = iter([status("429 Too Many Requests", ("Retry-After", "3"))])
    with Site(lambda path: next(answers, path.encode())) as site:
        job = listed(tmp_path, "polite", [f"{site.url}/{n}" for n in range(2)], delay="100ms")
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            daemon.wait_for("visit", status=429)
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        limited, following = site.requests[0].at, site.requests[1].at
        assert following - limited >= 3 - TOLERANCE_S
    assert_clean(tmp_path, urls=2)


def test_a_429_is_no_attempt_of_its_url(tmp_path):
    answers = iter([status("429 Too Many Requests")] * 2)
    with Site(lambda path: next(answers, path.encode())) as site:
        job = listed(tmp_path, "polite", [f"{site.url}/0"], delay=0, attempts=1)
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(60) == 0
        ends = [(visit["kind"], visit["verdict"]) for visit in daemon.told("visit")]
        assert ends == [("http_error", "again")] * 2 + [("stored", "done")]
    assert_clean(tmp_path, urls=1)


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


def test_retry_after_keeps_both_processes_away_while_the_others_go_on(tmp_path):
    hosts, limited, rest = 12, "/0/3", 3.0

    def route(path: str) -> Answer:
        if path == limited and len(asked(site, limited)) == 1:
            return status("429 Too Many Requests", ("Retry-After", "3"))
        return path.encode()

    with Site(route, ALL) as site:
        urls = [f"http://127.0.1.{n % hosts}:{site.port}/{n % hosts}/{n // hosts}" for n in
                range(hosts * 70)]  # fmt: skip
        config = write_config(tmp_path, [listed(tmp_path, "polite", urls, delay="100ms")])
        with Daemon(config) as one, Daemon(config) as two:
            until(lambda: asked(site, limited), "not asked", one)
            (told_at,) = asked(site, limited)
            owner, other = (two, one) if two.told("visit", status=429) else (one, two)
            until(lambda: one.told("visit", status=429) + two.told("visit", status=429), "no 429")
            if one.told("visit", status=429):
                owner, other = one, two
            until(lambda: len(site.requests) >= hosts * 10, "no visits", other)
            other.wait_for("daemon.ready")
            assert owner.stop() == 0  # the other one takes its hosts over
            until(lambda: len(asked(site, "/0/")) >= 6, "the host is not asked again", other)
            assert other.stop() == 0
        again = min(at for at in asked(site, "/0/") if at > told_at)
        others = [seen for seen in site.requests if told_at < seen.at < told_at + rest
                  and not seen.path.startswith("/0/")]  # fmt: skip
        share = len(others) / ((hosts - 1) * rest / 0.1)
        print(
            f"asked again after {again - told_at:.3f} s; the others had {share:.1%} of their rate"
        )
        assert again - told_at >= rest - TOLERANCE_S
        assert share >= 0.7
    assert_clean(tmp_path)


def test_a_polite_crawl_loses_little_of_what_politeness_allows(tmp_path, full_campaign):
    hosts, window, least = (200, 20, 0.98) if full_campaign else (200, 2, 0.8)
    with Site(answer, ALL) as site:
        urls = (f"http://127.0.1.{host}:{site.port}/{n}" for n in range(window + 6) for host in
                range(hosts))  # fmt: skip
        config = write_config(tmp_path, [listed(tmp_path, "polite", urls, delay="1s")])
        with Daemon(config) as daemon:
            until(lambda: len({seen.host for seen in site.requests}) == hosts, "not all", daemon)
            begin = site.requests[-1].at
            until(lambda: site.requests[-1].at > begin + window, "it stands still", daemon)
            assert daemon.stop() == 0
        found = gaps(site)
        share = len(found) / sum(found)
        print(f"{len(found)} gaps of {hosts} hosts: {share:.1%} of the rate that is allowed")
        assert min(found) >= 1 - TOLERANCE_S
        assert share >= least
    assert_clean(tmp_path)


def test_a_small_job_beside_a_big_one_goes_at_its_own_pace(tmp_path, full_campaign):
    took, many = {}, 100_000 if full_campaign else 30_000
    for case, big in (("alone", 0), ("beside a big one", many)):
        folder = tmp_path / case
        with Site(answer, HOSTS[:2]) as site:
            others = (f"http://127.0.0.2:{site.port}/big/{n}" for n in range(big))
            few = (f"http://127.0.0.1:{site.port}/small/{n}" for n in range(100))
            lists = [listed(folder, "big", others), listed(folder, "small", few)]
            config = write_config(folder, lists, defaults={"delay": "10ms"})
            with Daemon(config) as daemon:
                until(lambda: len(asked(site, "/small/")) == 100, "not all", daemon)
                assert daemon.stop() == 0
            at = asked(site, "/small/")
            took[case] = at[-1] - at[0]
            waited = at[0] - site.requests[0].at
            print(f"{case}: {took[case]:.2f} s, {waited:.2f} s after the first request")
        assert_clean(folder)
    most = 1.5 if full_campaign else 3.0  # the short form runs beside other tests
    assert took["beside a big one"] < most * took["alone"]


def test_a_few_urls_on_the_host_of_a_big_job_do_not_wait_for_its_end(tmp_path):
    with Site(answer) as site:
        many = (f"{site.url}/big/{n}" for n in range(10_000))
        few = (f"{site.url}/small/{n}" for n in range(10))
        lists = [listed(tmp_path, "big", many), listed(tmp_path, "small", few)]
        config = write_config(tmp_path, lists, defaults={"delay": "10ms"})
        with Daemon(config) as daemon:
            until(lambda: len(asked(site, "/small/")) == 10, "not all", daemon)
            daemon.wait_for("job.synced", job="big")
            assert daemon.stop() == 0
        sorts = [path.split("/")[1] for path in site.paths()]
        first, last = sorts.index("small"), len(sorts) - sorts[::-1].index("small")
        print(f"10 of {last - first} requests, {first} were made before")
        assert last - first <= 30
    assert_clean(tmp_path, urls=10_010)


def test_on_one_host_a_job_of_high_priority_gets_more_than_one_of_low(tmp_path):
    with Site(answer) as site:
        lists = [
            listed(
                tmp_path, name, (f"{site.url}/{name}/{n}" for n in range(400)), priority=name
            )
            for name in ("low", "normal", "high")
        ]  # fmt: skip
        config = write_config(tmp_path, lists, defaults={"delay": "5ms"})
        with Daemon(config) as daemon:
            until(lambda: asked(site, "/high/"), "not asked", daemon)
            begin = len(site.requests)
            until(lambda: len(site.requests) >= begin + 140, "no visits", daemon)
            assert daemon.stop() == 0
        shares = Counter(path.split("/")[1] for path in site.paths()[begin : begin + 140])
        print(dict(shares))
        assert shares["high"] == pytest.approx(80, abs=8)
        assert shares["normal"] == pytest.approx(40, abs=8)
        assert shares["low"] == pytest.approx(20, abs=8)
    assert_clean(tmp_path)


def test_a_name_with_a_dot_at_its_end_is_the_same_host(tmp_path):
    """One rest, one robots.txt, and one Host field (RFC 3986, section 6.2.3)."""
    with Site(lambda _: b"User-agent: *\nDisallow: /no\n") as site:
        urls = [f"http://localhost{dot}:{site.port}/{name}" for dot in ("", ".") for name in "ab"]
        no = f"http://localhost.:{site.port}/no"
        jobs = [{"name": "j", "urls": [*urls, no], "robots": "obey", "delay": "300ms",
                 "allow_addresses": ["127.0.0.0/8", "::1"]}]  # fmt: skip
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 0
        assert sorted(site.paths()) == ["/a", "/a", "/b", "/b", "/robots.txt"]
        assert {seen.host for seen in site.requests} == {f"localhost:{site.port}"}
        times = [seen.at for seen in site.requests]
        assert min(later - sooner for sooner, later in pairwise(times)) >= 0.29
        assert daemon.told("visit", kind="robots", url=no)
    assert_clean(tmp_path, urls=5)
