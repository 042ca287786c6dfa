"""Downloads that break off go on where they were, never across two versions."""

import functools
import re
import signal
import ssl
from contextlib import ExitStack

import gevent
import pytest

from tests.program import Daemon, assert_clean, due_again, ledger, until, write_config
from tests.routes import ROUTES, Route, open_route
from tests.servers import Site, status

OLD = bytes(range(256)) * 24_000  # 6 MB
NEW = bytes(reversed(range(256))) * 24_000


class BreakingSite(Site):
    """Serves one file with ETag and ranges; an answer is cut after `cut` bytes, if that is set."""

    def __init__(
        self,
        content: bytes = OLD,
        etag: str = '"one"',
        cut: int | None = 3_000_000,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(self._route, context=context)
        self.content = content
        self.etag = etag
        self.cut = cut
        self.hold = False
        self.forge = lambda fields: fields

    def _route(self, _: str):
        headers = self.requests[-1].headers
        first = 0
        asked = re.fullmatch(r"bytes=(\d+)-", headers.get("RANGE", ""))
        if asked and headers.get("IF_RANGE") == self.etag:
            first = int(asked.group(1))
        line = "206 Partial Content" if first else "200 OK"
        fields = [("Content-Length", str(len(self.content) - first)), ("ETag", self.etag)]
        if first:
            total = len(self.content)
            fields.append(("Content-Range", f"bytes {first}-{total - 1}/{total}"))
        if headers.get("IF_NONE_MATCH") == self.etag:
            return status("304 Not Modified", ("ETag", self.etag))
        return line, self.forge(fields), self._pieces(self.content[first:])

    def _pieces(self, body: bytes):
        if self.cut is None:
            yield body
            return
        yield body[: self.cut]
        while self.hold:
            gevent.sleep(0.05)
        raise ConnectionResetError(104, "cut")

    def ranges(self) -> list[str]:
        return [seen.headers.get("RANGE", "") for seen in self.requests]


def config_for(tmp_path, site: Site, route: Route | None = None):
    options = {name: str(value) for name, value in route.options.items()} if route else {}
    job = {"name": "j", "urls": [f"{site.url}/big.bin"], "attempts": 9, **options}
    return write_config(tmp_path, [job])


@pytest.fixture(params=ROUTES)
def route(request, tmp_path_factory):
    with open_route(request.param, tmp_path_factory.mktemp("route")) as route:
        yield route


def written(tmp_path) -> int:
    return sum(part.stat().st_size for part in tmp_path.rglob("[!.]*.part"))


def stored(tmp_path) -> bytes:
    return (tmp_path / "files/j/big").read_bytes()


def test_a_broken_download_goes_on_with_range_and_if_range(route, tmp_path):
    with (
        BreakingSite(context=route.context) as site,
        Daemon(config_for(tmp_path, site, route), "--until-done") as daemon,
    ):
        daemon.wait_for("visit", kind="truncated", verdict="again")
        site.cut = None
        assert daemon.wait() == 0
        (part,) = {asked for asked in site.ranges() if asked}
        assert 1_000_000 < int(part[6:-1]) <= 3_000_000
    assert stored(tmp_path) == OLD
    assert_clean(tmp_path, urls=1)


def test_a_file_that_changed_meanwhile_is_fetched_anew_and_never_spliced(route, tmp_path):
    with (
        BreakingSite(context=route.context) as site,
        Daemon(config_for(tmp_path, site, route), "--until-done") as daemon,
    ):
        daemon.wait_for("visit", kind="truncated")
        site.content, site.etag, site.cut = NEW, '"two"', None
        assert daemon.wait() == 0
    assert stored(tmp_path) == NEW
    assert_clean(tmp_path, urls=1)


LIES = [
    ("Content-Range", "bytes 0-5/6"),
    ("Content-Range", "nonsense"),
    ("Content-Range", "bytes 5-5999999/6144000"),
    ("ETag", '"two"'),
]


def forged(lie, fields):
    partial = any(name == "Content-Range" for name, _ in fields)
    return [field for field in fields if field[0] != lie[0]] + [lie] if partial else fields


def test_a_range_that_is_not_the_rest_is_refused_and_the_download_starts_over(tmp_path):
    with ExitStack() as stack:
        sites = [stack.enter_context(BreakingSite()) for _ in LIES]
        jobs = [
            {"name": f"j{number}", "urls": [f"{site.url}/big.bin"], "attempts": 9}
            for number, site in enumerate(sites)
        ]
        for site, lie in zip(sites, LIES, strict=True):
            site.forge = functools.partial(forged, lie)  # the first answer is none of the rest
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            for number, site in enumerate(sites):
                daemon.wait_for("visit", kind="truncated", job=f"j{number}")
                site.cut = None
            assert daemon.wait() == 0
        for number, site in enumerate(sites):
            assert daemon.told("visit", kind="protocol", verdict="again", job=f"j{number}"), number
            assert site.ranges()[-1] == ""
            assert (tmp_path / f"files/j{number}/big").read_bytes() == OLD
    assert_clean(tmp_path, urls=len(LIES))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_download_goes_on_after_a_restart_and_after_kill_9(tmp_path, number):
    with BreakingSite() as site:
        site.hold = True
        config = config_for(tmp_path, site)
        with Daemon(config) as daemon:
            until(
                lambda: any(p.stat().st_size > 2_000_000 for p in tmp_path.rglob("[!.]*.part")),
                "no part",
            )
            daemon.signal(number)
            daemon.wait()
        with ledger(tmp_path) as db:
            assert db.execute("SELECT part_total FROM entry").fetchone() == (len(OLD),)
        site.hold, site.cut = False, None
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert int(site.ranges()[-1][6:-1]) > 2_000_000
    assert stored(tmp_path) == OLD
    assert_clean(tmp_path, urls=1)


def test_a_download_that_is_given_up_leaves_no_part(tmp_path):
    with BreakingSite() as site:
        job = {"name": "j", "urls": [f"{site.url}/big.bin"], "attempts": 1}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
            assert daemon.told("visit", kind="truncated", verdict="dead")
    assert_clean(tmp_path, urls=1)


def test_what_has_not_changed_is_not_fetched_again_unless_the_file_is_gone(tmp_path):
    with BreakingSite(cut=None) as site:
        config = config_for(tmp_path, site)
        for kind, gone in (("stored", False), ("unchanged", False), ("stored", True)):
            if gone:
                (tmp_path / "files/j/big").unlink()
            with Daemon(config, "--until-done") as daemon:
                assert daemon.wait() == 0
                (told,) = daemon.told("visit")
                assert (told["kind"], told["path"]) == (kind, "j/big")
            assert stored(tmp_path) == OLD
            due_again(tmp_path)
        conditions = [seen.headers.get("IF_NONE_MATCH") for seen in site.requests]
    assert conditions == [None, '"one"', None]
