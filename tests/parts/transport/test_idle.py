"""IdleConnections connections: within bounds, never too old, and never for anybody else."""

import ssl
import time
from dataclasses import replace
from itertools import count

import gevent
import pytest
import trustme
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.idle import IdleConnections
from crawler.urls import host_of
from tests.parts.rude_talks import answer, length
from tests.servers import RudeSite, Site

WELL = answer(length(4), body=b"well")


class Closable:
    """What `IdleConnections` sees of a connection."""

    def __init__(self, host: str) -> None:
        self.key = (None, host, False)
        self.idle_since = 0.0
        self.closed = False

    def close(self) -> None:
        self.closed = True


def taken(idle: IdleConnections, host: str) -> Closable | None:
    return idle.take((None, host, False))


def test_the_one_that_was_used_last_is_taken_first_and_only_by_its_own_host():
    idle, one, two = IdleConnections(9), Closable("a"), Closable("a")
    idle.put(one)
    idle.put(two)
    assert taken(idle, "b") is None
    assert [taken(idle, "a") for _ in range(3)] == [two, one, None]
    assert len(idle) == 0


def test_any_number_that_is_too_old_is_closed_on_the_way_to_one_that_is_not():
    idle, old = IdleConnections(9999, each=9999), [Closable("a") for _ in range(2000)]
    for connection in old:
        idle.put(connection)
    for connection in old:
        connection.idle_since -= 61
    assert taken(idle, "a") is None
    assert all(connection.closed for connection in old)


def test_beyond_the_bound_of_a_host_its_oldest_is_closed():
    idle, each = IdleConnections(99, each=2), [Closable("a") for _ in range(5)]
    other = Closable("b")
    for connection in (other, *each):
        idle.put(connection)
    assert [connection.closed for connection in each] == [True, True, True, False, False]
    assert not other.closed
    assert len(idle) == 3


def test_beyond_the_bound_of_all_the_oldest_is_closed_whoever_it_leads_to():
    idle, all_ = IdleConnections(3), [Closable(host) for host in "abcab"]
    for connection in all_:
        idle.put(connection)
    assert [connection.closed for connection in all_] == [True, True, False, False, False]
    assert taken(idle, "c") is all_[2]


def test_what_is_beyond_bounds_that_became_smaller_is_closed_with_the_next_one():
    idle, a, b = IdleConnections(9, each=9), *([Closable(host) for _ in range(4)] for host in "ab")
    for connection in (*b, *a[:-1]):
        idle.put(connection)
    idle.bound(5, each=2)
    assert not any(connection.closed for connection in (*a, *b))
    idle.put(a[-1])
    assert [connection.closed for connection in a] == [True, True, False, False]
    assert [connection.closed for connection in b] == [True, False, False, False]


def test_one_that_is_too_old_is_closed_and_not_taken_and_others_see_to_that():
    idle, old, stale, new = (
        IdleConnections(9, age=10.0),
        Closable("a"),
        Closable("a"),
        Closable("b"),
    )
    idle.put(old)
    idle.put(stale)
    stale.idle_since -= 11.0
    assert taken(idle, "a") is old
    assert stale.closed
    idle.put(old)
    old.idle_since -= 11.0
    idle.put(new)
    assert old.closed
    assert not new.closed
    assert len(idle) == 1


def test_all_are_closed_at_the_end():
    idle, all_ = IdleConnections(9), [Closable(host) for host in "aab"]
    for connection in all_:
        idle.put(connection)
    idle.close()
    assert all(connection.closed for connection in all_)
    assert (len(idle), taken(idle, "a")) == (0, None)


@pytest.fixture
def fetcher(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=2) as fetcher,
    ):
        yield fetcher


def fetch(fetcher: Fetcher, url: str, **options):
    options = {"timeout": Timeout(connect="500ms", read="500ms", total="1s"), **options}
    job = Job(name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",), **options)
    task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
    deadline = time.monotonic() + job.timeout.total
    return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline)


@pytest.mark.parametrize(("limit", "kept"), [(24, 6), (8, 4), (40_000, 8)])
def test_a_fetcher_keeps_a_quarter_of_the_descriptors_but_two_for_each_visit(
    tmp_path, monkeypatch, limit, kept
):
    monkeypatch.setattr("resource.getrlimit", lambda _: (limit, limit))
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=2) as fetcher,
        Site(lambda path: path.encode(), [f"127.0.0.{n}" for n in range(1, 9)]) as site,
    ):
        for number in range(1, 9):
            fetch(fetcher, f"http://127.0.0.{number}:{site.port}/")
            assert len(fetcher._sessions._idle) == min(number, kept)
        fetcher.hang_up()
        assert len(fetcher._sessions._idle) == 0


def test_a_fetcher_keeps_as_many_as_its_visits_need_by_now(fetcher, monkeypatch):
    monkeypatch.setattr("resource.getrlimit", lambda _: (4, 4))
    fetcher.resize(1)
    with Site(lambda path: path.encode(), [f"127.0.0.{n}" for n in range(1, 9)]) as site:
        kept = []
        for number in range(1, 9):
            if number == 5:
                fetcher.resize(3)
            fetch(fetcher, f"http://127.0.0.{number}:{site.port}/")
            kept.append(len(fetcher._sessions._idle))
    assert kept == [1, 2, 2, 2, 3, 4, 5, 6]


