"""The exchange against servers that misbehave: a table of what they send and how the visit ends."""

import gzip
import hashlib
import random
import socket
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gevent
import pytest
import trustme

from crawler.config import Job, Timeout
from crawler.errors import UsageError
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from tests.servers import RudeSite, Site, endless, sends, slow

WHOLE = b"flag" * 4000
ZIPPED = gzip.compress(WHOLE)


def answer(*fields: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *fields, b"", body))


def length(body: bytes, extra: int = 0) -> bytes:
    return b"Content-Length: %d" % (len(body) + extra)


GZIP = b"Content-Encoding: gzip"
CHUNKED = b"Transfer-Encoding: chunked"


def reset(data: bytes):
    """Send something, then a RST instead of an end."""

    def talk(client: socket.socket) -> None:
        client.sendall(data)
        for _ in range(25):  # rounds of the loop, however busy: else the RST overtakes the data
            gevent.sleep(0.002)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    return talk


def drips(head: bytes, pause: float = 0.05):
    def talk(client: socket.socket) -> None:
        client.sendall(head)
        while True:
            client.sendall(b"x")
            gevent.sleep(pause)

    return talk


def silent(client: socket.socket) -> None:
    client.recv(1)  # until the crawler hangs up


BROKEN = {
    "an empty answer": (sends(b""), Kind.PROTOCOL),
    "garbage": (sends(b"\x16\x03\x01 no http\r\n\r\n"), Kind.PROTOCOL),
    "a reset before the answer": (reset(b""), Kind.PROTOCOL),
    "a short body": (sends(answer(length(WHOLE, 1), body=WHOLE)), Kind.TRUNCATED),
    "a reset in the body": (reset(answer(length(WHOLE, 1), body=WHOLE)), Kind.TRUNCATED),
    "a cut chunk": (sends(answer(CHUNKED, body=b"100\r\nflag")), Kind.TRUNCATED),
    "no last chunk": (sends(answer(CHUNKED, body=b"4\r\nflag\r\n")), Kind.TRUNCATED),
    "a bad chunk size": (sends(answer(CHUNKED, body=b"zz\r\nflag\r\n")), Kind.TRUNCATED),
    "a cut gzip": (sends(answer(GZIP, body=ZIPPED[:-9])), Kind.TRUNCATED),
    "a cut gzip of its length": (
        sends(answer(GZIP, length(ZIPPED[:-9]), body=ZIPPED[:-9])),
        Kind.TRUNCATED,
    ),
    "a gzip with a wrong sum": (
        sends(answer(GZIP, body=ZIPPED[:-8] + bytes(4) + ZIPPED[-4:])),
        Kind.DECODE,
    ),
    "gzip that is none": (sends(answer(GZIP, length(WHOLE), body=WHOLE)), Kind.DECODE),
    "an unknown coding": (
        sends(answer(b"Content-Encoding: rot13", length(WHOLE), body=WHOLE)),
        Kind.DECODE,
    ),
    "a body declared too long": (sends(answer(b"Content-Length: 99999999")), Kind.TOO_BIG),
    "a body too long": (endless(answer(), bytes(65536)), Kind.TOO_BIG),
    "a bomb": (sends(answer(GZIP, body=gzip.compress(bytes(30_000_000)))), Kind.TOO_BIG),
    "silence": (silent, Kind.TIMEOUT),
    "silence in the body": (
        lambda client: (client.sendall(answer(length(WHOLE))), silent(client)),
        Kind.TIMEOUT,
    ),
    "drips in the header": (drips(b"HTTP/1.1 200 OK\r\nX: "), Kind.TIMEOUT),
    "drips in the body": (drips(answer(length(WHOLE))), Kind.TIMEOUT),
}

SOUND = {
    "a length": (answer(length(WHOLE), body=WHOLE), False),
    "chunks": (answer(CHUNKED, body=b"3e80\r\n" + WHOLE + b"\r\n0\r\n\r\n"), False),
    "gzip": (answer(GZIP, length(ZIPPED), body=ZIPPED), False),
    "gzip until the end": (answer(GZIP, body=ZIPPED), False),
    "no framing at all": (answer(body=WHOLE), True),
}


def task_of(url: str) -> Task:
    return Task(1, "j", url, url, url.removeprefix("http://"), 1, 1, 1)


