"""Lists that take long, or never come: they hold up nobody but themselves."""

import os
import signal
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest

from tests.program import Daemon, until, write_config
from tests.servers import Site, slow

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@contextmanager
def dripping(*, silent=False):
    """A server whose lists never end: a comment line every 50 ms, or nothing after the head."""
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve():
            while not over.is_set():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(peer,), daemon=True).start()

        def drip(peer):
            with peer:
                try:
                    peer.sendall(HEAD)
                    while not over.wait(0.05):
                        peer.sendall(b"" if silent else b"# " + b"x" * 200 + b"\n")
                except OSError:
                    return

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()


@pytest.fixture
def site():
    with Site(slow(0)) as one:
        yield one


def first_visit(daemon, path):
    return until(lambda: [one for one in daemon.told("visit") if path in one["url"]], path, daemon)


@pytest.mark.parametrize("number", [1, 9])
def test_lists_that_drip_hold_up_no_other(site, tmp_path, number):
    with dripping() as far:
        jobs = [{"name": f"d{n}", "url_file": f"{far}/{n}.txt"} for n in range(number)]
        jobs += [
            {"name": "program", "command": ["sh", "-c", "sleep 30"]},
            {"name": "listed", "url_file": "list.txt"},
            {"name": "inline", "urls": [f"{site.url}/inline"], "inbox": "in"},
        ]
        (tmp_path / "list.txt").write_text(f"{site.url}/listed\n")
        os.utime(tmp_path / "list.txt", (1, 1))
        config = write_config(tmp_path, jobs)
        with Daemon(config) as daemon:
            daemon.wait_for("daemon.ready")
            began = time.monotonic()
            first_visit(daemon, "/inline")
            first_visit(daemon, "/listed")
            assert time.monotonic() - began < 5
            (tmp_path / "new").write_text(f"{site.url}/dropped\n")
            os.utime(tmp_path / "new", (1, 1))
            (tmp_path / "new").rename(tmp_path / "in" / "new.txt")
            write_config(tmp_path, [*jobs, {"name": "late", "urls": [f"{site.url}/late"]}])
            began = time.monotonic()
            daemon.signal(signal.SIGHUP)
            first_visit(daemon, "/late")
            assert time.monotonic() - began < 2
            first_visit(daemon, "/dropped")
            assert not daemon.told("list.failed")
            assert daemon.stop() == 0


def test_a_job_added_while_a_long_list_is_taken_in_is_visited_at_once(site, tmp_path):
    refusing = (f"http://127.0.{n % 20}.{n % 250 + 1}:9/{n}\n" for n in range(400_000))
    (tmp_path / "list.txt").write_text("".join(refusing))
    os.utime(tmp_path / "list.txt", (1, 1))
    jobs = [{"name": "long", "url_file": "list.txt", "delay": "1h"}]
    with Daemon(write_config(tmp_path, jobs)) as daemon:
        until(lambda: daemon.told("visit", job="long"), "nothing is taken in", daemon)
        write_config(tmp_path, [*jobs, {"name": "late", "urls": [f"{site.url}/late"]}])
        began = time.monotonic()
        daemon.signal(signal.SIGHUP)
        first_visit(daemon, "/late")
        assert time.monotonic() - began < 2
        assert not daemon.told("job.synced", job="long")
        assert daemon.stop() == 0


def test_a_pipe_that_nobody_writes_is_refused_and_holds_up_nobody(site, tmp_path):
    os.mkfifo(tmp_path / "l.txt")
    jobs = [
        {"name": "pipe", "url_file": "l*.txt"},
        {"name": "good", "urls": [f"{site.url}/good"]},
    ]
    with Daemon(write_config(tmp_path, jobs)) as daemon:
        first_visit(daemon, "/good")
        (told,) = until(lambda: daemon.told("list.failed"), "not refused", daemon)
        assert "it is a pipe and no file" in told["cause"]
        assert daemon.stop() == 0


@pytest.mark.parametrize("silent", [True, False])
def test_a_list_has_a_deadline_by_silence_and_in_all(site, tmp_path, silent):
    with dripping(silent=silent) as far:
        limits = {"timeout": {"read": "500ms"}} if silent else {"list_timeout": "1s"}
        jobs = [{"name": "far", "url_file": f"{far}/l.txt", "min_speed": 0, **limits}]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            (told,) = until(lambda: daemon.told("list.failed"), "it goes on", daemon)
            assert ("silent" in told["cause"]) is silent
            assert daemon.wait() == 1


def test_a_job_whose_options_change_while_its_list_drips_is_read_anew(site, tmp_path):
    with dripping() as far:
        job = {"name": "j", "url_file": f"{far}/l.txt"}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            daemon.wait_for("daemon.ready")
            write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/now"]}])
            daemon.signal(signal.SIGHUP)
            first_visit(daemon, "/now")
            assert daemon.stop() == 0
