"""Who may ask `crawler web` and who may act, attacked from all sides."""

import contextlib
import os
import pty
import signal
import socket
import stat
import subprocess
import time

import gevent
import pytest

from crawler.web.api.operations import OPERATIONS
from tests import real
from tests.daemon.test_web import made
from tests.program import CRAWLER, at_once, until
from tests.rigs.disks import fill
from tests.web import PREFIX, Web

ACTS = [one.path for one in OPERATIONS if one.acts]
ASKS = [one.path.replace("{name}", "127.0.0.1:9") for one in OPERATIONS if not one.acts]


def logged_in(web: Web, **headers: str) -> str:
    """Log a browser in; return its cookie."""
    reply = web.ask("POST", "/login", {"token": web.token}, token=None, **headers)
    assert (reply.status, reply.body) == (204, b"")
    return reply.headers["Set-Cookie"]


def own(web: Web) -> dict[str, str]:
    """Return what a browser sends from the page itself."""
    return {"Origin": f"http://127.0.0.1:{web.port}", "Sec_Fetch_Site": "same-origin"}


def test_no_act_of_the_table_is_done_for_who_has_not_the_token(tmp_path):
    with Web(made(tmp_path), "--public-read") as web:
        cookie = logged_in(web).partition(";")[0]
        before = web.get("status"), web.get("urls")
        strangers = (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": f"Basic {web.token}"},
            {"Cookie": "crawler-1=1.a"},
            {"Cookie": f"{cookie}0"},
            {"Cookie": cookie},
            {"Cookie": cookie, "Origin": "http://evil.example"},
            {"Cookie": cookie, "Origin": f"http://127.0.0.1:{web.port + 1}"},
            {"Cookie": cookie, "Origin": "null"},
            {"Cookie": cookie, "Origin": f"http://evil.example:{web.port}"},
            {"Cookie": cookie, "Host": "evil.example", "Origin": "http://evil.example"},
            {"Authorization": f"Bearer {web.token}", "Host": "evil.example"},
            {"Authorization": f"Bearer {web.token}", "Origin": "http://evil.example"},
        )
        for path in ACTS:
            for stranger in strangers:
                reply = web.ask("POST", path, {}, token=None, **stranger)
                assert reply.status in {401, 403}, (path, stranger, reply.body)
                assert reply.problem()["kind"] == "auth"
            for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
                assert web.ask(method, path).status == 405
        after = web.get("status"), web.get("urls")
        assert before[1] == after[1]
        assert after[0]["wishes"] == []
        assert not web.told("web.acted")


def test_what_is_no_json_object_is_not_acted_on(tmp_path):
    with Web(made(tmp_path)) as web:
        for act in ACTS:
            check_bodies(web, act)
        assert not web.told("web.acted")


def check_bodies(web: Web, act: str) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert web.ask("POST", act, b"job=j", **form).status == 415
    assert web.ask("POST", act, b"{}").status == 415
    assert web.ask("POST", act, b"{}", Content_Type="text/plain").status == 415
    for body in (b"[]", b"null", b"{", b'{"a": NaN}', b'{"a": 1, "a": 1}', b"[" * 100_000, b"\xff"):
        reply = web.ask("POST", act, body, Content_Type="application/json")
        assert reply.status == 400
        assert "the body is no JSON" in str(reply.body)


def test_reading_needs_the_token_too_unless_it_is_opened(tmp_path):
    file = made(tmp_path)
    with Web(file) as web:
        for path in (*ASKS, f"{PREFIX}/events", "/openapi.json"):
            reply = web.ask("GET", path, token=None)
            assert (reply.status, reply.problem()["kind"]) == (401, "auth")
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")
            assert web.ask("HEAD", path, token=None).status == 401
        told = web.get("session", token=None)
        assert (told["reads"], told["acts"]) == (False, False)
        assert web.ask("GET", f"{PREFIX}/session", token="wrong").status == 401  # noqa: S106
        assert web.told("web.refused"), "whether a token is right is told to none who tries"
        for path in ("/healthz", "/readyz"):
            assert web.ask("GET", path, token=None).status == 200, "a monitor has no token"
    with Web(file, "--public-read") as web:
        assert web.get("status", token=None)["jobs"]
        told = web.get("session", token=None)
        assert (told["reads"], told["acts"], told["public_read"]) == (True, False, True)
        assert web.ask("GET", f"{PREFIX}/status", token=None, Host="evil.example").status == 403