@pytest.fixture
def files(tmp_path):
    with Files(tmp_path, durable=False) as files:
        yield files


@pytest.fixture
def fetch(files):
    with Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher:

        def fetch(url: str, **options):
            job = Job(
                name="j", urls=("http://x/",), max_size=5_000_000,
                allow_addresses=options.pop("allow_addresses", ("127.0.0.0/8",)),
                timeout=Timeout(connect="500ms", read="500ms", total="1s"), **options,
            )  # fmt: skip
            deadline = time.monotonic() + job.timeout.total
            return fetcher.fetch(task_of(url), job, part=lambda: "j.part", deadline=deadline)

        yield fetch


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_one_kind_in_time_and_leaves_nothing(name, fetch, tmp_path):
    talk, kind = BROKEN[name]
    with RudeSite(talk) as site:
        start = time.monotonic()
        with pytest.raises(Trouble) as caught:
            fetch(site.url + "/")
        assert time.monotonic() - start < 1.25
    assert caught.value.kind is kind, caught.value.reason
    assert caught.value.reason
    assert "object at 0x" not in caught.value.reason
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_answer_is_whole(name, fetch):
    data, unverified = SOUND[name]
    with RudeSite(sends(data)) as site:
        fetched = fetch(site.url + "/")
    assert fetched.body == WHOLE
    assert fetched.size == len(WHOLE)
    assert fetched.unverified is unverified


def taken(part: Path) -> bytes:
    data = part.read_bytes()
    part.unlink()
    return data


@pytest.mark.parametrize("path", ["/a.tar.gz", "/a.svgz?v=1", "/a"])
@pytest.mark.parametrize("size", [0, 1, 9000, 3_000_000])
@pytest.mark.parametrize("twice", [False, True])
def test_a_file_that_is_gzip_stays_gzip_however_it_was_sent(fetch, tmp_path, path, size, twice):
    file = gzip.compress(random.Random(size).randbytes(size), mtime=0)
    sent = gzip.compress(file) if twice else file
    kind = b"Content-Type: application/gzip" if path == "/a" else b"Content-Type: image/svg+xml"
    with RudeSite(sends(answer(GZIP, kind, length(sent), body=sent))) as site:
        fetched = fetch(site.url + path)
    assert (fetched.body if fetched.part is None else taken(tmp_path / fetched.part)) == file
    assert fetched.digest == hashlib.sha256(file).hexdigest()


@pytest.mark.parametrize("cut", [1, 8, 500])
def test_a_gzip_file_that_was_cut_is_truncated_though_it_stays_gzip(fetch, cut):
    file = gzip.compress(random.Random(1).randbytes(9000))[:-cut]
    with (
        RudeSite(sends(answer(GZIP, length(file), body=file))) as site,
        pytest.raises(Trouble) as caught,
    ):
        fetch(site.url + "/a.gz")
    assert caught.value.kind is Kind.TRUNCATED


@pytest.mark.parametrize("field", [GZIP, b"Content-Encoding: rot13"])
def test_a_raw_body_is_stored_as_it_came(fetch, field):
    body = ZIPPED
    with RudeSite(sends(answer(field, length(body), body=body))) as site:
        fetched = fetch(site.url + "/", raw=True)
    assert fetched.body == body
    assert not fetched.unverified


def test_a_refused_connection_is_connect(fetch, unused_port):
    with pytest.raises(Trouble) as caught:
        fetch(f"http://127.0.0.1:{unused_port}/")
    assert caught.value.kind is Kind.CONNECT
    assert caught.value.reason == "Connection refused"


def test_an_unknown_name_is_dns(fetch):
    with pytest.raises(Trouble) as caught:
        fetch("http://no-such-host.invalid/")
    assert caught.value.kind is Kind.DNS


def test_a_redirect_is_returned_and_its_endless_body_never_read(fetch):
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"
    with RudeSite(endless(head, bytes(65536))) as site:
        fetched = fetch(site.url + "/")
    assert (fetched.status, fetched.headers["location"]) == (302, "/x")
    assert fetched.body is None


def test_a_big_body_goes_to_its_part_and_memory_stays_free(fetch, files, tmp_path):
    big = bytes(range(256)) * 16_000
    with Site(lambda _: big) as site:
        fetched = fetch(site.url + "/")
    assert (fetched.body, fetched.part, fetched.size) == (None, "j.part", len(big))
    assert (tmp_path / "j.part").read_bytes() == big
    files.discard(["j.part"])


