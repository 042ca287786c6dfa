"""A run with -c goes on where one in the same folder was interrupted, and says so."""

import signal
import subprocess

import gevent
import pytest

from tests.program import CRAWLER, at_once, until
from tests.servers import Site

PIECE = bytes(range(256)) * 256
PIECES = 64
TOTAL = len(PIECE) * PIECES


class Slow:
    """A server of one long body, which stops in its midst until it is asked for the rest."""

    def __init__(self) -> None:
        self.open = False

    def __enter__(self) -> "Slow":
        self.site = Site(self._route).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.open = True
        self.site.__exit__()

    def _route(self, _: str):
        asked = self.site.requests[-1].headers.get("RANGE", "bytes=0-")
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        fields = [("ETag", '"one"'), ("Content-Length", str(TOTAL - start))]
        if start:
            fields.append(("Content-Range", f"bytes {start}-{TOTAL - 1}/{TOTAL}"))
        return "206 Partial" if start else "200 OK", fields, self._pieces(start)

    def _pieces(self, start: int):
        whole = PIECE * PIECES
        for at in range(start, TOTAL, len(PIECE)):
            while at >= TOTAL // 2 and not self.open:
                gevent.sleep(0.01)
            yield whole[at : at + len(PIECE)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_body_that_broke_off_goes_on_from_its_part(tmp_path, number):
    with Slow() as server:
        command = ["fetch", f"{server.site.url}/big", "-c", "-o", "big"]
        with subprocess.Popen(
            [*CRAWLER, *command], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as process:
            until(lambda: any(p.stat().st_size > TOTAL // 4 for p in tmp_path.glob("*.part")),
                  "no part", patience=60)  # fmt: skip
            process.send_signal(number)
            told, _ = process.communicate(timeout=30)
        if number is signal.SIGINT:
            assert "1 URL is not finished: the same command goes on where this one ended" in told
        assert list(tmp_path.glob("*.part"))
        server.open = True
        done = at_once(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        last = server.site.requests[-1].headers
        assert last["IF_RANGE"] == '"one"'
        assert int(last["RANGE"].removeprefix("bytes=").removesuffix("-")) > TOTAL // 4
    assert (tmp_path / "big").read_bytes() == PIECE * PIECES
    assert not list(tmp_path.glob("*.part"))


def test_what_is_stored_is_not_asked_for_again_unless_its_file_is_gone(tmp_path):
    with Site(str.encode) as site:
        command = ("fetch", f"{site.url}/{{a,b}}", "-c", "-O")
        assert at_once(*command, cwd=tmp_path).returncode == 0
        assert "2 ok (2 stored earlier)" in at_once(*command, cwd=tmp_path).stdout
        (tmp_path / "a").unlink()
        assert "2 ok (1 stored earlier)" in at_once(*command, cwd=tmp_path).stdout
        assert site.paths().count("/a") == 2
    assert (tmp_path / "a").read_text() == "/a"


def test_a_run_without_it_says_what_would_have_gone_on(tmp_path):
    with Slow() as server, subprocess.Popen(
        [*CRAWLER, "fetch", f"{server.site.url}/big", "-O"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        until(lambda: list(tmp_path.glob("*.part")), "no part", patience=60)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "1 URL is not finished: with -c from its beginning" in told
    assert not list(tmp_path.iterdir())