def test_a_browser_logs_in_once_and_acts_from_the_page_alone(tmp_path):
    file = made(tmp_path)
    with Web(file) as web:
        given = logged_in(web, **own(web))
        cookie, *flags = given.split("; ")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)
        assert web.token not in given
        assert web.get("session", token=None, Cookie=cookie)["acts"]
        assert web.get("status", token=None, Cookie=cookie, Sec_Fetch_Site="same-origin")
        for site in ("cross-site", "same-site"):
            reply = web.ask(
                "GET", f"{PREFIX}/status", token=None, Cookie=cookie, Sec_Fetch_Site=site
            )
            assert reply.status == 401, "another page makes the browser ask"
        reply = web.ask("POST", f"{PREFIX}/pause", {}, token=None, Cookie=cookie, **own(web))
        assert reply.status == 200
        port = web.port
        assert web.stop() == 0
    with Web(file, listen=f"127.0.0.1:{port}") as web:
        assert web.get("session", token=None, Cookie=cookie)["acts"], "it outlasts the server"
        left = web.ask("POST", "/logout", {}, token=None, **own(web))
        assert left.headers["Set-Cookie"].startswith(f"crawler-{port}=; ")
        assert "Max-Age=0" in left.headers["Set-Cookie"]
        (tmp_path / "state.sqlite.token").unlink()
        web.process.send_signal(signal.SIGHUP)
        until(lambda: web.told("web.token_read"), "it has not read the new token", web)
        assert web.ask("GET", f"{PREFIX}/status").status == 401, "the old token"
        assert not web.get("session", token=None, Cookie=cookie)["acts"], "a new token ends it"
        new = (tmp_path / "state.sqlite.token").read_text().strip()
        assert new != web.token
        assert web.ask("GET", f"{PREFIX}/status", token=new).status == 200


def test_guessing_costs_a_second_is_bounded_and_holds_up_nobody(tmp_path):
    with Web(made(tmp_path)) as web:
        began = time.monotonic()
        replies = [
            gevent.spawn(web.ask, "POST", "/login", {"token": f"{n}"}, token=None)
            for n in range(20)
        ]
        gevent.sleep(0.3)
        assert web.get("session")["acts"]
        assert time.monotonic() - began < 1.0, "who has the token waits for nobody"
        gevent.joinall(replies, timeout=20, raise_error=True)
        statuses = sorted(one.value.status for one in replies)
        assert statuses.count(401) == 8
        assert statuses.count(429) == 12
        assert time.monotonic() - began >= 1.0
        refused = next(one.value for one in replies if one.value.status == 429)
        assert refused.headers["Retry-After"]
        began = time.monotonic()
        assert web.ask("GET", f"{PREFIX}/status", token="a-guess").status == 401  # noqa: S106  it is none
        assert time.monotonic() - began >= 1.0
        assert web.told("web.refused")


def test_the_token_is_in_no_log_and_no_answer_and_nobody_elses(tmp_path):
    with Web(made(tmp_path)) as web:
        file = tmp_path / "state.sqlite.token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(web.token) >= 43
        replies = [
            web.ask("GET", f"/?token={web.token}"),
            web.ask("GET", f"{PREFIX}/status?token={web.token}"),
            web.ask("POST", f"{PREFIX}/pause", {"why": 5}),
            web.ask("POST", "/login", {"token": web.token}),
            web.ask("GET", f"/{web.token}"),
        ]
        assert web.stop() == 0
        for reply in replies:
            assert reply.headers["Referrer-Policy"] == "no-referrer"
            assert web.token.encode() not in reply.body + str(reply.headers).encode()
        assert web.token.encode() not in web.output
        assert web.token not in web.errors


def test_a_terminal_is_shown_the_link_once_and_nothing_else_is(tmp_path):
    file = made(tmp_path)
    ours, its = pty.openpty()
    command = [*CRAWLER, "web", "-c", str(file), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=its, cwd=tmp_path) as process:
        os.close(its)
        shown = gevent.get_hub().threadpool.apply(os.read, (ours, 4096)).decode()
        token = (tmp_path / "state.sqlite.token").read_text().strip()
        assert shown.startswith("http://127.0.0.1:")
        assert shown.strip().endswith(f"/#token={token}")
        process.terminate()
        assert token.encode() not in process.stdout.read()
        assert process.wait(20) == 0
        os.close(ours)