def test_a_connection_with_one_idea_of_tls_serves_no_job_with_another(fetcher, tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with kept_tls(context, WELL) as (url, connections):
        for _ in range(2):
            assert fetch(fetcher, url, verify=False).body == b"well"
        with pytest.raises(Trouble) as caught:
            fetch(fetcher, url)
        assert caught.value.kind is Kind.TLS
        assert fetch(fetcher, url, verify=False).body == b"well"
    assert next(connections) == 1


def test_bytes_after_an_answer_in_tls_reach_nobody_and_the_host_is_distrusted(fetcher):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with kept_tls(context, WELL + answer(length(4), body=b"EVIL")) as (url, connections):
        for _ in range(3):
            assert fetch(fetcher, url, verify=False).body == b"well"
        assert next(connections) == 3
    assert distrusted(fetcher) == {host_of(url)}


def test_bytes_in_tls_while_a_connection_is_idle_reach_nobody(fetcher):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    sent = Event()

    def talk(client) -> None:
        client.sendall(WELL)
        gevent.sleep(0.05)
        client.sendall(answer(length(4), body=b"EVIL"))
        sent.set()

    with kept_tls(context, talk) as (url, connections):
        for _ in range(3):
            sent.clear()
            assert fetch(fetcher, url, verify=False).body == b"well"
            assert sent.wait(2)
        assert next(connections) == 3
    assert distrusted(fetcher) == {host_of(url)}


def distrusted(fetcher: Fetcher) -> set[str]:
    transports = [session._adapter for session in fetcher._sessions._by_settings.values()]
    return {host for transport in transports for host in transport.distrusted}


class kept_tls:  # noqa: N801  a context manager of two lines of state
    """A TLS server that keeps its connections and says the same to every request."""

    def __init__(self, context: ssl.SSLContext, reply) -> None:
        self._context, self._reply, self._count = context, reply, count()

    def __enter__(self):
        self._server = StreamServer(("127.0.0.1", 0), self._serve, spawn=Pool(100))
        self._server.start()
        return f"https://127.0.0.1:{self._server.server_port}/", self._count

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    def _serve(self, client, _) -> None:
        try:
            with self._context.wrap_socket(client, server_side=True) as wrapped:
                next(self._count)
                while wrapped.recv(65536):
                    self._reply(wrapped) if callable(self._reply) else wrapped.sendall(self._reply)
        except OSError:
            client.close()


REFUSED_HEADERS = {
    "a line end in a value": {"X-A": "b\r\nX-Evil: 1"},
    "LF in a value": {"X-A": "b\nX-Evil: 1"},
    "NUL in a value": {"X-A": "b\0"},
    "another alphabet in a value": {"X-A": "\u0664"},
    "a space in a name": {"X A": "b"},
}


@pytest.mark.parametrize("name", REFUSED_HEADERS)
def test_a_column_of_a_list_never_breaks_a_request(name, fetcher):
    (header, value), url = *REFUSED_HEADERS[name].items(), "http://127.0.0.1:1/"
    job = Job(name="j", urls=(url,), headers={"X-A": "{c}"}, allow_addresses=("127.0.0.1",))
    job = job.model_copy(update={"headers": {header: "{c}"}})
    task = Task(1, "j", url, url, "127.0.0.1:1", 1, 1, 1, extra={"c": value})
    with pytest.raises(Trouble) as caught:
        fetcher.fetch(task, job, part=lambda: "p", deadline=time.monotonic() + 1)
    assert caught.value.kind is Kind.PROTOCOL


def test_each_task_gets_its_own_columns_and_each_job_its_own_headers(fetcher):
    with Site(lambda path: path.encode()) as site:
        url = f"{site.url}/"
        one = Job(name="j", urls=(url,), headers={"X-A": "{c}"}, allow_addresses=("127.0.0.1",))
        two = one.model_copy(update={"headers": {"X-A": "two"}})
        task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
        for job, extra in ((one, {"c": "1"}), (one, {"c": "2"}), (two, None), (one, {"c": "3"})):
            asked = replace(task, extra=extra)
            fetcher.fetch(asked, job, part=lambda: "p", deadline=time.monotonic() + 1)
    assert [seen.headers["X_A"] for seen in site.requests] == ["1", "2", "two", "3"]


@pytest.mark.parametrize(("path", "line"), [("", b"/"), ("/a?b=|^`{}'[]", b"/a?b=|^`{}'[]")])
def test_a_url_is_asked_for_as_it_is_written(path, line, fetcher):
    asked = []

    def talk(client) -> None:
        client.sendall(WELL)

    class Listening(RudeSite):
        def _handle(self, client, _) -> None:
            with client:
                asked.append(client.recv(65536))
                talk(client)

    with Listening(talk) as site:
        fetch(fetcher, site.url + path)
    assert asked[0].startswith(b"GET " + line + b" HTTP/1.1\r\nHost: 127.0.0.1:")
    assert asked[0].endswith(b"\r\n\r\n")


def test_what_would_break_the_request_line_is_not_sent(fetcher):
    with RudeSite(lambda _: None) as site, pytest.raises(Trouble) as caught:
        fetch(fetcher, f"{site.url}/ HTTP/1.1\r\nX-Evil: 1")
    assert caught.value.kind is Kind.PROTOCOL
