"""From a name to a socket: addresses race, look-ups are remembered, and nothing stays open."""

import errno
import gc
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import gevent
import psutil
import pytest

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.dial import HEAD_START_S, Dialer, race
from crawler.transport.resolver import Resolver
from crawler.urls import host_of
from tests.real import lacks, needs
from tests.servers import RudeSite

V4 = int(socket.AF_INET)


@contextmanager
def black_hole(address: str, port: int = 0):
    """A port whose queue of connections is full: who dials it hears nothing."""
    with ExitStack() as stack:
        hole = stack.enter_context(socket.socket())
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind((address, port))
        hole.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            assert filler.connect_ex(hole.getsockname()) in {0, errno.EINPROGRESS}
        with gevent.Timeout(2):
            while not is_full(hole.getsockname()):
                gevent.sleep(0.01)
        yield hole.getsockname()[1]


def is_full(place: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.1)
        try:
            probe.connect(place)
        except TimeoutError:
            return True
        return False


@contextmanager
def listening(address: str, port: int = 0):
    with socket.create_server((address, port)) as server:
        yield server.getsockname()[1]


def addresses(*addresses: str) -> list[tuple[int, str]]:
    return [(V4, address) for address in addresses]


def connected() -> set[tuple]:
    """The sockets of this process that are connected, or about to be."""
    found = psutil.Process().net_connections("tcp")
    return {(one.laddr, one.raddr) for one in found if one.raddr and one.status != "TIME_WAIT"}


def assert_only_left(before: set[tuple], sock: socket.socket | None = None) -> None:
    """Assert that the losers are gone soon, and not when garbage is collected."""
    kept = {(sock.getsockname(), sock.getpeername())} if sock else set()
    peers = {(there, here) for here, there in kept}
    with gevent.Timeout(1.5, False):
        while connected() - before - kept - peers:
            gevent.sleep(0.02)
    assert not connected() - before - kept - peers


def test_the_second_address_answers_where_the_first_is_a_black_hole():
    with black_hole("127.0.0.2") as port, listening("127.0.0.3", port):
        before, start = connected(), time.monotonic()
        with race(addresses("127.0.0.2", "127.0.0.3"), port, start + 5) as sock:
            took = time.monotonic() - start
            assert sock.getpeername() == ("127.0.0.3", port)
            assert HEAD_START_S <= took < 0.6
            assert_only_left(before, sock)


def test_the_first_address_has_its_head_start():
    with listening("127.0.0.2") as port, listening("127.0.0.3", port):
        before, start = connected(), time.monotonic()
        with race(addresses("127.0.0.2", "127.0.0.3"), port, start + 5) as sock:
            assert sock.getpeername() == ("127.0.0.2", port)
            assert time.monotonic() - start < HEAD_START_S
            assert_only_left(before, sock)


def test_an_address_that_refuses_makes_way_at_once():
    with listening("127.0.0.9") as port:
        start = time.monotonic()
        refusing = [f"127.0.0.{number}" for number in range(2, 9)]
        with race(addresses(*refusing, "127.0.0.9"), port, start + 5) as sock:
            assert sock.getpeername() == ("127.0.0.9", port)
        assert time.monotonic() - start < HEAD_START_S


@pytest.mark.parametrize("number", [1, 2, 5])
def test_all_that_refuse_are_connect_with_the_reason(number, unused_port):
    start = time.monotonic()
    with pytest.raises(Trouble) as caught:
        race(addresses(*[f"127.0.0.{n}" for n in range(1, 1 + number)]), unused_port, start + 5)
    assert caught.value.kind is Kind.CONNECT
    assert caught.value.reason == "Connection refused"
    assert time.monotonic() - start < 0.2


@pytest.mark.parametrize("number", [1, 2, 4, 8])
def test_all_addresses_together_have_one_timeout(number):
    with ExitStack() as stack:
        port = stack.enter_context(black_hole("127.0.0.2"))
        for last in range(3, 2 + number):
            stack.enter_context(black_hole(f"127.0.0.{last}", port))
        before, start = connected(), time.monotonic()
        with pytest.raises(Trouble) as caught:
            race(addresses(*[f"127.0.0.{n}" for n in range(2, 2 + number)]), port, start + 0.6)
        assert 0.55 < time.monotonic() - start < 0.75
        assert_only_left(before)
    assert caught.value.kind is Kind.CONNECT
    assert caught.value.reason == "no address answered in time"


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.4])
def test_a_race_that_is_killed_leaves_no_socket(after):
    with black_hole("127.0.0.2") as port, black_hole("127.0.0.3", port):
        before = connected()
        racing = gevent.spawn(race, addresses("127.0.0.2", "127.0.0.3"), port, time.monotonic() + 5)
        racing.join(after)
        racing.kill()
        assert_only_left(before)


def test_a_name_without_an_allowed_address_is_not_dialled(unused_port):
    with Resolver(2) as resolver, pytest.raises(Trouble) as caught:
        Dialer(resolver, [])("127.0.0.1", unused_port, 1.0)
    assert caught.value.kind is Kind.BLOCKED


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example", "\udcff.example", "a" * 300])
def test_what_is_no_name_is_dns(name):
    with Resolver(2) as resolver, pytest.raises(Trouble) as caught:
        Dialer(resolver, [])(name, 80, 1.0)
    assert caught.value.kind is Kind.DNS
    assert caught.value.reason


@pytest.mark.parametrize("ended", ["by its deadline", "by a kill"])
def test_a_handshake_that_is_broken_off_leaves_no_socket(ended, tmp_path):
    job = Job(name="j", urls=("http://x/",), allow_addresses=("127.0.0.1",), timeout=Timeout())
    held = gevent.event.Event()
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "t/1", files=files, concurrency=4) as fetcher,
        RudeSite(lambda _: (held.set(), gevent.sleep(5))) as site,
    ):
        url = f"https{site.url[4:]}/"
        task, before = Task(1, "j", url, url, host_of(url), 1, 1, 1), connected()
        gc.disable()
        try:
            total = 0.3 if ended == "by its deadline" else 30.0
            deadline = time.monotonic() + total
            visit = gevent.spawn(fetcher.fetch, task, job, part=lambda: "p", deadline=deadline)
            visit.link(lambda _: None)
            assert held.wait(2)
            if ended == "by a kill":
                visit.kill()
            visit.join(2)
            assert visit.dead
            ours = {pair for pair in connected() - before if pair[1][1] == int(site.url[17:])}
            assert not ours
        finally:
            gc.enable()


def test_look_ups_in_a_world_of_dead_names(tmp_path):
    """The script runs in namespaces of its own; every line it prints is a finding."""
    unshare = needs("unshare")
    if subprocess.run([unshare, "-mn", "true"], check=False).returncode:
        lacks("needs namespaces of its own: unshare -mn")
    module = "tests.parts.transport.dead_names"
    ran = subprocess.run(
        [unshare, "-mn", sys.executable, "-X", "dev", "-m", module, tmp_path],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    print(ran.stdout)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    assert "all findings hold" in ran.stdout
