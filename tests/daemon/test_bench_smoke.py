"""The benchmark in its smallest form: it runs, checks every file and writes what it found."""

import json
import pstats
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import FULL
from tests.real import needs

VERBS = {
    "join", "beat", "lease", "settle", "leave", "configure", "rests", "bring back", "refit",
    "understand", "end pass", "count down", "retire", "forget",
}  # fmt: skip
"""Whose hold of the lock is measured."""
ROOT = Path(__file__).parents[2]
NAMES = ["small", "latency", "latency-all", "durable"] if FULL else ["small", "durable"]
CASES = [name for name in NAMES if name != "latency-all"]
"""The third one is measured beside `latency`, against a loop that takes its time."""


def test_the_benchmark_runs_and_checks_every_file(tmp_path):
    needs("nginx")
    found, drawn = tmp_path / "found.json", tmp_path / "found.svg"
    words = ["--json", str(found), "--svg", str(drawn), "--folder", str(tmp_path), "--quick"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *CASES, *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cases = {case["name"]: case for case in json.loads(found.read_text())["cases"]}
    assert [*cases] == NAMES
    for case in cases.values():
        ours = [row for row in case["rows"] if row["ours"]]
        assert len(ours) == 2
        for row in ours:
            assert row["runs"]
            assert not row["void"], row
            assert all(run["files"] == case["urls"] for run in row["runs"])
            assert row["median"]["work_s"] > 0
    assert "crawler run" in drawn.read_text()
    assert "| small | " in done.stdout


def test_the_profile_counts_the_steps_of_a_visit_in_its_groups(tmp_path):
    needs("nginx")
    found = tmp_path / "found.json"
    words = ["--visits", "300", "--processes", "2", "--json", str(found)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "profile", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counted = json.loads(found.read_text())
    calls, groups = counted["calls"], counted["calls"]["groups"]
    assert sum(groups.values()) == pytest.approx(calls["functions"] + calls["exchange"], abs=0.1)
    assert {"exchange", "feeder", "settler", "log"} <= set(groups)
    assert counted["system"]["sendto"] >= 1
    assert counted["locks"]["held"] >= counted["locks"]["worked"] > 0


def test_the_benchmark_of_the_ledger_fills_its_tables_and_draws_its_curves(tmp_path):
    found, drawn = tmp_path / "found.json", tmp_path / "found.svg"
    words = ["--least", "1000", "--most", "1000", "--processes", "1,2", "--seconds", "30"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "frontier", *words, "--json", str(found),
         "--svg", str(drawn), "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    few, each = json.loads(found.read_text())["rows"]
    assert [(row["urls"], row["hosts"]) for row in (few, each)] == [(1000, 10), (1000, 1000)]
    for row in (few, each):
        assert [*row["leases"]] == ["1", "2"]
        assert row["holds"].keys() >= VERBS
        disk = row["import"]["disk_b"]
        assert disk.pop("beyond the URL") == pytest.approx(sum(disk.values()))
    assert [*few["writers"]] == [], "there are too few hosts"
    assert [one["visits"] for one in each["writers"].values()] == [1000, 1000], "until none is left"
    tables = done.stdout.split("\n\n")
    assert all(re.search(r"\d", line) for table in tables[1:-1] for line in table.splitlines()[2:])
    assert tables[-1].count("\n") > 8
    assert drawn.read_text().count("<polyline") > 8
    assert not [*tmp_path.glob("crawler-bench-*")]


EYES = re.compile(
    r"crawler/(policy/(paused|causes)|feeder/(withdrawal|host_log)|log/visits|daemon/(guards|wishes)/)"
)
"""What wishes, guards and the log of hosts are made of."""


def test_what_nobody_uses_costs_a_visit_no_more_than_seven_calls(tmp_path):
    visits, profile = 2000, tmp_path / "calls"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "overhead", "--hosts", "1", "--visits", str(visits),
         "--durability", "relaxed", "--profile", str(profile), "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = {
        (file, name): times
        for (file, _, name), (_, times, *_) in pstats.Stats(str(profile)).stats.items()
        if EYES.search(file) or name == "_may_begin"
    }
    assert 5 * visits < sum(calls.values()) < 7.5 * visits, calls
