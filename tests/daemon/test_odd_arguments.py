"""Arguments and streams as odd hands give them: told in a sentence, with a fitting exit code."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.daemon.test_desk import desk
from tests.program import CRAWLER, Daemon, at_once, write_config

FULL = Path("/dev/full")


@pytest.fixture
def known(tmp_path):
    """A ledger that knows a host whose name is in a script of its own."""
    jobs = [{"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1}]
    with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
        assert daemon.wait() == 0
    desk(tmp_path, "add", "--job", "j", "http://bücher.example/")
    return tmp_path


def test_a_host_is_found_however_it_is_written(known):
    assert "xn--bcher-kva.example is paused" in desk(known, "pause", "--host", "BÜCHER.example")
    assert "paused" in desk(known, "host", "bücher.example.:80")
    assert "goes on" in desk(known, "resume", "--host", "xn--BCHER-kva.example")
    assert "failure in a row" in desk(known, "host", "127.1:1")
    assert desk(known, "retry", "--host", "127.1", "--dry-run").startswith("1 URL ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("wake", "http://bücher.example/"), "hosts are example.org or example.org:8080"),
        (("wake", ""), "hosts are example.org"),
        (("host", "a b"), "not a valid URL"),
        (("pause", "--host", "user:secret@bücher.example"), "hosts are example.org"),
        (("pause", "--for", "0"), "0 is too short: 1 s is the least"),
        (("pause", "--why", "w" * 401), "--why is 401 characters long, and 400 is the most"),
        (("set", "delay=1s", "delay=2s"), "delay is given twice"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_wished(known, arguments, words):
    verb, *more = arguments
    done = at_once(verb, "-c", "crawler.yaml", *more, cwd=known)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert "secret" not in done.stderr
    assert desk(known, "wishes") == "nothing is wished\n"


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("schema",), 1), (("--help",), 1), (("status",), 1), (("status", "--check"), 3)],
)
def test_an_answer_that_cannot_be_written_is_an_error(known, arguments, code):
    with FULL.open("w") as full:
        done = subprocess.run(
            [*CRAWLER, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60,
            env={**os.environ, "CRAWLER_CONFIG": str(known / "crawler.yaml")},
        )  # fmt: skip
    assert done.returncode == code
    assert done.stderr in {b"", b"crawler: output: No space left on device\n"}
    assert done.stderr or code == 3