def test_connections_are_kept_and_used_again(fetch):
    with Site(slow(0)) as site:
        for _ in range(5):
            fetch(site.url + "/")
    assert len(site.requests) == 5
    assert len({seen.client for seen in site.requests}) == 1


def test_a_request_carries_what_the_job_says_and_no_cookie(fetch):
    def route(_: str):
        return "200 OK", [("Content-Length", "0"), ("Set-Cookie", "a=1")], []

    with Site(route) as site:
        for _ in range(2):
            fetch(site.url + "/", headers={"Accept-Language": "de"})
    headers = site.requests[-1].headers
    assert headers["USER_AGENT"] == "test/1"
    assert headers["ACCEPT_LANGUAGE"] == "de"
    assert "COOKIE" not in headers


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def tls_site(certificate: trustme.LeafCert):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    def handle(client: socket.socket, _: object) -> None:
        try:
            with context.wrap_socket(client, server_side=True) as wrapped:
                if wrapped.recv(65536):
                    wrapped.sendall(answer(length(WHOLE), body=WHOLE))
        except OSError:
            pass  # the crawler refused

    return gevent.server.StreamServer(("127.0.0.1", 0), handle)


def test_a_certificate_that_has_expired_is_refused_in_words(authority, fetch, tmp_path_factory):
    pem = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    year = datetime(2020, 1, 1, tzinfo=UTC)
    old = authority.issue_cert("127.0.0.1", not_before=year, not_after=year + timedelta(days=1))
    server = tls_site(old)
    server.start()
    try:
        with pytest.raises(Trouble, match="certificate refused: certificate has expired") as caught:
            fetch(f"https://127.0.0.1:{server.server_port}/", verify=pem)
    finally:
        server.stop()
    assert caught.value.kind is Kind.TLS


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("127.0.0.1", True, None),
        ("127.0.0.1", False, "certificate refused: unable to get local issuer certificate"),
        ("other.example", True, "certificate refused: IP address mismatch"),
    ],
)
def test_certificates_are_checked(name, trusted, reason, authority, fetch, tmp_path_factory):
    pem = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    server = tls_site(authority.issue_cert(name))
    server.start()
    try:
        url = f"https://127.0.0.1:{server.server_port}/"
        if reason is None:
            assert fetch(url, verify=pem).body == WHOLE
            assert fetch(url, verify=False).body == WHOLE
        else:
            with pytest.raises(Trouble) as caught:
                fetch(url, verify=pem if trusted else True)
            assert caught.value.kind is Kind.TLS
            assert caught.value.reason.startswith(reason)
    finally:
        server.stop()


@pytest.mark.parametrize("option", ["verify", "client_cert"])
def test_a_file_without_a_certificate_is_refused_before_any_visit(files, tmp_path, option):
    file = tmp_path / "none.pem"
    file.write_text("no certificate")
    job = Job(name="j", urls=("https://x/",), **{option: file})
    with (
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
        pytest.raises(UsageError, match=r"^j: .*none\.pem: no certificate in it"),
    ):
        fetcher.open(job)


def test_a_visit_keeps_what_it_began_with_however_often_its_job_changes(files, tmp_path):
    """Else its end would ask for the cookies of a version that nobody keeps any more."""
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(".127.0.0.1\tTRUE\t/\tFALSE\t4102444800\tn\tv\n")
    options = {"name": "j", "urls": ("http://x/",), "allow_addresses": ("127.0.0.0/8",)}
    old = Job(cookies={"file": cookies}, timeout=Timeout(read="500ms"), **options)
    with Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher:

        def changes(client: socket.socket) -> None:
            cookies.unlink()
            for number in range(9):
                fetcher.open(Job(delay=f"{number}s", **options))
            client.sendall(answer(length(WHOLE), body=b"flag"))
            gevent.sleep(5)

        fetcher.open(old)
        deadline = time.monotonic() + 5
        with RudeSite(changes) as site, pytest.raises(Trouble) as caught:
            fetcher.fetch(task_of(site.url), old, part=lambda: "p", deadline=deadline)
    assert caught.value.kind is Kind.TIMEOUT
    assert not cookies.exists()
