"""URLs on standard input of `crawler add`, `retry` and `forget`, whatever a pipe holds."""

import json
import signal
import subprocess

import pytest

from tests.daemon.test_desk import desk
from tests.program import CRAWLER, Daemon, until, write_config
from tests.servers import Site, status


def given(tmp_path, data, verb, *more):
    """Run a verb with bytes on its standard input."""
    command = [*CRAWLER, verb, "-c", tmp_path / "crawler.yaml", *more, "-"]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)


@pytest.fixture
def ended(tmp_path):
    """A ledger with a URL that was given up."""
    with Site(lambda _: status("500 Broken")) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "attempts": 1}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
        yield f"{site.url}/1"


@pytest.mark.parametrize("verb", ["retry", "forget"])
def test_a_pipe_that_holds_no_url_changes_nothing(tmp_path, ended, verb):
    done = given(tmp_path, b"", verb)
    assert (done.returncode, done.stdout) == (0, b"no URL was given\n")
    assert json.loads(desk(tmp_path, "explain", "--json", ended))["jobs"][0]["state"] == "dead"


def test_lines_are_read_as_those_of_a_list_and_what_is_no_url_is_told_in_bounds(tmp_path, ended):
    bad = b"".join(b"nonsense%d\r\n" % n for n in range(100))
    long = b"http://a.example/" + b"x" * 1_000_000
    data = b"\xef\xbb\xbf# mine\r\nhttp://a.example/1 # one\r\n\r\n" + bad + long + b"\n\x80\n"
    done = given(tmp_path, data + b"http://a.example/2", "add", "--job", "j")
    assert (done.returncode, done.stdout) == (2, b"2 URLs added to j, 102 bad\n")
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 82 more that are no URLs"
    done = given(tmp_path, long + b"\n" + ended.encode() + b"\n" + ended.encode(), "retry")
    assert (done.returncode, done.stdout.decode()) == (2, f"{ended}: due again\n")
    assert len(done.stderr) < 400
    assert b"longer than 65536 bytes" in done.stderr


def test_urls_of_a_pipe_that_stays_open_are_visited_and_a_ctrl_c_tells_how_many(tmp_path):
    with Site(str.encode) as site:
        file = write_config(tmp_path, [{"name": "run", "urls": [f"{site.url}/1"]}])
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            command = [*CRAWLER, "add", "-c", file, "--job", "run", "-"]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as adding:
                for n in (2, 3):
                    adding.stdin.write(f"{site.url}/{n}\n".encode())
                    adding.stdin.flush()
                    daemon.wait_for("visit", url=f"{site.url}/{n}")
                assert "1 process" in desk(tmp_path, "status", "--check")
                assert "heard by 1 process" in desk(tmp_path, "pause", "--wait")
                adding.send_signal(signal.SIGINT)
                assert adding.wait(10) == 130
                assert adding.stdout.read() == b"2 URLs added to run\n"
                assert adding.stderr.read() == b""
            assert daemon.stop() == 0


def test_who_adds_urls_is_no_daemon_while_that_lasts(tmp_path):
    with Site(str.encode) as site:
        file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        with subprocess.Popen(
            [*CRAWLER, "add", "-c", file, "--job", "j", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as adding:  # fmt: skip
            adding.stdin.write(b"".join(b"http://a.example/%d\n" % n for n in range(20_000)))
            adding.stdin.flush()
            told = desk(tmp_path, "stop", code=1)
            assert told == "no daemon is running\n"
            out, _ = adding.communicate(timeout=60)
        assert out == b"20,000 URLs added to j\n"
        until(lambda: "20,001" in desk(tmp_path, "status"), "not all are there")
