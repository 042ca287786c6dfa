"""What once went wrong, and must not again."""

import gzip
import os
import resource
import signal
import subprocess
from itertools import pairwise

import gevent
import pytest

from crawler.frontier import open_frontier
from crawler.frontier.process import Process, current
from crawler.records import Seed
from crawler.urls import fingerprint, host_of
from tests.program import CRAWLER, Daemon, assert_clean, crawler, until, write_config
from tests.real import small_disk
from tests.servers import Site, slow, status


def starts(site: Site, host: str) -> list[float]:
    return [seen.at for seen in site.requests if seen.host.startswith(host)]


def test_one_fault_of_this_machine_with_one_url_does_not_pause_for_ever(tmp_path):
    with small_disk(tmp_path / "disk", "64k") as disk, Site(lambda _: bytes(20_000)) as site:
        (disk / "ballast").write_bytes(bytes(60_000))
        job = {"name": "j", "urls": [f"{site.url}/one"], "attempts": 1}
        config = write_config(tmp_path, [job], output=str(disk))
        with Daemon(config, "--until-done") as daemon:
            daemon.wait_for("daemon.paused")
            (disk / "ballast").unlink()
            assert daemon.wait(30) == 0
            assert daemon.told("daemon.resumed")


def test_a_process_without_descriptors_takes_nobody_for_dead():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    me, machine = current(), current().machine
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        gone = Process(me.machine, me.pid, me.born).is_gone(machine)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert gone is False


def test_a_list_that_cannot_be_read_stops_no_other_and_is_told(tmp_path):
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"http://127.0.0.1:1/\n" * 9000)[:-20])
    os.utime(tmp_path / "torn.gz", (1, 1))
    with Site(slow(0)) as site:
        jobs = [
            {"name": "torn", "url_file": "torn.gz", "attempts": 1},
            {"name": "good", "urls": [f"{site.url}/[1-3]"]},
        ]
        config = write_config(tmp_path, jobs)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 1
            assert daemon.told("list.failed", job="torn")
            assert len(daemon.told("visit", job="good", kind="stored")) == 3
    done = crawler("check", "-c", str(config), cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "torn.gz" in done.stderr


def test_the_exit_code_is_no_count_of_lists(tmp_path):
    with Site(lambda _: status("404 Not Found")) as site:
        jobs = [{"name": f"j{n}", "url_file": f"{site.url}/{n}.txt"} for n in range(3)]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 1
            assert len(daemon.told("list.failed")) == 3


def test_the_strictest_of_the_jobs_that_visit_a_host_counts(tmp_path):
    with Site(slow(0)) as site:
        jobs = [
            {"name": "fast", "urls": [f"{site.url}/fast/[1-4]"], "delay": "50ms"},
            {"name": "slow", "urls": [f"{site.url}/slow/[1-2]"], "delay": "400ms", "per_host": 1},
        ]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 0
        gaps = [after - before for before, after in pairwise(starts(site, "127.0.0.1"))]
    assert len(gaps) == 5
    assert min(gaps) >= 0.4 - 0.005


def test_a_host_met_by_a_redirect_is_not_greeted_early_after_kill_9(tmp_path):
    def route(path: str):
        if path == "/from":
            return status("302 Found", ("Location", f"http://127.0.0.2:{site.port}/to"))
        gevent.sleep(30)
        return b""

    with Site(route, ("127.0.0.1", "127.0.0.2")) as site:
        job = {"name": "j", "urls": [f"{site.url}/from"], "delay": "2s", "per_host": 1}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: starts(site, "127.0.0.2"), "no hop", daemon)
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        with Daemon(config) as daemon:
            until(lambda: len(starts(site, "127.0.0.2")) == 2, "not visited again", daemon)
        first, second = starts(site, "127.0.0.2")
    assert second - first >= 2.0


def test_a_host_rests_as_long_as_its_retry_after_says(tmp_path):
    def route(path: str):
        if len(site.requests) == 1:
            return status("429 Too Many Requests", ("Retry-After", "2"))
        return path.encode()

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-3]"], "per_host": 1, "delay": "10ms"}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
        first, second, *_ = starts(site, "127.0.0.1")
    assert second - first >= 2.0


