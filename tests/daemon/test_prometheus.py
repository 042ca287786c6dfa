"""A real Prometheus scrapes a crawler at work, and answers whatever the dashboard asks."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests import real
from tests.engines import on_every_engine
from tests.parts.web.metrics.dashboard import EXPRESSIONS, asked
from tests.program import Daemon, until, write_config
from tests.servers import Site, free_port, slow, status
from tests.typed import ROOT
from tests.web import Web

CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: crawler
    static_configs: [targets: ["{target}"]]
"""
SCRAPES = 4
"""Scrapes after which rates are known."""
NOTHING = ("held_urls",)
"""Parts of expressions that are of nothing while all goes well."""


class Prometheus:
    """A Prometheus of Debian's that scrapes one place."""

    def __init__(self, folder, target):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir()
        file = folder / "prometheus.yml"
        rules = ROOT / "config" / "alerts.yaml"
        file.write_text(CONFIGURATION.format(target=target, rules=rules))
        storage = folder / "tsdb"
        self._command = [
            real.needs("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={storage}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ]  # fmt: skip
        self._port = port

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until(lambda: real.listens(self._port) and self._is_ready(), "Prometheus is not ready")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready"):
                return True
        except urllib.error.HTTPError as error:  # it reads its storage
            error.close()
            return False

    def ask(self, what, **parameters):
        """Return what it answers."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{what}?{query}") as answer:
            found = json.load(answer)
        assert found["status"] == "success"
        return found["data"]

    def value(self, expression):
        """Return the sum of what an expression is now, None where there is nothing."""
        found = self.ask("query", query=expression)["result"]
        return sum(float(one["value"][1]) for one in found) if found else None


@pytest.fixture
def scraping(tmp_path):
    """A daemon at work, some of whose visits fail, and a Prometheus that has scraped it."""
    broken, answer = status("503 Service Unavailable"), slow(0.05)
    hosts = ("127.0.0.1", "127.0.0.2")
    with Site(lambda path: broken if "odd" in path else answer(path), hosts) as site:
        urls = [f"http://{hosts[1]}:{site.port}/odd[1-9]", f"{site.url}/[1-2000]"]
        told = {"stored": [{"post": f"{site.url}/told"}]}
        jobs = [{"name": "flags", "urls": urls, "robots": "obey", "on": told}]
        config = write_config(tmp_path, jobs)
        with Daemon(config) as daemon:
            daemon.wait_for("daemon.ready")
            with (
                Web(config) as web,
                Prometheus(tmp_path / "prometheus", f"{web.host}:{web.port}") as prometheus,
            ):
                scrapes = f"count_over_time(crawler_build_info[1m]) >= {SCRAPES}"
                until(lambda: prometheus.value(scrapes), "it has scraped nothing")
                visits = "crawler_visit_duration_seconds_count"
                until(lambda: prometheus.value(f"{visits} > 0"), "no visit is told")
                until(lambda: prometheus.value(f"rate({visits}[1m]) > 0"), "no rate is known")
                yield prometheus
            daemon.stop()


@on_every_engine
def test_a_real_prometheus_scrapes_the_figures_and_answers_every_panel(scraping):
    (target,) = scraping.ask("targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    found = {one: scraping.value(asked(one)) for one in EXPRESSIONS}
    assert not [one for one, n in found.items() if n is None and not any(w in one for w in NOTHING)]


def test_a_real_prometheus_takes_the_alerts_and_none_of_them_is_at_fault(scraping):
    def evaluated():
        (group,) = scraping.ask("rules")["groups"]
        return all(one["health"] != "unknown" for one in group["rules"]) and group["rules"]

    rules = until(evaluated, "the alerts are not evaluated")
    assert [one["name"] for one in rules if one["health"] != "ok"] == []
    assert [one["name"] for one in rules if one["state"] == "firing"] == []
