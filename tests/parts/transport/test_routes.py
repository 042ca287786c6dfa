"""What a proxy is asked, with which credentials, and how its refusals read."""

import errno
import gc
import os
import socket
import struct
import time
from contextlib import contextmanager

import gevent
import pytest
from gevent.event import Event
from gevent.server import StreamServer

from crawler.config import Job, Timeout
from crawler.errors import UsageError
from crawler.fetch.cookies import NO_COOKIES
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.request import RequestBuilder
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.routes import at_proxy
from crawler.transport.visit_timer import VisitTimer
from crawler.urls import host_of
from tests.parts.rude_talks import answer, length
from tests.proxies import HttpProxy, SocksProxy
from tests.routes import tls
from tests.servers import RudeSite, Site, sends

LOGIN = ("me:too", "sec@ret/ü")
IN_A_URL = "me%3Atoo:sec%40ret%2F%C3%BC"
NAMES = {"home.example": "127.0.0.1"}


@pytest.fixture
def fetcher(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):
        yield fetcher


def job_of(proxy: str | None, **options) -> Job:
    options = {"allow_addresses": ("127.0.0.0/8",), "verify": False, **options}
    timeout = Timeout(connect="500ms", read="500ms", total="2s")
    return Job(name="j", urls=("http://x/",), proxy=proxy, timeout=timeout, **options)


def fetch(fetcher: Fetcher, url: str, proxy: str | None, **options):
    task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
    job = job_of(proxy, **options)
    deadline = time.monotonic() + job.timeout.total
    return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline)


@contextmanager
def secure_site(body: bytes = b"well"):
    """Serve over TLS, and keep connections."""

    def serve(client: socket.socket, _: object) -> None:
        try:
            with tls()[1].wrap_socket(client, server_side=True) as wrapped:
                while wrapped.recv(65536):
                    wrapped.sendall(answer(length(body), body=body))
        except OSError:
            client.close()

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    try:
        yield server.server_port
    finally:
        server.stop(timeout=0)


def with_login(proxy) -> str:
    scheme, _, place = proxy.url.partition("://")
    return f"{scheme}://{IN_A_URL}@{place.rpartition('@')[2]}"


def test_an_http_proxy_gets_the_whole_url_and_its_own_credentials(fetcher):
    with (
        Site(lambda path: path.encode()) as site,
        HttpProxy(login=LOGIN, names=NAMES) as proxy,
    ):
        url = f"http://home.example:{site.port}/a?b"
        fetched = fetch(fetcher, url, with_login(proxy))
        assert fetched.status == 200
        (head,) = proxy.heads
    assert head.startswith(b"GET %b HTTP/1.1\r\nHost: home.example:" % url.encode())
    assert head.count(b"Proxy-Authorization: ") == 1


def test_an_http_proxy_opens_a_tunnel_for_https_and_the_origin_sees_none_of_its_credentials(
    fetcher,
):
    seen = []

    def serve(client: socket.socket, _: object) -> None:
        with tls()[1].wrap_socket(client, server_side=True) as wrapped:
            seen.append(wrapped.recv(65536))
            wrapped.sendall(answer(length(4), body=b"well"))

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    try:
        with HttpProxy(login=LOGIN, names=NAMES) as proxy:
            port = server.server_port
            url = f"https://home.example:{port}/a"
            assert fetch(fetcher, url, with_login(proxy)).body == b"well"
            (head,) = proxy.heads
    finally:
        server.stop(timeout=0)
    line = b"home.example:%d" % port
    assert head.startswith(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\nProxy-Auth" % (line, line))
    assert seen[0].startswith(b"GET /a HTTP/1.1\r\nHost: home.example:")
    assert b"Proxy" not in seen[0]


@pytest.mark.parametrize("context", [None, tls()[1]], ids=["http", "https"])
@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
    ],
)
def test_the_answer_that_opens_a_tunnel_has_no_body_whatever_it_says(fields, context, fetcher):
    """RFC 9112, section 6.3: both fields are ignored there."""
    with secure_site() as port, HttpProxy(fields=fields, context=context) as proxy:
        assert fetch(fetcher, f"https://127.0.0.1:{port}/", proxy.url).body == b"well"


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_speaks_tls_leads_to_both_kinds_of_origin(
    scheme, verified, fetcher, tmp_path_factory
):
    pem = tmp_path_factory.mktemp("ca") / "ca.pem"
    tls()[0].cert_pem.write_to_path(str(pem))
    with (
        Site(lambda _: b"well") as site,
        secure_site() as secure_port,
        HttpProxy(context=tls()[1]) as proxy,
    ):
        port = site.port if scheme == "http" else secure_port
        for number in range(3):
            url = f"{scheme}://127.0.0.1:{port}/{number}"
            assert fetch(fetcher, url, proxy.url, verify=pem if verified else False).body == b"well"
        assert len(proxy.asked) == 1, "its connection is kept"
        with pytest.raises(Trouble) as caught:
            fetch(fetcher, url, proxy.url, verify=True)
    assert caught.value.kind is Kind.TLS
    assert caught.value.reason.startswith("the proxy: certificate refused: unable to get local")


