"""What rude servers send, as data: a row for each way, and how a visit to it has to end."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import brotli

from crawler.fetch.decode import zstd
from crawler.model import Kind
from tests.parts.rude_talks import (
    CHUNKED,
    SOUND,
    WHOLE,
    Talk,
    answer,
    bomb,
    brotli_bomb,
    chunked,
    coded,
    cuts,
    drips,
    gzip_bomb,
    hop,
    late,
    length,
    redirect,
    reset,
    silent,
    status,
    zstd_bomb,
)  # fmt: skip
from tests.servers import endless, sends


@dataclass(frozen=True, slots=True)
class Row:
    """A rude server: what it does, how a visit ends, and the file there is in the end, if any."""

    name: str
    talk: Talk
    kind: Kind
    again: bool = False
    body: bytes | None = None
    url_scheme: str = "http"
    speaks_tls: bool = False


FRAMED = answer(length(WHOLE))
LAST = b"0\r\n\r\n"
CHUNKS = b"3e80\r\n" + WHOLE + b"\r\n"
ZIPPED = gzip.compress(WHOLE)
DEFLATED = zlib.compress(WHOLE)
RAW = DEFLATED[2:-4]
BR = brotli.compress(WHOLE)
ZSTD = zstd.compress(WHOLE)
MORE_TO_SAY = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
HUNDRED = b"HTTP/1.1 100 Continue\r\n\r\n"

STORED: dict[str, tuple[Talk, bytes]] = {
    "ends its lines with LF only": (sends(SOUND.replace(b"\r\n", b"\n")), WHOLE),
    "says 100 first": (sends(HUNDRED + SOUND), WHOLE),
    "says 102 first": (sends(b"HTTP/1.1 102 Processing\r\nA: b\r\n\r\n" + SOUND), WHOLE),
    "says 103 first": (late(b"HTTP/1.1 103 Early Hints\r\n\r\n", SOUND), WHOLE),
    "says 100 twenty times": (sends(HUNDRED * 20 + SOUND), WHOLE),
    "has two lengths that agree": (sends(answer(length(4), length(4), body=b"flag")), b"flag"),
    "has a length and chunks": (sends(answer(length(7), CHUNKED, body=CHUNKS + LAST)), WHOLE),
    "has a length with zeros before it": (
        sends(answer(b"Content-Length: " + b"0" * 30 + b"4") + b"flag"), b"flag"),
    "has a chunk size with zeros before it": (
        sends(answer(CHUNKED, body=b"0" * 20 + b"4\r\nflag\r\n" + LAST)), b"flag"),
    "sends a header of 60 KB": (
        sends(answer(b"A: " + b"b" * 60_000, length(4)) + b"flag"), b"flag"),
    "sends 499 headers": (sends(answer(*[b"A: b"] * 498, length(4)) + b"flag"), b"flag"),
    "folds a header": (sends(answer(b"A: b\r\n c", length(WHOLE), body=WHOLE)), WHOLE),
    "sends 200 KB of cookies": (
        sends(answer(*[b"Set-Cookie: a%d=" % n + b"x" * 10_000 for n in range(20)], length(4))
              + b"flag"), b"flag"),
    "sends 10 000 chunks of a byte": (
        sends(answer(CHUNKED, body=b"1\r\nf\r\n" * 10_000 + LAST)), b"f" * 10_000),
    "sends fifty trailers": (
        sends(answer(CHUNKED, body=CHUNKS + b"0\r\n" + b"A: b\r\n" * 50 + b"\r\n")), WHOLE),
    "sends more than its length": (sends(SOUND + MORE_TO_SAY), WHOLE),
    "sends more than its length, later": (late(SOUND, MORE_TO_SAY), WHOLE),
    "sends more than its chunks": (sends(chunked(CHUNKS + LAST) + MORE_TO_SAY), WHOLE),
    "was modified in the year 1": (
        sends(answer(b"Last-Modified: Mon, 01 Jan 0001 00:00:00 GMT", length(4)) + b"flag"),
        b"flag"),
    "was modified in the year 9999": (
        sends(answer(b"Last-Modified: Fri, 31 Dec 9999 23:59:59 GMT", length(4)) + b"flag"),
        b"flag"),
    "answers without framing": (sends(answer(body=WHOLE)), WHOLE),
    "answers without framing and is cut": (sends(answer(body=WHOLE[:9])), WHOLE[:9]),
    "answers with a head only": (sends(answer()), b""),
    "sends gzip of two members": (coded(b"gzip", ZIPPED * 2), WHOLE * 2),
    "stacks its codings": (coded(b"gzip, br", brotli.compress(ZIPPED)), WHOLE),
    "stacks gzip twice": (coded(b"gzip, gzip", gzip.compress(ZIPPED)), WHOLE),
    "stacks what is no coding": (coded(b"identity, gzip, UTF-8", ZIPPED), WHOLE),
    "calls a charset a coding": (coded(b"UTF-8", WHOLE), WHOLE),
    "calls binary a coding": (coded(b"binary", WHOLE), WHOLE),
    "calls aws-chunked a coding": (coded(b"aws-chunked", WHOLE), WHOLE),
    "transfers identity": (
        sends(answer(b"Transfer-Encoding: identity", length(4)) + b"flagEVIL"), b"flag"),
    "transfers identity without framing": (
        sends(answer(b"Transfer-Encoding: identity", body=WHOLE)), WHOLE),
    "names two codings": (
        sends(answer(b"Content-Encoding: gzip", b"Content-Encoding: br", length(ZIPPED))
              + ZIPPED), WHOLE),
    "redirects to two places": (
        hop(b"/a\r\nLocation: http://127.0.0.3:1/"), WHOLE),
    "pads its gzip": (coded(b"gzip", ZIPPED + bytes(100)), WHOLE),
    "sends gzip without a body": (coded(b"gzip", b""), b""),
    "shouts GZIP": (coded(b"GZIP", ZIPPED), WHOLE),
    "sends x-gzip": (coded(b"x-gzip", ZIPPED), WHOLE),
    "sends deflate": (coded(b"deflate", DEFLATED), WHOLE),
    "sends raw deflate": (coded(b"deflate", RAW), WHOLE),
    "sends br": (coded(b"br", BR), WHOLE),
    "sends zstd": (coded(b"zstd", ZSTD), WHOLE),
    "sends zstd of two frames": (coded(b"zstd", ZSTD * 2), WHOLE * 2),
    "redirects with a space": (hop(b"/a b"), WHOLE),
    "redirects with a control character": (hop(b"/a\x01b"), WHOLE),
    "redirects with a backslash": (hop(b"\\a"), WHOLE),
    "redirects with UTF-8": (hop("/é".encode()), WHOLE),
    "redirects with bad UTF-8": (hop(b"/\xff\xfe"), WHOLE),
    "redirects in Latin-1": (hop(b"/caf\xe9"), WHOLE),
    "redirects with an endless body": (
        hop(b"", endless(answer(b"Location: /x", status=b"302 Found"), bytes(65536))), WHOLE),
}  # fmt: skip

PROTOCOL: dict[str, Talk] = {
    "sends a header without a colon": sends(answer(b"oops", length(4), body=b"flag")),
    "sends a header without a name": sends(answer(b": x", length(4), body=b"flag")),
    "puts a space before the colon": sends(answer(b"Content-Length : 4", body=b"flag")),
    "sends a bare CR": sends(answer(b"A: b\rSet-Cookie: evil=1", length(4), body=b"flag")),
    "sends a NUL": sends(answer(b"A: b\0c", length(4), body=b"flag")),
    "sends a header of 66 KB": sends(answer(b"A: " + b"b" * 66_000, length(4), body=b"flag")),
    "sends 501 headers": sends(answer(*[b"A: b"] * 501, length(4), body=b"flag")),
    "sends a head of 300 KB": sends(answer(*[b"A: " + b"b" * 15_000] * 20, length(0))),
    "sends 1 MB of cookies": sends(answer(*[b"Set-Cookie: a=" + b"b" * 15_000] * 70, length(0))),
    "never ends its header": endless(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 65536),
    "never ends its headers": endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000),
    "never ends a folded header": endless(b"HTTP/1.1 200 OK\r\nA: b\r\n", b" c\r\n" * 1000),
    "never ends its status line": endless(b"HTTP/1.1 200 ", b"OK" * 10_000),
    "speaks HTTP/0.9": sends(WHOLE),
    "speaks HTTP/2.0": sends(SOUND.replace(b"HTTP/1.1", b"HTTP/2.0")),
    "speaks HTTP/2 frames": sends(b"\0\0\x12\x04\0\0\0\0\0" + bytes(18)),
    "speaks TLS where http is asked for": sends(b"\x15\x03\x01\0\x02\x02\x46"),
    "answers 99": status(b"99 What"),
    "answers abc": status(b"abc What"),
    "answers -200": status(b"-200 What"),
    "answers 101": sends(answer(b"Upgrade: x", b"Connection: Upgrade", status=b"101 Switch")),
    "says 100 twenty-one times": sends(HUNDRED * 21 + SOUND),
    "says 100 for ever": endless(b"", HUNDRED * 100),
    "has length -1": sends(answer(b"Content-Length: -1", body=WHOLE)),
    "has length +5": sends(answer(b"Content-Length: +5", body=b"flags")),
    "has length abc": sends(answer(b"Content-Length: abc", body=WHOLE)),
    "has an empty length": sends(answer(b"Content-Length:", body=WHOLE)),
    "has two lengths": sends(answer(length(4), length(5), body=b"flags")),
    "has a list of lengths": sends(answer(b"Content-Length: 4, 5", body=b"flags")),
    "transfers gzip in chunks": sends(
        answer(b"Transfer-Encoding: gzip, chunked", body=CHUNKS + LAST)),
    "transfers an unknown coding": sends(answer(b"Transfer-Encoding: x", body=WHOLE)),
    "sends a trailer without a name": sends(
        answer(CHUNKED, body=CHUNKS + b"0\r\noops\r\n\r\n")),
    "sends a trailer with a NUL": sends(
        answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\0c\r\n\r\n")),
    "sends a trailer with a bare CR": sends(
        answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\rc\r\n\r\n")),
    "ends a trailer with LF": sends(answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\n\r\n")),
    "ends its trailers with LF": sends(answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\r\n\n")),
    "folds a trailer": sends(answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\r\n c\r\n\r\n")),
    "sends 200 trailers": sends(answer(CHUNKED, body=CHUNKS + b"0\r\n" + b"A: b\r\n" * 200)),
    "never ends its trailers": endless(answer(CHUNKED, body=CHUNKS + b"0\r\n"), b"A: b\r\n" * 99),
}  # fmt: skip

BROKEN_OFF: dict[str, Talk] = {
    "hangs up at once": sends(b""),
    "sends a status line and hangs up": sends(b"HTTP/1.1 200 OK\r\n"),
    "hangs up in the status line": sends(b"HTTP/1.1 20"),
    "hangs up in a header": sends(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "hangs up after a header": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"),
    "sends a part nobody asked for": sends(
        answer(length(4), b"Content-Range: bytes 2-5/9", status=b"206 Partial") + b"flag"),
    "resets at once": reset(b""),
    "resets in the status line": reset(b"HTTP/1.1 2"),
    "resets in a header": reset(b"HTTP/1.1 200 OK\r\nA: "),
}  # fmt: skip

TRUNCATED: dict[str, Talk] = {
    "hangs up before the body": sends(FRAMED),
    "hangs up in the body": sends(FRAMED + WHOLE[:-1]),
    "resets in the body": reset(FRAMED + WHOLE[:-1]),
    "resets in a body without framing": reset(answer(body=WHOLE)),
    "resets in a chunk": reset(answer(CHUNKED, body=b"100\r\nflag")),
    "hangs up in a chunk": sends(answer(CHUNKED, body=b"100\r\nflag")),
    "hangs up before the first chunk": sends(answer(CHUNKED)),
    "hangs up before the last chunk": sends(answer(CHUNKED, body=CHUNKS)),
    "hangs up before a chunk's line ends": sends(answer(CHUNKED, body=CHUNKS + b"3")),
    "has a chunk of size zz": sends(answer(CHUNKED, body=b"zz\r\nflag\r\n")),
    "has a chunk of size -5": sends(answer(CHUNKED, body=b"-5\r\nflag\r\n" + LAST)),
    "has a chunk without a size": sends(answer(CHUNKED, body=b"\r\nflag\r\n" + LAST)),
    "ends a chunk's size with LF": sends(answer(CHUNKED, body=b"4\nflag\r\n" + LAST)),
    "ends a chunk with LF": sends(answer(CHUNKED, body=b"4\r\nflag\n" + LAST)),
    "has a bare CR in a chunk extension": sends(
        answer(CHUNKED, body=b"4;a\rb\r\nflag\r\n" + LAST)),
    "has a NUL in a chunk extension": sends(answer(CHUNKED, body=b"4;a\0b\r\nflag\r\n" + LAST)),
    "ends its last chunk with LF": sends(answer(CHUNKED, body=CHUNKS + b"0\n\r\n")),
    "has a chunk extension of 20 KB": sends(
        answer(CHUNKED, body=b"4;" + b"a" * 20_000 + b"\r\nflag\r\n" + LAST)),
    "cuts its gzip in the header": coded(b"gzip", ZIPPED[:5]),
    "cuts its gzip after the header": coded(b"gzip", ZIPPED[:10]),
    "cuts its gzip in the middle": coded(b"gzip", ZIPPED[: len(ZIPPED) // 2]),
    "cuts its gzip before the sum": coded(b"gzip", ZIPPED[:-8]),
    "cuts its gzip by a byte": coded(b"gzip", ZIPPED[:-1]),
    "cuts its second gzip member": coded(b"gzip", ZIPPED + ZIPPED[:-4]),
    "cuts its gzip without framing": sends(answer(b"Content-Encoding: gzip", body=ZIPPED[:-9])),
    "cuts the inner of two codings": coded(b"gzip, br", brotli.compress(ZIPPED[:-4])),
    "cuts the outer of two codings": coded(b"gzip, br", brotli.compress(ZIPPED)[:-4]),
    "cuts its deflate": coded(b"deflate", DEFLATED[:-1]),
    "cuts its raw deflate": coded(b"deflate", RAW[:-1]),
    "cuts its br": coded(b"br", BR[:-1]),
    "cuts its zstd": coded(b"zstd", ZSTD[:-1]),
    "cuts its second zstd frame": coded(b"zstd", ZSTD + ZSTD[:9]),
}  # fmt: skip

TIMEOUT: dict[str, Talk] = {
    "says nothing": silent(b""),
    "falls silent in the status line": silent(b"HTTP/1.1 2"),
    "falls silent after the status line": silent(b"HTTP/1.1 200 OK\r\n"),
    "falls silent in a header": silent(b"HTTP/1.1 200 OK\r\nA: "),
    "falls silent after 100": silent(HUNDRED),
    "falls silent before the body": silent(FRAMED),
    "falls silent in the body": silent(FRAMED + b"flag"),
    "falls silent without framing": silent(answer(body=WHOLE)),
    "falls silent in a chunk size": silent(answer(CHUNKED, body=b"10")),
    "falls silent in a chunk": silent(answer(CHUNKED, body=b"100\r\nflag")),
    "falls silent before the last chunk": silent(answer(CHUNKED, body=CHUNKS)),
    "falls silent in the trailers": silent(answer(CHUNKED, body=CHUNKS + b"0\r\nA: b\r\n")),
    "drips its status line": drips(b"HTTP/1.1 200 "),
    "drips its header": drips(b"HTTP/1.1 200 OK\r\nA: "),
    "drips its headers": drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "drips its body": drips(FRAMED),
    "drips without framing": drips(answer()),
    "drips a chunk size": drips(answer(CHUNKED), b"0"),
    "drips its chunks": drips(answer(CHUNKED), b"1\r\nf\r\n"),
    "drips its trailers": drips(answer(CHUNKED, body=CHUNKS + b"0\r\n"), b"A: b\r\n"),
    "drips 100s": drips(b"", HUNDRED[:1]),
}

DECODE: dict[str, Talk] = {
    "has a wrong sum in its gzip": coded(b"gzip", ZIPPED[:-8] + bytes(4) + ZIPPED[-4:]),
    "has a wrong size in its gzip": coded(b"gzip", ZIPPED[:-4] + bytes(4)),
    "says gzip and sends none": coded(b"gzip", WHOLE),
    "says deflate and sends none": coded(b"deflate", b"\xff" * 100),
    "says br and sends none": coded(b"br", WHOLE),
    "says zstd and sends none": coded(b"zstd", WHOLE),
    "sends more after its br": coded(b"br", BR + WHOLE),
    "sends more after its zstd": coded(b"zstd", ZSTD + WHOLE),
    "stacks gzip seven times": coded(b", ".join([b"gzip"] * 7), ZIPPED),
    "stacks gzip twice and sends it once": coded(b"gzip, gzip", ZIPPED),
    "stacks four codings": coded(b"gzip, gzip, gzip, gzip", ZIPPED),
    "uses an unknown coding": coded(b"rot13", WHOLE),
}

TOO_BIG: dict[str, Talk] = {
    "declares too much": silent(answer(length(99_999_999))),
    "declares 18 digits": silent(answer(b"Content-Length: " + b"9" * 18)),
    "declares 19 digits": silent(answer(b"Content-Length: 1" + b"0" * 18)),
    "declares 5000 digits": silent(answer(b"Content-Length: " + b"9" * 5000)),
    "has a chunk of 2^72 bytes": sends(answer(CHUNKED, body=b"f" * 18 + b"\r\nflag\r\n")),
    "never ends": endless(answer(), bytes(65536)),
    "never ends its chunks": endless(answer(CHUNKED), b"4000\r\n" + bytes(0x4000) + b"\r\n"),
    "sends a gzip bomb": bomb(b"gzip", gzip_bomb),
    "sends a deflate bomb": bomb(b"deflate", lambda: gzip_bomb()[10:]),
    "sends a br bomb": bomb(b"br", brotli_bomb),
    "sends a zstd bomb": bomb(b"zstd", zstd_bomb),
}

DEAD_END: dict[str, tuple[Kind, Talk]] = {
    "redirects to nothing": (Kind.REDIRECT_LIMIT, redirect(b"")),
    "redirects to a fragment": (Kind.REDIRECT_LIMIT, redirect(b"#x")),
    "redirects to itself": (Kind.REDIRECT_LIMIT, redirect(b"?")),
    "redirects to 100 KB": (Kind.PROTOCOL, redirect(b"/" + b"a" * 100_000)),
    "redirects to half an IPv6 address": (Kind.BLOCKED, redirect(b"http://[::1")),
    "redirects to //": (Kind.BLOCKED, redirect(b"//")),
    "redirects to http://": (Kind.BLOCKED, redirect(b"http://")),
    "redirects to a file": (Kind.BLOCKED, redirect(b"file:///etc/passwd")),
    "redirects to a script": (Kind.BLOCKED, redirect(b"javascript:alert(1)")),
    "redirects to ftp": (Kind.BLOCKED, redirect(b"ftp://127.0.0.1/")),
    "redirects with a password": (Kind.BLOCKED, redirect(b"http://a:b@127.0.0.1/")),
    "redirects to a port of 99999": (Kind.BLOCKED, redirect(b"http://127.0.0.1:99999/")),
    "redirects to 9 KB": (Kind.BLOCKED, redirect(b"/" + b"a" * 9000)),
    "redirects without a location": (Kind.HTTP_ERROR, status(b"302 Found")),
    "answers 204 with a body": (
        Kind.EMPTY, sends(answer(length(4), body=b"EVIL", status=b"204 No"))),
    "answers 205 with nothing": (Kind.EMPTY, status(b"205 Reset")),
    "answers 205 with a body": (
        Kind.EMPTY, sends(answer(length(4), body=b"EVIL", status=b"205 Reset"))),
    "answers 202 with nothing": (Kind.EMPTY, status(b"202 Later")),
    "answers 300": (Kind.HTTP_ERROR, status(b"300 Choices", b"Location: /x")),
    "answers 304 with a body": (
        Kind.HTTP_ERROR, sends(answer(length(4), body=b"EVIL", status=b"304 Not Modified"))),
    "answers 404 with an endless body": (
        Kind.NOT_FOUND, endless(answer(status=b"404 Not Found"), bytes(65536))),
    "answers 403 and is cut": (Kind.HTTP_ERROR, sends(answer(length(9), status=b"403 No"))),
    "answers 404 and is cut": (Kind.NOT_FOUND, sends(answer(length(9), status=b"404 No"))),
    "answers 404 and falls silent": (Kind.NOT_FOUND, silent(answer(length(9), status=b"404 No"))),
    "answers 404 and drips": (Kind.NOT_FOUND, drips(answer(length(999), status=b"404 No"))),
    "answers 404 in bad chunks": (
        Kind.NOT_FOUND, sends(answer(CHUNKED, body=b"zz\r\n", status=b"404 No"))),
}  # fmt: skip

ELSEWHERE: dict[str, Talk] = {
    "redirects to another address": redirect(b"http://127.0.0.3:1/"),
    "redirects to a disguised address": redirect(b"//0x7f000003:1/"),
    "redirects to IPv6": redirect(b"http://[::1]:1/"),
    "redirects to a mapped address": redirect(b"http://[::ffff:127.0.0.3]:1/"),
}
"""They redirect to addresses where nobody listens and none is allowed."""

PASSING: dict[str, Talk] = {
    "answers 500 with an endless body": endless(answer(status=b"500 Oops"), bytes(65536)),
    "answers 600": status(b"600 What"),
    "answers 999": status(b"999 What"),
    "answers 529": status(b"529 Overloaded"),
    "answers 530": status(b"530 Origin"),
    "asks to be left for abc": status(b"503 Busy", b"Retry-After: abc"),
    "asks to be left for -5": status(b"503 Busy", b"Retry-After: -5"),
    "asks to be left for 1e9": status(b"429 Slow", b"Retry-After: 1e9"),
    "asks to be left for ever": status(b"429 Slow", b"Retry-After: " + b"9" * 400),
    "asks to be left in Arabic": status(b"429 Slow", "Retry-After: ٣".encode()),
    "asks to be left until year 0": status(b"503 Busy", b"Retry-After: Sat, 01 Jan 0000 00:00:00"),
    "asks to be left until year 9999": status(
        b"503 Busy", b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"),
}  # fmt: skip


def rows() -> Iterator[Row]:
    for name, (talk, body) in STORED.items():
        yield Row(name, talk, Kind.STORED, body=body)
    for kind, again, table in (
        (Kind.PROTOCOL, False, PROTOCOL),
        (Kind.PROTOCOL, True, BROKEN_OFF),
        (Kind.TRUNCATED, True, TRUNCATED),
        (Kind.TIMEOUT, True, TIMEOUT),
        (Kind.HTTP_ERROR, True, PASSING),
        (Kind.DECODE, False, DECODE),
        (Kind.TOO_BIG, False, TOO_BIG),
        (Kind.BLOCKED, False, ELSEWHERE),
    ):
        yield from (Row(name, talk, kind, again) for name, talk in table.items())
    for name, (kind, talk) in DEAD_END.items():
        yield Row(name, talk, kind)
    secure = partial(Row, url_scheme="https", speaks_tls=True)
    yield Row("speaks http where TLS is asked for", sends(SOUND), Kind.TLS, url_scheme="https")
    yield Row("never shakes hands", silent(b""), Kind.TIMEOUT, again=True, url_scheme="https")
    yield Row(
        "refuses the handshake", sends(b"\x15\x03\x03\0\x02\x02\x28"), Kind.TLS, url_scheme="https"
    )
    yield Row("hangs up in the handshake", sends(b"\x16\x03"), Kind.CONNECT, again=True,
              url_scheme="https")  # fmt: skip
    yield Row("hangs up before the handshake", sends(b""), Kind.CONNECT, again=True,
              url_scheme="https")  # fmt: skip
    yield secure("is sound in TLS", sends(SOUND), Kind.STORED, body=WHOLE)
    yield secure("is cut in TLS without framing", cuts(answer(body=WHOLE)), Kind.TRUNCATED,
                 again=True)  # fmt: skip
    yield secure("ends in TLS without framing", sends(answer(body=WHOLE)), Kind.STORED, body=WHOLE)
    yield secure("is cut in TLS", sends(FRAMED + b"flag"), Kind.TRUNCATED, again=True)
    yield secure("is silent in TLS", silent(FRAMED), Kind.TIMEOUT, again=True)
    yield secure("drips in TLS", drips(FRAMED), Kind.TIMEOUT, again=True)
    yield secure("never ends in TLS", endless(answer(), bytes(65536)), Kind.TOO_BIG)
    yield Row("speaks real TLS where http is asked for", silent(b""), Kind.PROTOCOL, again=True,
              speaks_tls=True)  # fmt: skip


ROWS = {row.name: row for row in rows()}
