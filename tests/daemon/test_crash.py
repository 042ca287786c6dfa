"""kill -9 and SIGTERM at random moments: nothing is lost, nothing is torn."""

import random
import signal
from collections import Counter
from pathlib import Path

from tests.blocked import blocked, watch
from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, ledger, until, write_config
from tests.servers import Site, slow

URLS = 400
AT_ONCE = 8


def body(path: str) -> bytes:
    return path.encode() * 2000


def flags(site: Site) -> list[dict]:
    return [{"name": "flags", "urls": [f"{site.url}/[1-{URLS}].bin"]}]


def assert_whole(folder: Path) -> None:
    for number in range(1, URLS + 1):
        assert (folder / f"files/flags/{number}").read_bytes() == body(f"/{number}.bin"), number


@on_every_engine
def test_kill_9_at_random_moments_loses_nothing_and_tears_nothing(
    tmp_path, monkeypatch, full_campaign
):
    watch(tmp_path / "noted", monkeypatch)
    kills = 200 if full_campaign else 6
    print("seed", seed := 20260)
    chance = random.Random(seed)
    with Site(slow(0.03, body)) as site:
        config = write_config(tmp_path, flags(site))
        in_flight = 0
        for _ in range(kills):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                wait_for_visits(site, tmp_path, chance.randrange(0, 2 * URLS // kills))
                daemon.signal(signal.SIGKILL)
                assert daemon.wait() == -signal.SIGKILL
            with ledger(tmp_path) as db:
                in_flight += db.execute("SELECT count(*) FROM task WHERE state = 1").fetchone()[0]
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
            assert not blocked(tmp_path / "noted", daemon)
        assert_clean(tmp_path, urls=URLS)
        assert_whole(tmp_path)
        assert set(Counter(site.paths())) == {f"/{n}.bin" for n in range(1, URLS + 1)}
        repeats = len(site.requests) - URLS
        print(f"{kills} kills, {repeats} repeats, {in_flight} were in flight")
        assert repeats <= in_flight


def test_sigterm_at_random_moments_repeats_nothing_and_leaves_with_exit_code_0(
    tmp_path, monkeypatch, full_campaign
):
    watch(tmp_path / "noted", monkeypatch)
    stops = 40 if full_campaign else 4
    chance = random.Random(20261)
    with Site(slow(0.03, body)) as site:
        config = write_config(tmp_path, flags(site), grace_period="5s")
        for _ in range(stops):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                wait_for_visits(site, tmp_path, chance.randrange(0, 2 * URLS // stops))
                assert daemon.stop() == 0
                assert daemon.told("daemon.stopped", forced=False)
                assert not blocked(tmp_path / "noted", daemon)
            assert_clean(tmp_path)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert_clean(tmp_path, urls=URLS)
        assert_whole(tmp_path)
        assert len(site.requests) == URLS


def wait_for_visits(site: Site, folder: Path, more: int) -> None:
    wanted = len(site.requests) + more
    until(lambda: len(site.requests) >= wanted or _done(folder), "no visits")


def _done(folder: Path) -> bool:
    with ledger(folder) as db:
        return db.execute("SELECT count(*) FROM task WHERE state = 2").fetchone()[0] == URLS