def test_a_big_body_comes_whole_through_tls_within_tls(fetcher):
    body = bytes(range(256)) * 3000
    with secure_site(body) as port, HttpProxy(context=tls()[1]) as proxy:
        for _ in range(2):
            assert fetch(fetcher, f"https://127.0.0.1:{port}/", proxy.url).body == body


@pytest.mark.parametrize(
    ("scheme", "name", "asked", "kind"),
    [
        ("socks5", "localhost", "127.0.0.1", 1),
        ("socks5", "127.0.0.1", "127.0.0.1", 1),
        ("socks5h", "home.example", "home.example", 3),
        ("socks5h", "127.0.0.1", "127.0.0.1", 1),
    ],
)
def test_a_socks_proxy_gets_an_address_or_with_h_the_name(scheme, name, asked, kind, fetcher):
    with (
        Site(lambda path: path.encode()) as site,
        SocksProxy(names=NAMES, login=LOGIN) as proxy,
    ):
        url = f"http://{name}:{site.port}/through"
        through = with_login(proxy).replace("socks5", scheme)
        fetched = [fetch(fetcher, url, through) for _ in range(2)]
    assert [one.body for one in fetched] == [b"/through"] * 2
    assert (proxy.asked, proxy.types) == ([(asked, site.port)], [kind])


def test_a_socks_proxy_is_asked_for_each_address_of_a_name(fetcher):
    with Site(lambda _: b"well", ["127.0.0.3"]) as site, SocksProxy() as proxy:
        both = [(2, "127.0.0.2"), (2, "127.0.0.3")]
        fetcher._resolver._known["two.example"] = (time.monotonic() + 60, tuple(both))
        assert fetch(fetcher, f"http://two.example:{site.port}/", proxy.url).body == b"well"
    assert [name for name, _ in proxy.asked] == ["127.0.0.2", "127.0.0.3"]


def test_an_ipv6_address_goes_through_socks(fetcher):
    with SocksProxy(reply=5) as proxy, pytest.raises(Trouble, match="connection refused"):
        fetch(fetcher, "http://[::1]:81/", proxy.url, allow_addresses=("::1",))
    assert (proxy.asked, proxy.types) == ([("::1", 81)], [4])


def test_the_guard_holds_behind_socks5_and_the_proxy_may_be_anywhere(fetcher):
    with Site(lambda _: b"well") as site, SocksProxy() as proxy:
        with pytest.raises(Trouble) as caught:
            fetch(fetcher, f"{site.url}/", proxy.url, allow_addresses=())
        assert caught.value.kind is Kind.BLOCKED
        assert not proxy.asked
        remote = proxy.url.replace("socks5", "socks5h")
        assert fetch(fetcher, f"{site.url}/", remote, allow_addresses=()).body == b"well"


REPLIES = {
    1: "general failure", 2: "not allowed by its rules", 3: "network unreachable",
    4: "host unreachable", 5: "connection refused", 6: "TTL expired", 7: "command not supported",
    8: "address type not supported", 91: "reply 91",
}  # fmt: skip


@pytest.mark.parametrize("reply", REPLIES)
def test_a_socks_proxy_that_refuses_is_connect_with_its_reason(reply, fetcher):
    start = time.monotonic()
    with SocksProxy(reply=reply) as proxy, pytest.raises(Trouble) as caught:
        fetch(fetcher, "http://127.0.0.1:81/", proxy.url)
    assert caught.value.kind is Kind.CONNECT
    assert caught.value.reason == f"the proxy refused: {REPLIES[reply]}"
    assert time.monotonic() - start < 0.4


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("", "it accepts no login that the URL of the proxy allows"),
        ("you:wrong@", "user or password"),
    ],
)
def test_a_socks_login_that_is_refused_says_so_and_keeps_its_secret(at, reason, fetcher):
    with SocksProxy(login=LOGIN) as proxy, pytest.raises(Trouble) as caught:
        fetch(fetcher, "http://127.0.0.1:81/", f"socks5://{at}127.0.0.1:{proxy.port}")
    assert (caught.value.kind, caught.value.reason) == (
        Kind.CONNECT,
        f"the proxy refused: {reason}",
    )


