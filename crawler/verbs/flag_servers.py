"""Flag servers on loopback: a small GIF for every country, prompt, late or broken on purpose."""

import errno
import socket
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Self

import gevent
from gevent.pywsgi import WSGIServer

COUNTRIES = (  # noqa: SIM905  a list of 249 strings is no easier to read
    "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br "
    "bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz "
    "ec ee eg eh er es et fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw "
    "gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky "
    "kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py "
    "qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg "
    "th tj tk tl tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm "
    "zw"
).split()
"""ISO 3166-1 alpha-2, all 249."""

_WIDTH, _HEIGHT = 48, 30
_CLEAR, _END = 128, 129
_RUN_PIXELS = 126
"""Pixels between two clear codes: so many that every code stays one byte wide."""


def gif(country: str) -> bytes:
    """Return a valid GIF89a of three stripes in colours of the country's own.

    The LZW stream never compresses: with clear codes often enough each 8-bit code is a pixel.
    """
    seed = blake2b(country.encode(), digest_size=9).digest()
    palette = seed + bytes(3 * 128 - len(seed))
    pixels = b"".join(bytes([stripe]) * _WIDTH * (_HEIGHT // 3) for stripe in range(3))
    runs = (pixels[at : at + _RUN_PIXELS] for at in range(0, len(pixels), _RUN_PIXELS))
    codes = b"".join(bytes([_CLEAR]) + run for run in runs) + bytes([_END])
    blocks = (codes[at : at + 255] for at in range(0, len(codes), 255))
    size = _WIDTH.to_bytes(2, "little") + _HEIGHT.to_bytes(2, "little")
    return b"".join(
        (
            b"GIF89a" + size + b"\xf6\0\0" + palette,
            b"," + bytes(4) + size + b"\0\x07",
            *(bytes([len(block)]) + block for block in blocks),
            b"\0;",
        )
    )


class FlagServer:
    """Serves /flags/cc/cc.gif; its temper is local, delay (0.1 to 1 s) or error (3 in 10 fail)."""

    def __init__(self, temper: str, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._temper = temper
        self._address = address

    def __enter__(self) -> Self:
        listener = socket.create_server(self._address, backlog=1024)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms an answer
        listener.setblocking(False)  # noqa: FBT003  the system's own signature
        self.url = "http://{}:{}".format(*listener.getsockname())
        self._server = WSGIServer(listener, self._answer, log=None, error_log=None)
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=1)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        country = environ["PATH_INFO"].rpartition("/")[2].removesuffix(".gif")
        chance = blake2b(country.encode(), digest_size=1).digest()[0] / 255
        if environ["PATH_INFO"] != f"/flags/{country}/{country}.gif" or country not in COUNTRIES:
            return _refuse(start_response, "404 Not Found")
        if self._temper == "delay":
            gevent.sleep(0.1 + 0.9 * chance)
        if self._temper == "error" and chance < 0.3:
            if chance < 0.1:
                return _refuse(start_response, "503 Service Unavailable")
            return (
                _refuse(start_response, "404 Not Found") if chance < 0.2 else _cut(start_response)
            )
        body = gif(country)
        start_response(
            "200 OK", [("Content-Type", "image/gif"), ("Content-Length", str(len(body)))]
        )
        return [body]


def _refuse(start_response: Any, status: str) -> Iterable[bytes]:
    body = status.encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _cut(start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "image/gif"), ("Content-Length", "1900")])
    yield b"GIF89a"
    raise ConnectionResetError(errno.ECONNRESET, "cut on purpose")