@pytest.mark.parametrize("content", ["short", "", "x" * 300, "täter" * 10])
def test_a_token_that_is_none_is_refused(tmp_path, content):
    file = made(tmp_path)
    token = tmp_path / "state.sqlite.token"
    token.write_text(content)
    token.chmod(0o600)
    done = at_once("web", "-c", str(file), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 2
    assert "holds no token" in done.stderr


def test_a_token_that_others_may_read_is_refused(tmp_path):
    file = made(tmp_path)
    token = tmp_path / "state.sqlite.token"
    token.write_text("a" * 43)
    token.chmod(0o640)
    done = at_once("web", "-c", str(file), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 2
    assert "may be read by others" in done.stderr
    assert "a" * 43 not in done.stderr


def test_a_token_file_of_no_use_leaves_the_one_in_force(tmp_path):
    file = made(tmp_path)
    token = tmp_path / "state.sqlite.token"
    with Web(file) as web:
        for spoiled in (
            lambda: token.write_text(""),
            lambda: token.write_text(web.token[:20]),
            lambda: (token.write_text(f"{web.token}\n"), token.chmod(0o644)),
            lambda: (token.unlink(), os.mkfifo(token)),
        ):
            spoiled()
            kept = len(web.told("web.token_kept"))
            web.process.send_signal(signal.SIGHUP)
            until(lambda: len(web.told("web.token_kept")) > kept, "it took it", web)  # noqa: B023
            assert web.get("session")["acts"]
            assert web.ask("GET", f"{PREFIX}/status", token="").status == 200
        token.unlink()
        token.write_text("b" * 43)
        token.chmod(0o600)
        assert web.get("session")["acts"], "nobody has told it yet"
        web.process.send_signal(signal.SIGHUP)
        until(lambda: web.told("web.token_read"), "it has not read it", web)
        assert web.ask("GET", f"{PREFIX}/status").status == 401
        assert web.ask("GET", f"{PREFIX}/status", token="b" * 43).status == 200
        assert web.stop() == 0
        assert web.token not in web.output.decode()


def test_a_full_disk_at_the_first_start_is_no_fault_of_the_command_line(tmp_path):
    file = made(tmp_path)
    real.needs_root("mount a disk")
    with real.small_disk(tmp_path / "small", "64k") as disk:
        fill(disk)
        words = ["--listen", "127.0.0.1:0", "--token-file", str(disk / "token")]
        done = at_once("web", "-c", str(file), *words, cwd=tmp_path)
        assert done.returncode == 1, "a service manager starts it again"
        assert done.stderr == f"crawler: {disk / 'token'}: No space left on device\n"


def test_beyond_loopback_everything_needs_the_token(tmp_path):
    file = made(tmp_path)
    done = at_once("web", "-c", str(file), "--listen", "0.0.0.0:0", "--public-read", cwd=tmp_path)
    assert done.returncode == 2
    assert "--public-read is for loopback alone" in done.stderr
    with Web(file, listen="0.0.0.0:0") as web:
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", f"{PREFIX}/status"):
            assert web.ask("GET", path, token=None).status == 401
        assert web.ask("GET", "/healthz").status == 200


def test_a_name_is_one_that_was_told(tmp_path):
    with Web(made(tmp_path), "--name", "Crawler.Example.org") as web:
        for host in ("127.0.0.1:1", "localhost", "[::1]:8640", "crawler.example.org", "10.0.0.1"):
            assert web.ask("GET", "/healthz", Host=host).status == 200
        for host in ("example.org", "crawler.example.org.evil.example", "a b", "127.0.0.1.nip.io",
                     "crawler.example.org:80:90", "localhost:http"):  # fmt: skip
            assert web.ask("GET", "/healthz", Host=host).status == 403
        secure = {"Host": "crawler.example.org", "Origin": "https://crawler.example.org"}
        assert "; Secure" in logged_in(web, **secure), "behind a proxy with TLS"
        with talking(web, b"GET /healthz HTTP/1.0\r\n\r\n") as answer:
            assert answer.startswith(b"HTTP/1.1 403 "), "no Host at all"


@contextlib.contextmanager
def talking(web: Web, *pieces: bytes, gap: float = 0.0):
    """Send pieces with gaps between them; yield all that comes back until the end."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as one:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                one.sendall(piece)
                gevent.sleep(gap)
        yield b"".join(iter(lambda: received(one), b""))


def received(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except ConnectionResetError:
        return b""


HEAD = b"POST /api/v1/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


UNHEARD = [
    (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
    (HEAD + b"Content-Length: 262145\r\n\r\n" + b"x" * 1000, 413),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 411),
    (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", 411),
    (HEAD + b"Content-Length: -1\r\n\r\n", 400),
    (HEAD + b"Content-Length: x\r\n\r\n", 400),
    (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    (HEAD + b"Content-Length: +2\r\n\r\n{}", 400),
    (HEAD + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", 400),
    (HEAD + b"Content-Length : 2\r\n\r\n{}", 400),
    (HEAD + b"Host: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}", 400),
    (b"GET https://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\nX: " + b"y" * 60_000 + b"\r\n\r\n", 431),
    (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\n\r\n", 400),
    (b"NONSENSE\r\n\r\n", 400),
]


def test_what_is_too_big_or_no_request_is_answered_and_closed(tmp_path):
    with Web(made(tmp_path)) as web:
        for sent, status in UNHEARD:
            with talking(web, sent) as answer:
                assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (sent[:200], answer)
                assert answer.count(b"HTTP/1.1 ") == 1, "the rest is no request"
        assert web.get("status")
        assert not web.errors
        assert not web.told("web.failed")
        assert not web.told("greenlet.failed")


def test_a_target_may_be_a_whole_url_whose_host_counts(tmp_path):
    ask = b"GET http://%s/healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
    with Web(made(tmp_path)) as web:
        here = b"127.0.0.1:%d" % web.port
        with talking(web, ask % (here, b"elsewhere.example")) as answer:
            assert answer.startswith(b"HTTP/1.1 200 "), answer
        with talking(web, ask % (b"elsewhere.example", here)) as answer:
            assert answer.startswith(b"HTTP/1.1 403 "), answer


def test_a_request_that_trickles_in_is_cut_off_and_others_go_on(tmp_path):
    with Web(made(tmp_path)) as web:
        slow = [
            gevent.spawn(took, web, *pieces)
            for pieces in (
                [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 30],
                [HEAD, b"Content-Length: 100\r\n\r\n", *[b"x"] * 30],
                [b"G"] * 30,
                [b""] * 30,
            )
        ]
        with socket.create_connection(("127.0.0.1", web.port)) as deaf:
            deaf.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 3)
            for _ in range(5):
                assert web.get("status")
                gevent.sleep(0.2)
        gevent.joinall(slow, timeout=40, raise_error=True)
        for one in slow:
            seconds, answer = one.value
            assert 9 < seconds < 13
            assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
        assert not web.errors
        assert not web.told("greenlet.failed")


def took(web: Web, *pieces: bytes) -> tuple[float, bytes]:
    """Send pieces a while apart; return how long the connection lasted, and the answer."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as one:
        sending = gevent.spawn(send_slowly, one, pieces)
        answer = b"".join(iter(lambda: received(one), b""))
        sending.kill()
        return time.monotonic() - began, answer


def send_slowly(one: socket.socket, pieces) -> None:
    with contextlib.suppress(OSError):
        for piece in pieces:
            one.sendall(piece)
            gevent.sleep(0.5)


def test_more_connections_than_there_is_room_for_wait_and_are_served(tmp_path):
    with Web(made(tmp_path)) as web, contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", web.port)))
        assert web.get("session")["acts"], "the idle ones are closed, and it has its turn"


def test_every_answer_forbids_what_a_page_could_do_with_it(tmp_path):
    with Web(made(tmp_path)) as web:
        for path in ("/", f"{PREFIX}/status", "/nothing", "/healthz", f"{PREFIX}/hosts/x"):
            headers = web.ask("GET", path).headers
            rules = headers["Content-Security-Policy"].split("; ")
            assert {"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"} <= {*rules}
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "Access-Control-Allow-Origin" not in headers