def test_a_post_becomes_a_get_where_it_is_redirected(tmp_path):
    def route(path: str):
        return status("303 See Other", ("Location", "/done")) if path == "/form" else b"done"

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/form"], "method": "POST", "body": "a=1"}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
        lengths = [seen.headers.get("CONTENT_LENGTH") for seen in site.requests]
    assert site.paths() == ["/form", "/done"]
    assert lengths[1] in {None, ""}


def test_a_process_leaves_the_tasks_of_jobs_that_it_does_not_have(tmp_path):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "mine", "urls": [f"{site.url}/[1-3]"]}])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) == 3, "not visited", daemon)
            with open_frontier(tmp_path / "state.sqlite", durable=False) as frontier:
                urls = [f"{site.url}/other/{number}" for number in range(50)]
                seeds = [Seed(fingerprint("other", url), url, host_of(url)) for url in urls]
                frontier.add("other", seeds)
                with pytest.raises(AssertionError, match="none leased"):
                    _within(2.0, lambda: frontier.sums().counts.leased, "none leased")
                assert frontier.sums().counts.waiting == 50
            assert daemon.stop() == 0
    assert_clean(tmp_path)


def _within(seconds: float, found, otherwise: str) -> None:
    with gevent.Timeout(seconds, AssertionError(otherwise)):
        while not found():
            gevent.sleep(0.05)


def test_a_file_name_that_is_taken_twice_over_is_never_given_again(tmp_path):
    with open_frontier(tmp_path / "state.sqlite", durable=False) as frontier:
        assert frontier.claim([(1, "x", "x-1")]) == ["x"]
        assert frontier.claim([(2, "x-1", "x-1-2")]) == ["x-1"]
        (third,) = frontier.claim([(3, "x", "x-1")])
        assert third not in {"x", "x-1"}
        assert frontier.claim([(3, "x", "x-1")]) == [third]


def test_secrets_stay_out_of_messages(tmp_path):
    (tmp_path / "list").write_text("http://user:SECRET1@h.example/\n")
    (tmp_path / "cookies.txt").write_text("# Netscape HTTP Cookie File\nbad line SECRET2\n")
    jobs = [
        {"name": "a", "url_file": "list"},
        {"name": "b", "urls": ["http://127.0.0.1:1/"], "attempts": 1,
         "proxy": "http://u:SECRET3@127.0.0.1:1"},
    ]  # fmt: skip
    config = write_config(tmp_path, jobs)
    done = crawler("run", "-c", str(config), "--until-done", cwd=tmp_path)
    assert done.returncode == 0
    assert "SECRET" not in done.stdout + done.stderr
    jobs[1]["cookies"] = "cookies.txt"
    jobs[0] = {"name": "c", "urls": ["{x,${TOKEN}}"]}
    for wrong in ([jobs[1]], [jobs[0]], [{**jobs[1], "proxy": "http://u:SECRET4@h:99999"}]):
        file = write_config(tmp_path, wrong)
        done = crawler(
            "check", "-c", str(file), cwd=tmp_path, env={**os.environ, "TOKEN": "SECRET5"}
        )
        assert done.returncode == 2, done.stdout
        assert "SECRET" not in done.stdout + done.stderr


def test_server_text_reaches_a_terminal_without_control_characters(tmp_path):
    from tests.servers import RudeSite, sends

    with RudeSite(sends(b"HTTP/1.1 \x1b[31mEVIL\x07\r\n\r\n")) as site:
        done = crawler("fetch", site.url, "-v", "--attempts", "1", cwd=tmp_path)
    assert done.returncode == 7
    assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr)


@pytest.mark.parametrize("trouble", ["> /dev/full", "2>&-", "<&-"])
def test_odd_standard_streams_end_in_no_traceback(tmp_path, trouble):
    with Site(slow(0)) as site:
        command = f"{' '.join(CRAWLER)} fetch -v {site.url}/1 {trouble}"
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=30,
            check=False,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in ({1} if "full" in trouble else {0})


def test_a_folder_that_cannot_be_made_is_a_message(tmp_path):
    done = crawler("fetch", "http://127.0.0.1:1/", "-o", "/proc/nowhere/", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "/proc/nowhere" in done.stderr
