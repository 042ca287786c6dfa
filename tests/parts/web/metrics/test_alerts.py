"""The alerts as they are shipped: each fires on what it is about, and on nothing else."""

import json
import re
import subprocess

import pytest
import yaml

from tests import real
from tests.parts.web.metrics.figures import names_of, told_names
from tests.typed import ROOT

FILE = ROOT / "config" / "alerts.yaml"
RULES = {one["alert"]: one for one in yaml.safe_load(FILE.read_text())["groups"][0]["rules"]}

VISITS = "crawler_visit_duration_seconds_count"
OVERDUE = {"crawler_host_overdue_seconds": "400+60x60"}
IDLE = {VISITS: "100x60"}
P = '{machine="m",process="1"}'
ALL = '{scope="all"}'
NEWS = '{crawler_job="news",outcome="%s"}'
FULL = {f"crawler_disk_free_bytes{P}": "1e9x60"}


def buckets(metric, *, fast, slow):
    """Return a histogram that grows by so many in a minute, at once or within 10 s."""
    return {
        f'{metric}_bucket{{le="0.1"}}': f"0+{fast}x60",
        f'{metric}_bucket{{le="10"}}': f"0+{fast + slow}x60",
        f'{metric}_bucket{{le="+Inf"}}': f"0+{fast + slow}x60",
    }


CASES = {
    "CrawlerUnreachable": ([{'up{job="crawler"}': "0x60"}], [{'up{job="crawler"}': "1x60"}]),
    "CrawlerNotRunning": (
        [{"crawler_build_info": "1x60"}],
        [{"crawler_build_info": "1x60", f"crawler_process_info{P}": "1x60"}],
    ),
    "CrawlerStalled": (
        [IDLE | OVERDUE],
        [
            {VISITS: "0+1x60"} | OVERDUE,
            IDLE | {"crawler_host_overdue_seconds": "10x60"},
            IDLE | OVERDUE | {f"crawler_paused{ALL}": "1x60"},
            IDLE | OVERDUE | {f"crawler_process_paused{P}": "1x60"},
        ],
    ),
    "CrawlerPaused": (
        [{f"crawler_paused{ALL}": "1x90"}],
        [{f"crawler_paused{ALL}": "0x90"}, {'crawler_paused{scope="host"}': "3x90"}],
    ),
    "CrawlerProcessPaused": (
        [{f"crawler_process_paused{P}": "1x60"}],
        [{f"crawler_process_paused{P}": "0x60"}, {f"crawler_process_paused{P}": "0 1 0x58"}],
    ),
    "CrawlerProcessSilent": (
        [{f"crawler_process_silence_seconds{P}": "0+60x60"}],
        [{f"crawler_process_silence_seconds{P}": "5x60"}],
    ),
    "CrawlerProcessDied": (
        [{"crawler_process_deaths_total": "0x55 1x5"}],
        [{"crawler_process_deaths_total": "3x60"}],
    ),
    "CrawlerVisitsFailing": (
        [{
            'crawler_visits_total{crawler_job="a",kind="timeout"}': "0+6x60",
            'crawler_visits_total{crawler_job="a",kind="stored"}': "0+4x60",
        }],
        [{
            'crawler_visits_total{crawler_job="a",kind="timeout"}': "0+1x60",
            'crawler_visits_total{crawler_job="a",kind="not_found"}': "0+9x60",
        }],
    ),
    "CrawlerHostsFailing": (
        [{"crawler_hosts_failing_ratio": "0.6x60", "crawler_hosts_known": "50x60"}],
        [
            {"crawler_hosts_failing_ratio": "0.1x60", "crawler_hosts_known": "50x60"},
            {"crawler_hosts_failing_ratio": "1x60", "crawler_hosts_known": "1x60"},
        ],
    ),
    "CrawlerDiskFilling": (
        [FULL, {f"crawler_disk_free_bytes{P}": "50e9-100e6x60"}],
        [
            {f"crawler_disk_free_bytes{P}": "50e9x60"},
            {f"crawler_disk_free_bytes{P}": "500e9-1e6x60"},
        ],
    ),
    "CrawlerInodesFew": (
        [{f"crawler_disk_free_inodes{P}": "900x60"}],
        [{f"crawler_disk_free_inodes{P}": "90000x60"}],
    ),
    "CrawlerListFailed": (
        [{f"crawler_list_reads_total{NEWS % 'failed'}": "0x30 0+1x30",
          f"crawler_list_reads_total{NEWS % 'read'}": "7x60"}],
        [
            {f"crawler_list_reads_total{NEWS % 'failed'}": "0x20 1x40",
             f"crawler_list_reads_total{NEWS % 'read'}": "7x30 8x30"},
            {f"crawler_list_reads_total{NEWS % 'failed'}": "4x60",
             f"crawler_list_reads_total{NEWS % 'read'}": "0+1x60"},
        ],
    ),
    "CrawlerListHeld": (
        [{'crawler_list_held_urls{crawler_job="news"}': "0x30 40x30"}],
        [{'crawler_list_held_urls{crawler_job="news"}': "0x60"}],
    ),
    "CrawlerLagging": (
        [buckets("crawler_hub_lag_seconds", fast=90, slow=10)],
        [buckets("crawler_hub_lag_seconds", fast=1000, slow=1)],
    ),
    "CrawlerLedgerSlow": (
        [buckets("crawler_settle_duration_seconds", fast=50, slow=50)],
        [buckets("crawler_settle_duration_seconds", fast=1000, slow=10)],
    ),
    "CrawlerLogDropped": (
        [{"crawler_log_lines_dropped_total": "0x50 12x10"}],
        [{"crawler_log_lines_dropped_total": "12x60"}],
    ),
}  # fmt: skip
"""Series by minutes on which each alert fires after an hour or later, and on which it does not."""


def test_promtool_finds_nothing_wrong_with_the_rules():
    asked = promtool("check", "rules", FILE)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_every_alert_has_cases():
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_fires_on_what_it_is_about_and_on_nothing_else(alert, tmp_path):
    fires, rests = CASES[alert]
    cases = [(series, 1) for series in fires] + [(series, 0) for series in rests]
    assert fires
    assert rests
    file = tmp_path / "cases.yaml"
    file.write_text(json.dumps({
        "rule_files": [str(FILE)],
        "evaluation_interval": "1m",
        "tests": [case(alert, series, fires) for series, fires in cases],
    }))  # fmt: skip
    asked = promtool("test", "rules", file)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def case(alert, series, number):
    """Return a test for promtool: how often an alert fires at the end."""
    minutes = 85 if alert == "CrawlerPaused" else 59
    return {
        "interval": "1m",
        "input_series": [
            {"series": scraped(name), "values": values} for name, values in series.items()
        ],
        "promql_expr_test": [{
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
            "eval_time": f"{minutes}m",
            "exp_samples": [{"labels": "{}", "value": number}] if number else [],
        }],
    }  # fmt: skip


def scraped(name):
    """Return a series with the label that Prometheus gives what it scrapes."""
    name, _, labels = name.rstrip("}").partition("{")
    return f'{name}{{instance="here",{labels}}}'


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_names_only_what_is_told_and_says_what_to_do(alert, frontier):
    rule = RULES[alert]
    assert names_of(rule["expr"]) - {"up"} <= told_names(frontier)
    says = rule["annotations"]
    assert all(re.search(r"\.( |$)", says[one]) for one in ("summary", "description"))
    assert rule["labels"]["severity"] in {"critical", "warning"}


def promtool(*arguments):
    program = real.needs("promtool")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          check=False)  # fmt: skip