REFUSALS = {
    "407": (b"HTTP/1.1 407 Who\r\nContent-Length: 5\r\n\r\nlogin", Kind.CONNECT,
            "the proxy refused a tunnel: 407 Proxy Authentication Required"),
    "403": (b"HTTP/1.1 403 No\r\n\r\n", Kind.CONNECT, "the proxy refused a tunnel: 403 Forbidden"),
    "502 in HTTP/1.0": (b"HTTP/1.0 502 Oops\r\n\r\n", Kind.CONNECT,
                        "the proxy refused a tunnel: 502 Bad Gateway"),
    "a status of its own": (b"HTTP/1.1 299 Well\r\n\r\n\x15\x03", Kind.PROTOCOL,
                            "the proxy sent bytes ahead of what the tunnel brings"),
    "an unknown refusal": (b"HTTP/1.1 599 \r\n\r\n", Kind.CONNECT,
                           "the proxy refused a tunnel: 599"),
    "no HTTP": (b"SSH-2.0-x\r\n\r\n", Kind.PROTOCOL,
                "the proxy: no status line: 'SSH-2.0-x\\r'"),
    "a bad header": (b"HTTP/1.1 200 OK\r\noops\r\n\r\n", Kind.PROTOCOL,
                     "the proxy: a header line without a name"),
    "an end": (b"", Kind.CONNECT, "the proxy: the server hung up without an answer"),
    "103 and an end": (b"HTTP/1.1 103 Early\r\n\r\n", Kind.PROTOCOL,
                       "the proxy: the connection ended before the header did"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_a_proxy_answers_instead_of_a_tunnel_is_named_without_its_secrets(name, fetcher):
    said, kind, reason = REFUSALS[name]
    with HttpProxy(refusal=said) as proxy, pytest.raises(Trouble) as caught:
        fetch(fetcher, "https://127.0.0.1:81/", f"http://{IN_A_URL}@127.0.0.1:{proxy.port}")
    assert (caught.value.kind, caught.value.reason) == (kind, reason)


def test_a_plain_request_that_a_proxy_refuses_is_what_it_answered(fetcher):
    with HttpProxy(login=LOGIN) as proxy:
        assert (
            fetch(fetcher, "http://127.0.0.1:81/", f"http://127.0.0.1:{proxy.port}").status == 407
        )


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there_is_said_to_be_it(scheme, fetcher, unused_port):
    with pytest.raises(Trouble) as caught:
        fetch(fetcher, "https://127.0.0.1:81/", f"{scheme}://127.0.0.1:{unused_port}")
    assert caught.value.kind is Kind.CONNECT
    assert caught.value.reason == "no connection to the proxy: Connection refused"


NO_SOCKS = {
    "HTTP": (b"HTTP/1.1 400 No\r\n\r\n", Kind.PROTOCOL, "the proxy: it does not speak SOCKS5"),
    "SOCKS4": (b"\x00\x5b", Kind.PROTOCOL, "the proxy: it does not speak SOCKS5"),
    "half a greeting": (b"\x05", Kind.CONNECT,
                        "the proxy: it hung up during the SOCKS handshake"),
    "no reply": (b"\x05\x00", Kind.CONNECT, "the proxy: it hung up during the SOCKS handshake"),
    "half a reply": (b"\x05\x00\x05\x00\x00\x01ab", Kind.CONNECT,
                     "the proxy: it hung up during the SOCKS handshake"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_SOCKS)
def test_what_is_no_socks_proxy_is_found_out(name, fetcher):
    said, kind, reason = NO_SOCKS[name]

    def talk(client: socket.socket) -> None:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        client.recv(65536)

    with RudeSite(talk) as proxy, pytest.raises(Trouble) as caught:
        fetch(fetcher, "http://127.0.0.1:81/", proxy.url.replace("http", "socks5"))
    assert (caught.value.kind, caught.value.reason) == (kind, reason)


BOUND = b"\x05\x00\x00\x01" + bytes(6)
ODD_SOCKS = {
    "a method that was not offered": (
        "", [b"\x05\x03", BOUND], Kind.CONNECT,
        "the proxy refused: it accepts no login that the URL of the proxy allows"),
    "a login that was not offered": (
        "", [b"\x05\x02", b"\x01\x00", BOUND], Kind.CONNECT,
        "the proxy refused: it accepts no login that the URL of the proxy allows"),
    "a login of another version": (
        "u:secret@", [b"\x05\x02", b"\x05\x00", BOUND], Kind.PROTOCOL,
        "the proxy: it does not speak SOCKS5"),
    "an address of an unknown type": (
        "", [b"\x05\x00", b"\x05\x00\x00\x02\x04" + bytes(6)], Kind.PROTOCOL,
        "the proxy: it does not speak SOCKS5"),
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("name", ODD_SOCKS)
def test_a_step_of_socks_that_the_protocol_does_not_know_leads_nowhere(name, scheme, fetcher):
    at, steps, kind, reason = ODD_SOCKS[name]

    def talk(client: socket.socket) -> None:
        for step in steps:
            client.sendall(step)
            if not client.recv(65536):
                return
        client.sendall(answer(length(4), body=b"EVIL"))

    with RudeSite(talk) as proxy, pytest.raises(Trouble) as caught:
        fetch(fetcher, "http://127.0.0.1:81/", proxy.url.replace("http://", f"{scheme}://{at}"))
    assert (caught.value.kind, caught.value.reason) == (kind, reason)


def drips(piece: bytes):
    def talk(client: socket.socket) -> None:
        while True:
            client.sendall(piece)
            gevent.sleep(0.05)

    return talk


SLOW = {
    "http": (lambda client: client.recv(1), "https"),
    "http, dripping": (drips(b"HTTP/1.1 103 Early Hints\r\n\r\n"[:1]), "https"),
    "https": (lambda client: client.recv(1), "http"),
    "socks5": (lambda client: client.recv(1), "http"),
    "socks5, dripping": (
        lambda client: (
            client.sendall(b"\x05\x00\x05\x00\x00\x03\xff"), drips(b"x")(client)), "http"),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_a_proxy_has_the_connect_timeout_for_all_it_does(name, fetcher):
    talk, scheme = SLOW[name]
    with RudeSite(talk) as site:
        proxy = f"{name.partition(',')[0]}{site.url[4:]}"
        start = time.monotonic()
        with pytest.raises(Trouble) as caught:
            fetch(fetcher, f"{scheme}://127.0.0.1:81/", proxy)
        assert 0.45 < time.monotonic() - start < 0.9
    assert caught.value.kind is Kind.TIMEOUT, caught.value.reason
    assert caught.value.reason == "the proxy was silent for too long"


@pytest.mark.parametrize("proxy", ["http", "https", "socks5"])
def test_a_visit_that_is_killed_while_a_proxy_is_asked_leaves_no_socket(proxy, fetcher):
    held = Event()

    def talk(client: socket.socket) -> None:
        held.set()
        client.recv(65536)
        ended.set()

    ended = Event()
    with RudeSite(talk) as site:
        gc.disable()
        try:
            url = f"{proxy}{site.url[4:]}"
            visit = gevent.spawn(fetch, fetcher, "https://127.0.0.1:81/", url)
            visit.link(lambda _: None)
            assert held.wait(2)
            gevent.sleep(0)
            visit.kill()
            assert ended.wait(2), "the socket is closed at once, and not when garbage is collected"
        finally:
            gc.enable()


def test_a_connection_is_never_used_on_another_route(fetcher):
    with Site(lambda path: path.encode()) as site, HttpProxy() as one, HttpProxy() as two:
        url = f"{site.url}/"
        for proxy in (None, one.url, two.url) * 2:
            fetch(fetcher, url, proxy)
        assert (len(one.heads), len(two.heads)) == (1, 1)
        assert len({seen.client for seen in site.requests}) == 3


def test_a_host_is_distrusted_on_the_route_where_it_was_rude(fetcher):
    rude = answer(length(4), body=b"well") + answer(length(4), body=b"EVIL")
    with RudeSite(sends(rude)) as site, HttpProxy() as proxy:
        for _ in range(3):
            assert fetch(fetcher, f"{site.url}/", proxy.url).body == b"well"
    assert [b"Connection: close" in head for head in proxy.heads] == [False, True, True]
    transports = [session._adapter for session in fetcher._sessions._by_settings.values()]
    assert [list(transport.distrusted) for transport in transports] == [[host_of(site.url)]]


def test_a_login_that_socks_cannot_carry_is_refused_before_the_first_visit(fetcher):
    with pytest.raises(UsageError, match="SOCKS takes 255 bytes of user and password each"):
        fetcher.open(job_of(f"socks5://u:{'p' * 256}@127.0.0.1:1080"))
    fetcher.open(job_of(f"socks5://u:{'p' * 255}@127.0.0.1:1080"))
    fetcher.open(job_of(f"http://u:{'p' * 256}@127.0.0.1:1080"))


def test_an_answer_has_what_an_archive_needs(fetcher):
    """The request as sent, the head and the coded body as they came, from where and since when."""
    head = answer(b"x-A:  b ", b"X-a: c", b"Content-Encoding: gzip", length(4))
    for proxied in (False, True):
        with RudeSite(sends(head + b"cody")) as site, HttpProxy() as proxy:
            url = f"{site.url}/a"
            job = job_of(proxy.url if proxied else None)
            task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
            request = RequestBuilder(job, NO_COOKIES).request(task, "test/1")
            session = fetcher._sessions.session(job, job.proxy, trusted=False, certified=False)
            before = time.monotonic()
            with VisitTimer(before + 2, job.timeout) as timer:
                got = session.send(request, timeout=timer)
                assert got.peer() == (None if proxied else "127.0.0.1")
                assert b"".join(iter(got.body.read_some, b"")) == b"cody"
                got.close()
            assert got.peer() is None
            target = url if proxied else "/a"
            assert got.sent.startswith(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:".encode())
            assert not proxied or got.sent == proxy.heads[0] + b"\r\n\r\n"
            assert got.head.raw == head
            assert before <= got.asked_at <= time.monotonic()


def test_nothing_is_read_beyond_the_handshake_of_socks(fetcher):
    """A proxy may send the reply and the first bytes of the origin in one packet."""

    def serve(client: socket.socket, _: object) -> None:
        with client:
            client.recv(65536)
            client.sendall(b"\x05\x00")
            client.recv(65536)
            reply = b"\x05\x00\x00\x01" + bytes(4) + struct.pack(">H", 9)
            client.sendall(reply + answer(length(4), body=b"well"))
            client.recv(65536)

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    try:
        proxy = f"socks5://127.0.0.1:{server.server_port}"
        assert fetch(fetcher, "http://127.0.0.1:81/", proxy).body == b"well"
    finally:
        server.stop(timeout=0)


@pytest.mark.parametrize(
    ("number", "kind", "ours"),
    [
        (errno.EHOSTUNREACH, Kind.CONNECT, False),
        (errno.ETIMEDOUT, Kind.CONNECT, False),
        (errno.ECONNRESET, Kind.CONNECT, False),
        (errno.ENOBUFS, Kind.LOCAL_IO, True),
    ],
)
def test_whatever_the_system_says_of_a_proxy_names_the_proxy(number, kind, ours):
    with pytest.raises(Trouble) as caught, at_proxy(time.monotonic() + 9):
        raise OSError(number, os.strerror(number))
    assert caught.value.reason == f"the proxy: {os.strerror(number)}"
    assert (caught.value.kind, caught.value.ours) == (kind, ours)


@pytest.mark.parametrize(
    ("talk", "is_of_the_proxy"),
    [
        (sends(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), True),
        (sends(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), False),
        (sends(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), False),
        (sends(b""), True),
        (sends(b"nonsense\r\n\r\n"), True),
    ],
)
def test_a_list_of_proxies_goes_on_where_the_proxy_is_at_fault_and_not_where_the_host_is(
    fetcher, talk, is_of_the_proxy
):
    served = []

    def serve(client: socket.socket, _: object) -> None:
        with tls()[1].wrap_socket(client, server_side=True) as wrapped:
            served.append(wrapped.recv(65536))
            wrapped.sendall(answer(length(4), body=b"well"))

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    try:
        with RudeSite(talk) as bad, HttpProxy(names=NAMES) as good:
            both = (bad.url, good.url)
            url = f"https://home.example:{server.server_port}/a"
            order = fetcher._proxying._health.order(both, host_of(url), 0.0)
            if order[0] == good.url:
                fetcher._proxying._health.failed(good.url, time.monotonic())
            if is_of_the_proxy:
                assert fetch(fetcher, url, both).body == b"well"
            else:
                with pytest.raises(Trouble, match="the proxy refused a tunnel"):
                    fetch(fetcher, url, both)
            assert len(served) == is_of_the_proxy
    finally:
        server.stop(timeout=0)
