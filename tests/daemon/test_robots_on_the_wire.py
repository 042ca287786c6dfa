"""robots.txt against real servers: every status, every failure, over processes and restarts."""

import gzip
import json
import socket
from contextlib import ExitStack
from itertools import pairwise

from tests.program import Daemon, assert_clean, at_once, fetch, ledger, write_config
from tests.servers import RudeSite, Site, endless, status

RULES = b"User-agent: *\nDisallow: /private\n\nUser-agent: crawlerd\nDisallow: /secret\n"


def site_with(robots):
    """A site whose robots.txt is an answer, or what a function returns."""

    def route(path: str):
        if path == "/robots.txt":
            return robots() if callable(robots) else robots
        return path.encode()

    return Site(route)


def jobs(url: str, *paths: str, **job: object) -> list[dict]:
    paths = paths or ("a", "private/b", "secret/c")
    return [{"name": "j", "urls": [f"{url}/{{{','.join(paths)}}}"], "robots": "obey", **job}]


def several(sites: dict[str, Site]) -> list[dict]:
    """Give every site a job of its own, named by the first word of its name."""
    return [{**jobs(site.url)[0], "name": name.split()[0]} for name, site in sites.items()]


def run(config):
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
        return daemon


def outcomes(daemon) -> dict[str, str]:
    return {
        visit["url"].partition("/")[2].partition("/")[2].partition("/")[2]: visit["kind"]
        for visit in daemon.told("visit")
        if not visit["url"].endswith("/robots.txt")
    }


def test_what_is_forbidden_is_never_asked_for_and_the_reason_names_the_line(tmp_path):
    with site_with(RULES) as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert outcomes(daemon) == {"a": "stored", "private/b": "stored", "secret/c": "robots"}
        (visit,) = daemon.told("visit", kind="robots")
        assert visit["reason"] == f"{site.url}/robots.txt line 5: Disallow: /secret"
        assert site.paths()[0] == "/robots.txt"
        assert sorted(site.paths()) == ["/a", "/private/b", "/robots.txt"]
    assert_clean(tmp_path, urls=3)


def test_a_robots_txt_that_is_absent_or_refused_allows_everything(tmp_path):
    lines = ["404 Not Found", "403 Forbidden", "401 Who", "410 Gone"]
    with ExitStack() as stack:
        sites = {line: stack.enter_context(site_with(status(line))) for line in lines}
        daemon = run(write_config(tmp_path, several(sites)))
        for line, site in sites.items():
            told = daemon.told("visit", kind="stored", job=line[:3])
            assert len(told) == 3, line
            assert sorted(site.paths()) == ["/a", "/private/b", "/robots.txt", "/secret/c"]


def test_without_an_answer_the_host_is_left_alone(tmp_path):
    answers = {
        "500": status("500 Oops"),
        "503": status("503 Busy"),
        "429": status("429 Slow", ("Retry-After", "2")),
    }
    with ExitStack() as stack:
        sites = {name: stack.enter_context(site_with(one)) for name, one in answers.items()}
        with Daemon(write_config(tmp_path, several(sites))) as daemon:
            for name, site in sites.items():
                told = daemon.wait_for("host.rested", state="away", host=site.url[7:])
                assert told["cause"].startswith(f"robots.txt: HTTP status {name}")
                robots = f"{site.url}/robots.txt"
                daemon.wait_for("visit", verdict="again", url=robots)
            assert daemon.stop() == 0
        for site in sites.values():
            assert set(site.paths()) == {"/robots.txt"}
            assert len(daemon.told("host.rested", state="away", host=site.url[7:])) == 1
    with ledger(tmp_path) as db:
        waiting = "SELECT count(*) FROM task WHERE job != 0 AND state = 0"
        assert db.execute(waiting).fetchone() == (3 * len(sites),)


def test_a_reset_connection_is_no_permission(tmp_path):
    with RudeSite(lambda client: client.close()) as site:
        with Daemon(write_config(tmp_path, jobs(site.url))) as daemon:
            daemon.wait_for("host.rested", state="away")
            assert daemon.stop() == 0
        assert not daemon.told("visit", kind="stored")


def test_once_the_server_answers_the_urls_are_visited(tmp_path):
    answers = iter([status("503 Busy", ("Retry-After", "1"))])
    with site_with(lambda: next(answers, RULES)) as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert outcomes(daemon)["a"] == "stored"
        assert [told["state"] for told in daemon.told("host.rested")][-1] == "well"
        assert (
            1 <= site.requests[1].at - site.requests[0].at < 10
        )  # as long as it said, no half minute


def test_rules_are_kept_for_other_processes_and_restarts(tmp_path):
    with site_with(RULES) as site:
        run(write_config(tmp_path, jobs(site.url, "a")))
        run(write_config(tmp_path, jobs(site.url, "a", "b", "secret/x")))
        assert site.paths().count("/robots.txt") == 1
        assert "/secret/x" not in site.paths()


