"""`crawler fetch`, as a person or a script uses it."""

import fcntl
import gzip
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import gevent
import pytest

from tests import real
from tests.program import CRAWLER, at_once, fetch, until
from tests.servers import RudeSite, Site, sends, slow, status


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def flaky(path: str):
    if path.endswith("404"):
        return status("404 Not Found")
    return status("503 Busy") if path.endswith("503") else path.encode()


def test_globs_are_fetched_into_files_and_reported(tmp_path):
    with Site(flaky) as site:
        done = fetch(f"{site.url}/{{a,b}}/[1-3]", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    host = site.url.removeprefix("http://").replace(":", "_")
    for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "b/3"):
        assert (tmp_path / "out" / host / name).read_text() == f"/{name}"
    assert f"6 URLs from {site.url.removeprefix('http://')}, 6 connections at most" in done.stdout
    assert "6 ok, 0 not found, 0 errors, " in done.stdout


def test_every_url_is_accounted_for_and_failures_name_their_cause(tmp_path, unused_port):
    refused = f"http://127.0.0.1:{unused_port}/x"
    with Site(flaky) as site:
        urls = [f"{site.url}/1", f"{site.url}/404", f"{site.url}/503", refused]
        done = at_once("fetch", *urls, "--attempts", "1", "-v", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{refused}: error, connect: Connection refused" in done.stdout
    assert f"{site.url}/503: error, http_error: HTTP status 503" in done.stdout
    assert f"{site.url}/404: not found, not_found: HTTP status 404" in done.stdout
    assert "1 ok, 1 not found, 2 errors, " in done.stdout


def test_json_prints_one_object_for_every_url_and_nothing_else(tmp_path):
    with Site(flaky) as site:
        done = fetch(f"{site.url}/{{1,404,503}}", "--json", "--attempts", "2", cwd=tmp_path)
    told = {line["url"].rpartition("/")[2]: line for line in lines(done.stdout)}
    assert {name: line["outcome"] for name, line in told.items()} == {
        "1": "ok", "404": "not_found", "503": "error",
    }  # fmt: skip
    assert list(told["1"]) == [
        "url", "outcome", "kind", "status", "path", "bytes", "elapsed_s", "attempts", "reason",
    ]  # fmt: skip
    assert told["503"]["attempts"] == 2
    assert told["1"]["bytes"] == 2


def test_a_url_asked_for_twice_is_fetched_once_and_counted_twice(tmp_path):
    with Site(flaky) as site:
        done = at_once("fetch", f"{site.url}/1", f"{site.url}/1", f"{site.url}/404", cwd=tmp_path)
    assert sorted(site.paths()) == ["/1", "/404"]
    assert "2 ok, 1 not found, 0 errors, " in done.stdout


@pytest.mark.parametrize("zipped", [False, True])
def test_a_list_may_come_from_a_file_plain_or_gzip(tmp_path, zipped):
    with Site(flaky) as site:
        text = f"# flags\n\n{site.url}/1\n  {site.url}/2  \r\n{site.url}/3\n".encode()
        (tmp_path / "list").write_bytes(gzip.compress(text) if zipped else text)
        done = at_once("fetch", "-i", "list", "-l", "2", cwd=tmp_path)
    assert sorted(site.paths()) == ["/1", "/2"]
    assert "2 ok" in done.stdout


def test_a_list_may_come_from_standard_input_and_its_bad_lines_are_told(tmp_path):
    with Site(flaky) as site:
        text = f"{site.url}/1\nnonsense\nftp://x/\n{site.url}/2\n"
        done = fetch("-i", "-", "-v", cwd=tmp_path, input=text)
    assert done.returncode == 1
    assert "nonsense: error" in done.stdout
    assert "/dev/stdin:3: its scheme is ftp, only http and https are fetched" in done.stdout
    assert "2 ok, 0 not found, 2 errors, " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name URLs, or a list of them with -i"),
        (["example.org"], "it is not a URL; write it with its scheme"),
        (["http://x/[9-1]"], "[9-1] is empty"),
        (["-i", "nowhere"], "-i nowhere: it is not there"),
        (["http://x/", "--timeout", "5x"], "--timeout 5x: a time is needed"),
        (["http://x/", "-m", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_is_told_without_a_traceback_and_exits_with_2(tmp_path, arguments, message):
    done = at_once("fetch", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_redirects_are_followed_and_a_loop_ends(tmp_path):
    def route(path: str):
        target = {"/a": "/b", "/b": "/c", "/loop": "/loop"}.get(path)
        return status("302 Found", ("Location", target)) if target else b"here"

    with Site(route) as site:
        done = at_once("fetch", f"{site.url}/a", f"{site.url}/loop", "--json", cwd=tmp_path)
    told = {line["url"].rpartition("/")[2]: line for line in lines(done.stdout)}
    assert told["a"]["kind"] == "stored"
    assert told["loop"]["kind"] == "redirect_limit"
    assert site.paths().count("/loop") == 11


def test_a_torn_body_is_an_error_and_leaves_no_file(tmp_path):
    torn = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"
    with RudeSite(sends(torn)) as site:
        done = at_once("fetch", site.url, "--json", "--attempts", "1", cwd=tmp_path)
    assert lines(done.stdout)[0]["kind"] == "truncated"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_big_body_is_streamed_to_its_file(tmp_path):
    big = bytes(range(256)) * 4096 * 5
    with Site(lambda _: big) as site:
        done = at_once("fetch", f"{site.url}/big", cwd=tmp_path)
    assert done.returncode == 0
    assert next(tmp_path.rglob("big")).read_bytes() == big


def test_many_attempts_cost_seconds_and_not_hours(tmp_path):
    with Site(flaky) as site:
        done = fetch(f"{site.url}/503", "--attempts", "12", "--json", cwd=tmp_path)
    assert lines(done.stdout)[0]["attempts"] == 12


def test_ctrl_c_cleans_up_and_still_reports_every_url(tmp_path):
    route = slow(60)
    with Site(lambda path: b"x" if path == "/1" else route(path)) as site:
        with subprocess.Popen(
            [*CRAWLER, "fetch", f"{site.url}/[1-9]", "--json"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            until(lambda: len(site.requests) == 9, "no visits")
            process.send_signal(signal.SIGINT)
            with gevent.Timeout(10):
                out, errors = process.communicate()
        assert process.returncode == 1
    assert [line["kind"] for line in lines(out)].count("cancelled") == 8
    assert "1 ok, 0 not found, 8 errors, " in errors
    assert not list(tmp_path.rglob("*.part"))


def test_ctrl_c_before_the_lists_were_read_is_no_success(tmp_path):
    with Site(lambda path: path.encode()) as site:
        with subprocess.Popen(
            [*CRAWLER, "fetch", "-i", "-", "--json"], cwd=tmp_path, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            process.stdin.write(f"{site.url}/1\n" * 20_000)
            process.stdin.flush()
            until(lambda: site.requests or process.poll() is not None, "no visit")
            process.send_signal(signal.SIGINT)
            with gevent.Timeout(20):
                _, errors = process.communicate()
        assert process.returncode == 1, errors
        assert "stopped before the end of its lists, which may name more" in errors


def test_a_terminal_shows_a_spinner_then_a_bar_and_erases_both(tmp_path):
    with Site(slow(0.4)) as site:
        terminal, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        with subprocess.Popen(
            [*CRAWLER, "fetch", f"{site.url}/[1-6]", "-m", "2"],
            cwd=tmp_path, stdout=inside, stderr=inside,
        ) as process:  # fmt: skip
            os.close(inside)
            shown = _read_all(terminal)
            assert process.wait() == 0
        os.close(terminal)
    assert "waiting for the first answer" in shown
    assert "/6 [" in shown
    report = shown[shown.rindex("6 ok, 0 not found, 0 errors") :]
    assert "waiting" not in report
    assert "/6 [" not in report


def test_a_reader_that_leaves_ends_the_fetch(tmp_path):
    with Site(slow(0.05)) as site:
        command = f"{' '.join(CRAWLER)} fetch '{site.url}/[1-400]' -v -m 4 | head -3"
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert len(done.stdout.splitlines()) == 3
        assert len(site.requests) < 400
        assert "Traceback" not in done.stderr


def test_a_report_that_no_disk_takes_ends_the_fetch_once_and_is_no_forced_stop(tmp_path):
    with Site(slow(0.05)) as site, Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CRAWLER, "fetch", f"{site.url}/[1-400]", "--json", "-m", "4"],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert len(site.requests) < 400
    assert done.returncode == 1
    assert "output: No space left on device" in done.stderr


def test_a_full_disk_ends_the_fetch_with_its_reason(tmp_path):
    with real.small_disk(tmp_path / "disk", "1m") as disk, Site(lambda _: bytes(400_000)) as site:
        done = fetch(f"{site.url}/[1-9]", "-o", str(disk), "-m", "1", cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    assert "cancelled: cannot be stored: No space left on device" in done.stdout


def test_parts_of_another_run_are_told_with_what_to_do(tmp_path):
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / f"big.{'0' * 16}.1.part").touch()
    with Site(flaky) as site:
        done = at_once("fetch", f"{site.url}/1", cwd=tmp_path)
        quiet = at_once("fetch", f"{site.url}/1", "-c", cwd=tmp_path)
    assert "1 part (*.part) of another run in .: if it was killed, remove what" in done.stdout
    assert "another run" not in quiet.stdout
    (tmp_path / "host" / f"big.{'0' * 16}.1.part").unlink()


LOADED = "import sys; sys.argv[1:] = {}; from crawler.cli import cli\n{}print(*sys.modules)"
TYPED = "try: cli.main(standalone_mode=False)\nexcept SystemExit: pass\n"


@pytest.mark.parametrize("words", [["--help"], ["fetch", "--help"]])
def test_help_loads_the_options_and_nothing_that_fetches(words):
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words, TYPED)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.splitlines()[-1].split())
    ours = {name for name in loaded if name.startswith("crawler.verbs.fetch.")}
    assert ours == {f"crawler.verbs.fetch.{name}" for name in ("command", "options", "refusals")}
    if "fetch" in words:
        assert not {"crawler.daemon", "crawler.fetch", "pydantic", "requests"} & loaded


def test_the_daemon_loads_nothing_of_it():
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format([], "import crawler.daemon.process\n")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not [name for name in done.stdout.split() if name.startswith("crawler.verbs.fetch")]


def _read_all(descriptor: int) -> str:
    shown = b""
    while True:
        gevent.socket.wait_read(descriptor, timeout=20)
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # the other side has closed
            return shown.decode()
        if not piece:
            return shown.decode()
        shown += piece
