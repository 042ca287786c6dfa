"""The benchmark in its smallest form: it runs, checks every file and writes what it found."""

import json
import subprocess
import sys
from pathlib import Path

from tests import FULL
from tests.real import needs

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