def test_a_redirect_to_another_host_is_followed_and_the_rules_hold_for_the_first(tmp_path):
    with site_with(b"User-agent: *\nDisallow: /a\n") as other:
        moved = status("301 Moved", ("Location", f"{other.url}/robots.txt"))
        with site_with(moved) as site:
            daemon = run(write_config(tmp_path, jobs(site.url)))
            assert outcomes(daemon)["a"] == "robots"
            assert outcomes(daemon)["private/b"] == "stored"
            assert other.paths() == ["/robots.txt"]


def test_a_redirect_that_leads_nowhere_allows_everything(tmp_path):
    hops = iter(range(100))
    with site_with(lambda: status("302 On", ("Location", f"/robots.txt?{next(hops)}"))) as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert set(outcomes(daemon).values()) == {"stored"}
        assert site.paths().count("/robots.txt") == 6


def test_a_body_without_end_is_cut_and_what_came_is_heard(tmp_path):
    head = b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /\n"
    with RudeSite(endless(head, b"# no end\n" * 1000)) as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert set(outcomes(daemon).values()) == {"robots"}


def test_a_compressed_file_is_read(tmp_path):
    body = gzip.compress(b"User-agent: *\nDisallow: /\n")
    answer = ("200 OK", [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))], [body])
    with site_with(answer) as site:
        assert set(outcomes(run(write_config(tmp_path, jobs(site.url)))).values()) == {"robots"}


def test_a_job_or_the_options_of_a_host_may_ignore_it(tmp_path):
    with site_with(b"User-agent: *\nDisallow: /\n") as site:
        ignoring = jobs(site.url, "a", robots="ignore")
        assert outcomes(run(write_config(tmp_path / "one", ignoring))) == {"a": "stored"}
        hosts = {"127.0.0.1": {"robots": "ignore"}}
        config = write_config(tmp_path / "two", jobs(site.url, "a"), hosts=hosts)
        assert outcomes(run(config)) == {"a": "stored"}
        assert "/robots.txt" not in site.paths()


def test_a_crawl_delay_holds_on_the_wire(tmp_path):
    with site_with(b"User-agent: *\nCrawl-delay: 0.3\n") as site:
        run(write_config(tmp_path, jobs(site.url, "1", "2", "3", "4", per_host=4)))
        times = [seen.at for seen in site.requests]
        assert min(after - before for before, after in pairwise(times[1:])) >= 0.295


def test_a_crawl_delay_beyond_the_limit_leaves_the_host_out_and_says_so(tmp_path):
    with site_with(b"User-agent: *\nCrawl-delay: 4000\n") as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert set(outcomes(daemon).values()) == {"robots"}
        told = daemon.told("host.rested", state="skipped")[0]
        assert told["cause"] == "Crawl-delay of 4000 s, max_crawl_delay is 300 s"
        assert site.paths() == ["/robots.txt"]


def test_what_a_page_says_to_robots_is_on_its_visit(tmp_path):
    page = b'<html><head><meta name="robots" content="noarchive"></head>x</html>'
    fields = [
        ("Content-Type", "text/html"),
        ("X-Robots-Tag", "nofollow"),
        ("X-Robots-Tag", "otherbot: noindex"),
        ("Content-Length", str(len(page))),
    ]
    with Site(lambda _: ("200 OK", fields, [page])) as site:
        daemon = run(write_config(tmp_path, jobs(site.url, "a", robots="ignore")))
        assert daemon.told("visit")[0]["directives"] == "nofollow,noarchive"


def test_fetch_obeys_only_when_told_to(tmp_path):
    with site_with(b"User-agent: *\nDisallow: /a\n") as site:
        assert at_once("fetch", f"{site.url}/a", "-o", "one", cwd=tmp_path).returncode == 0
        assert site.paths() == ["/a"]
        done = fetch(f"{site.url}/{{a,b}}", "-o", "two", "--robots", "obey", "-v", cwd=tmp_path)
        assert done.returncode == 8
        assert "robots: " in done.stdout
        assert "Disallow: /a" in done.stdout
        assert site.paths() == ["/a", "/robots.txt", "/b"]


def test_a_page_for_people_in_the_place_of_robots_txt_allows_everything(tmp_path):
    with site_with(b"<html><p>Not: here.</p>\nDisallow: /\n</html>") as site:
        daemon = run(write_config(tmp_path, jobs(site.url)))
        assert set(outcomes(daemon).values()) == {"stored"}


def test_fetch_does_not_wait_for_the_robots_txt_of_a_host_that_is_silent(tmp_path):
    """A port that is bound and not listened on refuses every connection."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/[1-3]"
        done = fetch(url, "--robots", "obey", "--json", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["kind"] for one in told] == ["connect"] * 3
