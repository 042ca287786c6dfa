"""Events that are posted, to servers of every kind."""

import socket
import ssl

import gevent
import pytest
import trustme

from crawler.hooks.posting import MAX_BYTES, MAX_EVENTS, Posts
from tests.parts.hooks.scenes import hook, waiting
from tests.receivers import SECRET, Receiver
from tests.servers import RudeSite, Site, free_port


def deliver(url, *events, **options):
    return Posts().deliver(hook(post=url, **options), events)


def reason(url, **options):
    result = deliver(url, waiting(1), **options)
    assert result.whole
    return result.of[1]


def test_events_come_in_one_signed_message_with_their_ids():
    with Receiver() as receiver:
        result = deliver(receiver.url, waiting(1), waiting(2, url="http://h/ü"), secret=SECRET)
    assert (dict(result.of), receiver.forged) == ({1: "", 2: ""}, 0)
    ((_, events),) = receiver.messages
    assert [one["id"] for one in events] == ["evt_1", "evt_2"]
    assert events[1]["url"] == "http://h/ü"


def test_a_message_that_is_signed_with_another_secret_is_not_taken():
    with Receiver() as receiver:
        assert reason(receiver.url, secret=SECRET + "YWI=") == "HTTP status 401"
    assert receiver.forged == 1


def test_a_message_is_bounded_and_the_rest_is_not_tried():
    with Receiver() as receiver:
        many = [waiting(number) for number in range(MAX_EVENTS + 5)]
        assert len(deliver(receiver.url, *many, secret=SECRET).of) == MAX_EVENTS
        long = [waiting(number, reason="x" * (MAX_BYTES // 2)) for number in range(3)]
        assert deliver(receiver.url, *long, secret=SECRET).of == {0: ""}
        huge = waiting(9, reason="x" * (2 * MAX_BYTES))
        assert deliver(receiver.url, huge, waiting(10), secret=SECRET).of == {9: ""}


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
def test_what_is_no_success_is_a_failure_and_no_redirect_is_followed(status):
    with Receiver(status=status, headers={"Location": "/elsewhere"}) as receiver:
        assert reason(receiver.url, secret=SECRET) == f"HTTP status {status}"
        assert receiver.refused == 1


@pytest.mark.parametrize("status", [200, 202, 204])
def test_every_success_counts(status):
    with Receiver(status=status) as receiver:
        assert deliver(receiver.url, waiting(1), secret=SECRET).of == {1: ""}


def test_a_receiver_says_how_long_it_is_to_be_left_alone():
    with Receiver(status=503, headers={"Retry-After": "40"}) as receiver:
        assert deliver(receiver.url, waiting(1), secret=SECRET).asked == 40.0


def test_a_server_that_is_not_there_is_a_failure():
    assert reason(f"http://127.0.0.1:{free_port()}/") == "Connection refused"


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX: y\r\n", b"HTTP/1.1 100\r\n\r\n"]
)
def test_a_server_that_hangs_or_drips_is_left_at_the_deadline(beginning):
    def talk(sock):
        sock.sendall(beginning)
        while True:
            sock.sendall(b"x" if beginning else b"")
            gevent.sleep(0.02)

    with RudeSite(talk) as site:
        assert reason(f"{site.url}/", timeout="300ms") == "no answer in time"


def test_of_an_answer_only_the_head_is_read():
    sent = []

    def talk(sock):
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65_536)
            sent.append(65_536)
            gevent.sleep(0.0005)

    with RudeSite(talk) as site:
        assert deliver(f"{site.url}/", waiting(1)).of == {1: ""}
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize(
    "answer", [b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 99_000, b"\x00" * 99]
)
def test_what_is_no_answer_is_a_failure(answer):
    with RudeSite(lambda sock: sock.sendall(answer)) as site:
        assert reason(f"{site.url}/")


def test_a_server_of_an_authority_of_this_machine_is_trusted(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Site(lambda _: b"", context=context) as site:
        result = deliver(f"https://localhost:{site.port}/", waiting(1))
    assert result.of == {1: ""}


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeting = gevent.spawn(_greet, listener, context)
        port = listener.getsockname()[1]
        assert "certificate" in reason(f"https://localhost:{port}/")
        greeting.join(5)


def _greet(listener, context):
    sock, _ = listener.accept()
    with sock:
        try:
            context.wrap_socket(sock, server_side=True).close()
        except OSError:
            return
