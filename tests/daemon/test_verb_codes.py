"""What verbs end with, beside no daemon, and that `--dry-run` changes nothing."""

import re
from pathlib import Path

import pytest

from tests.daemon.test_desk import desk, of
from tests.program import Daemon, at_once, crawl, ledger, until, write_config
from tests.servers import Site

DOCUMENT = Path(__file__).parents[2] / "docs/operations.md"
CASES = [
    (0, ["status"]), (0, ["hosts"]), (0, ["failures"]), (0, ["wishes"]), (0, ["export"]),
    (0, ["host", "127.0.0.1"]), (2, ["host", "nobody.example"]), (2, ["status", "--nonsense"]),
    (0, ["top", "--once"]), (0, ["audit"]), (0, ["check"]), (0, ["tail", "/dev/null"]),
    (0, ["explain", "{url}/1"]), (1, ["explain", "{url}/nobody"]),
    (0, ["find", "files/j/1"]), (1, ["find", "files/j/nobody"]),
    (0, ["retry", "{url}/1"]), (1, ["retry", "{url}/nobody"]), (2, ["retry", "no URL"]),
    (0, ["forget", "--retired", "--older-than", "1d"]), (1, ["forget", "{url}/nobody"]),
    (0, ["pause"]), (0, ["resume"]), (1, ["resume"]), (2, ["pause", "--job", "nobody"]),
    (0, ["set", "concurrency=3"]), (0, ["unset", "concurrency"]), (1, ["unset", "concurrency"]),
    (2, ["set", "state=x"]), (1, ["wake", "127.0.0.1"]), (2, ["wake", "nobody.example"]),
    (0, ["add", "--job", "j", "{url}/9"]), (2, ["add", "--job", "nobody", "{url}/9"]),
    (1, ["stop"]), (1, ["reload"]), (2, ["stop", "--process", "77"]), (2, ["status", "--check"]),
]  # fmt: skip
"""In this order, on a ledger of two URLs that are stored, beside no daemon."""
CHANGES = [
    (["pause"], "everything would be paused; 0 URLs leased now"),
    (["pause", "--job", "j"], "job j would be paused"),
    (["resume"], "everything would go on"),
    (["wake", "127.0.0.1"], "no such host rests"),
    (["set", "concurrency=3"], "concurrency: "),
    (["add", "--job", "j", "http://127.0.0.1:1/9"], "1 URL for j, 0 bad"),
    (["retry", "--kind", "stored"], "0 URLs would be due again"),
    (["forget", "--retired", "--older-than", "1d"], "0 URLs would be forgotten"),
]


@pytest.fixture
def crawled(tmp_path):
    with Site(lambda path: path.encode()) as site:
        write_config(tmp_path, of(site, 2))
        crawl(tmp_path)
        yield tmp_path, site


def test_every_verb_ends_with_the_code_that_the_manual_gives(crawled):
    folder, site = crawled
    for code, words in CASES:
        verb, *arguments = (word.format(url=site.url) for word in words)
        options = () if verb == "tail" else ("-c", "crawler.yaml")
        done = at_once(verb, *options, *arguments, cwd=folder)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    (row,) = re.findall(r"^\| 1 \| (the crawler failed.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    told = set(re.findall(r"`(\w+)", row))
    assert {words[0] for code, words in CASES if code == 1} <= told


@pytest.mark.parametrize(("words", "said"), CHANGES)
def test_a_dry_run_says_what_would_come_and_writes_nothing(crawled, words, said):
    folder, _ = crawled
    with ledger(folder) as db:
        (before,) = db.execute("PRAGMA data_version").fetchone()
        assert said in desk(folder, words[0], "--dry-run", *words[1:])
        assert db.execute("PRAGMA data_version").fetchone() == (before,)


def test_a_dry_stop_names_the_processes_and_stops_none(tmp_path):
    with Site(lambda path: path.encode()) as site:
        file = write_config(tmp_path, of(site, 2))
        with Daemon(file) as daemon:
            until(lambda: len(daemon.told("visit")) == 2, "no visits", daemon)
            told = desk(tmp_path, "stop", "--wait", "--dry-run")
            assert told == f"process {daemon.process.pid} would be told to stop\n"
            assert not daemon.told("daemon.draining")
            assert daemon.stop() == 0
    assert desk(tmp_path, "stop", "--dry-run", code=1) == "no daemon is running\n"
