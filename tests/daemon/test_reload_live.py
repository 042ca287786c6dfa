"""A reload is live: what it changes holds for the next visit, and no restart is needed for it."""

import signal
from itertools import pairwise
from pathlib import Path

import yaml

from tests.program import Daemon, until, write_config
from tests.servers import Site

FOR_BOTH = b"User-agent: crawlerd\nDisallow: /old\n\nUser-agent: mybot\nDisallow: /new\n"
FIELDS = [("X-Robots-Tag", "crawlerd: noindex"), ("X-Robots-Tag", "mybot: nofollow")]


def site_with(robots: bytes) -> Site:
    """A site with a robots.txt, each page of which has a word for either name of ours."""

    def route(path: str):
        body = robots if path == "/robots.txt" else path.encode()
        return "200 OK", [*FIELDS, ("Content-Length", str(len(body)))], [body]

    return Site(route)


def call_it(daemon: Daemon, config: Path, token: str, *urls: str) -> None:
    """Reload with another name for robots.txt, and with these URLs."""
    document = yaml.safe_load(config.read_text())
    document["crawler"]["robots_token"] = token
    document["jobs"][0]["urls"] = list(urls)
    new = config.with_suffix(".new")
    new.write_text(yaml.safe_dump(document))
    new.rename(config)
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded")


def kinds(daemon: Daemon) -> dict[str, tuple[str, str]]:
    return {
        visit["url"].rpartition("/")[2]: (visit["kind"], visit.get("directives", ""))
        for visit in daemon.told("visit")
    }


def test_robots_txt_and_pages_are_read_for_the_new_name_from_the_reload_on(tmp_path):
    with site_with(FOR_BOTH) as site:
        job = {"name": "j", "urls": [f"{site.url}/{{old,new}}1"], "robots": "obey"}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: {"old1", "new1"} <= set(kinds(daemon)), "no visits", daemon)
            call_it(daemon, config, "mybot", f"{site.url}/{{old,new}}[1-2]")
            until(lambda: {"old2", "new2"} <= set(kinds(daemon)), "no new visits", daemon)
            assert daemon.stop() == 0
    found = kinds(daemon)
    assert (found["old1"][0], found["new1"]) == ("robots", ("stored", "noindex"))
    assert (found["old2"], found["new2"][0]) == (("stored", "nofollow"), "robots")
    assert sorted(site.paths()) == ["/new1", "/old2", "/robots.txt"], "the copy is still fresh"


def test_the_crawl_delay_of_the_new_name_is_taken_up_without_waiting_for_a_day(tmp_path):
    with site_with(b"User-agent: mybot\nCrawl-delay: 0.3\n") as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "robots": "obey", "per_host": 1}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: "1" in kinds(daemon), "no visit", daemon)
            call_it(daemon, config, "mybot", f"{site.url}/[1-6]")
            until(lambda: {f"/{n}" for n in range(2, 7)} <= set(site.paths()), "no visits", daemon)
            assert daemon.stop() == 0
    paths = site.paths()
    assert paths[:3] == ["/robots.txt", "/1", "/robots.txt"]
    times = [seen.at for seen in site.requests[3:]]
    assert min(after - before for before, after in pairwise(times)) >= 0.295
