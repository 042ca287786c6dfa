"""`crawler tail`: logs as people read them, merged, chosen, followed; it ends quietly."""

import gzip
import json
import signal
import subprocess

import gevent
import pytest
from gevent.socket import wait_read

from tests.program import CRAWLER, PATIENCE_S, Daemon, crawler, until, write_config
from tests.servers import Site, slow


def line(second, **fields):
    record = {"timestamp": f"2026-11-28T20:31:{second:02}.5Z", "level": "info", "event": "visit"}
    return json.dumps(record | fields) + "\n"


@pytest.fixture
def logs(tmp_path):
    """Logs of two processes, with a traceback in the one and a torn line in the other."""
    bad = {"level": "warning", "verdict": "dead", "kind": "dns", "reason": "no \x1b[2J address"}
    (tmp_path / "one.log").write_text(
        line(1, process=1, kind="stored", status=200, url="http://h/1", verdict="done", job="a")
        + line(4, process=1, url="http://i/4", host="i:80", job="b", **bad)
        + "Traceback\x1b[2J\n"
    )
    (tmp_path / "two.log").write_text(
        line(2, process=2, event="job.synced", job="a", added=3)
        + line(3, process=2, kind="stored", status=200, url="http://h/3", verdict="done", job="a")
        + line(5)[:20]
    )
    return tmp_path


MERGED = """\
2026-11-28 20:31:01 1 stored 200 http://h/1
2026-11-28 20:31:02 2 job.synced job=a added=3
2026-11-28 20:31:03 2 stored 200 http://h/3
{"timestamp": "2026-
2026-11-28 20:31:04 1 dns dead http://i/4 (no \ufffd[2J address)
Traceback\ufffd[2J
"""


def test_logs_are_merged_by_time_and_damaged_lines_are_shown_without_controls(logs):
    done = crawler("tail", "one.log", "two.log", cwd=logs)
    assert (done.returncode, done.stdout, done.stderr) == (0, MERGED, "")


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--failed"], [3, 4, 5]), (["--kind", "stored"], [0, 2]), (["--job", "a"], [0, 1, 2]),
        (["--host", "I"], [4]), (["--host", "i:81"], []), (["-n", "2"], [4, 5]), (["-n", "0"], []),
        (["--job", "a", "-n", "1"], [2]),
    ],
)  # fmt: skip
def test_lines_are_chosen(logs, options, shown):
    done = crawler("tail", *options, "one.log", "two.log", cwd=logs)
    merged = MERGED.splitlines()
    assert done.stdout.splitlines() == [merged[at] for at in shown]


def test_a_log_that_a_rotation_has_packed_is_shown_and_a_torn_one_told(logs):
    packed = gzip.compress((logs / "one.log").read_bytes())
    (logs / "one.log").write_bytes(packed)
    done = crawler("tail", "one.log", "two.log", cwd=logs)
    assert (done.returncode, done.stdout, done.stderr) == (0, MERGED, "")
    (logs / "one.log").write_bytes(packed[:-9])
    done = crawler("tail", "one.log", cwd=logs)
    assert done.returncode == 1
    assert done.stderr.startswith("crawler: one.log cannot be unpacked to its end")


@pytest.mark.parametrize("options", [["--failed"], ["--kind", "stored"], ["--host", "h"], []])
def test_fields_of_any_type_are_no_trouble(logs, options):
    names = ("level", "verdict", "kind", "host", "job", "url", "timestamp", "status", "elapsed_s")
    values = ([1], {"a": "\x1b"}, None, 1e300)
    odd = [line(1, **{name: value}) for name in names for value in values]
    (logs / "odd.log").write_text("".join(odd))
    done = crawler("tail", *options, "odd.log", cwd=logs)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout


def test_standard_input_is_a_log(logs):
    done = crawler("tail", "-", cwd=logs, input=(logs / "one.log").read_text())
    assert done.stdout.splitlines() == [MERGED.splitlines()[at] for at in (0, 4, 5)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name the log"), (["none.log"], "none.log is not there"), (["."], ". is a folder"),
        (["-f", "-", "one.log"], "- cannot be followed beside files"),
        (["--kind", "bad", "one.log"], "'bad' is not one of"),
        (["-f", "/dev/null"], "without -f it is read as it comes"),
        (["-f", "one.log", "one.log.1.gz"], "one.log.1.gz is packed"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_the_remedy(logs, arguments, told):
    (logs / "one.log.1.gz").write_bytes(gzip.compress(line(1).encode()))
    done = crawler("tail", *arguments, cwd=logs)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_log_file_the_configuration_says_how(tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://h/"]}])
    done = crawler("tail", "-c", str(config), cwd=tmp_path)
    assert done.returncode == 2
    assert "crawler.log.file is not set" in done.stderr
    assert "stdout_logfile" in done.stderr


class Tail:
    """A running `crawler tail`."""

    def __init__(self, *arguments, cwd):
        self._command = [*CRAWLER, "tail", *arguments]
        self._cwd = cwd
        self.shown = b""
        self.errors = b""

    def __enter__(self):
        self.process = subprocess.Popen(
            self._command, cwd=self._cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = gevent.spawn(self._read)
        return self

    def _read(self):
        while True:
            wait_read(self.process.stdout.fileno())
            data = self.process.stdout.read1(65536)
            if not data:
                return
            self.shown += data

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        self.errors = self.process.stderr.read()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def wait_for(self, text):
        until(lambda: text in self.shown, f"no {text!r}")


def test_lines_are_followed_over_a_rotation_until_a_ctrl_c_ends_it_quietly(logs):
    log = logs / "one.log"
    with Tail("-f", "one.log", "two.log", cwd=logs) as tail:
        tail.wait_for(b"http://i/4")
        with log.open("a") as file:
            file.write(line(6, url="http://h/6"))
        tail.wait_for(b"http://h/6\n")
        log.rename(logs / "one.log.1")
        log.write_text(line(7, url="http://h/7"))
        tail.wait_for(b"http://h/7\n")
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(PATIENCE_S) == 130
    assert tail.errors == b""


def test_a_line_of_standard_input_is_shown_as_it_comes(logs):
    with Tail("-", cwd=logs) as tail:
        tail.process.stdin.write(line(6, url="http://h/6").encode())
        tail.process.stdin.flush()
        tail.wait_for(b"http://h/6\n")


def test_a_reader_that_has_enough_ends_it_quietly(logs):
    (logs / "long.log").write_text(line(1, url="http://h/" + "x" * 500) * 2000)
    command = f"{' '.join(CRAWLER)} tail long.log | head -n 1"
    script = f"set -o pipefail; {command}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=logs, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.count(b"\n"), done.stderr) == (0, 1, b"")


def test_the_log_of_a_configuration_is_shown_with_what_was_rotated(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-60]"]}]
        log = {"file": "log/crawler.log", "file_size": "5KB", "file_count": 100}
        config = write_config(tmp_path, jobs, log=log)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
    assert len([*(tmp_path / "log").iterdir()]) > 2
    done = crawler("tail", "-c", str(config), "--kind", "stored", cwd=tmp_path)
    assert len(done.stdout.splitlines()) == 60
    everything = crawler("tail", "-c", str(config), cwd=tmp_path).stdout.splitlines()
    assert len(everything) == len(daemon.records)
    assert "daemon.stopped" in everything[-1]
