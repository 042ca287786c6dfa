"""Cases of waiting: late answers, slow connections, and hosts that are owed a rest."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path

from tests.bench import lag
from tests.bench.ours import DAEMON, FETCH, LAGS
from tests.bench.payload import made_bodies
from tests.bench.peers import peers
from tests.bench.runs import Run
from tests.bench.scene import Case, Scene, Setting, Target, faster, plain
from tests.bench.servers import Slow, slow, urls_of

LATE_S = 0.1
HOLD_S = 10.0
PATIENT = {"connect": "60s", "read": "60s"}
PER_HOST = 500
HOSTS = 500


def _names(number: int) -> list[str]:
    return [f"{count:06d}" for count in range(number)]


@contextmanager
def _late_scene(setting: Setting, *, number: int, at_once: int) -> Iterator[Scene]:
    """Serve everything 0.1 s late, robots.txt as well."""
    names = _names(number)
    with slow(delay=LATE_S) as server:
        yield Scene(
            server,
            urls_of(server, names),
            made_bodies("f", names),
            setting.work,
            at_once=at_once,
            size=1024,
            job={"per_host": at_once},
        )


def _many(setting: Setting) -> AbstractContextManager[Scene]:
    number = setting.size(5000, 200)
    return _late_scene(setting, number=number, at_once=max(20, number // 10))


def _few(setting: Setting) -> AbstractContextManager[Scene]:
    number = setting.size(600, 20)
    return _late_scene(setting, number=number, at_once=number)


@contextmanager
def _slow_scene(setting: Setting) -> Iterator[Scene]:
    """Hold all connections at once: a byte now and then, and the rest after a while."""
    names = _names(setting.size(10_000, 100))
    hosts = -(-len(names) // PER_HOST)
    hold_s = 1.0 if setting.quick else HOLD_S
    with slow(hosts=hosts, hold=len(names), hold_s=hold_s) as server:
        yield Scene(
            server,
            urls_of(server, names, hosts=hosts, folder="drip"),
            made_bodies("drip", names),
            setting.work,
            at_once=len(names),
            size=1024,
            job={"per_host": PER_HOST, "min_speed": 0, "timeout": PATIENT},
        )


def _read_held(scene: Scene, folder: Path, run: Run) -> None:
    """Read how many connections were held at once, and the hub's lag while they were."""
    assert isinstance(scene.server, Slow)
    held = scene.server.stats()["held"]
    run.extra["held"] = held["most_held"]
    if held["most_held"] < len(scene.urls):
        run.void = f"only {held['most_held']} were held at once"
        return
    lines = lag.read(folder.glob(LAGS))
    for name, stretch in (("hold", (held["from"], held["to"])), ("all", (0.0, float("inf")))):
        found = lag.percentiles(lines, *stretch)
        run.extra |= {f"{name}_lag_{key}": value for key, value in found.items()}


@contextmanager
def _polite_scene(setting: Setting) -> Iterator[Scene]:
    """Serve hosts that are owed a second of rest between two visits."""
    hosts = setting.size(HOSTS, 20)
    names = _names(hosts * (2 if setting.quick else 20))
    with slow(hosts=hosts) as server:
        yield Scene(
            server,
            urls_of(server, names, hosts=hosts),
            made_bodies("f", names),
            setting.work,
            size=1024,
            job={"per_host": 1},
            delay=1.0,
        )


def _read_shares(scene: Scene, _: Path, run: Run) -> None:
    """Read the share of the ideal, of the whole run and of a host, and the shortest gap."""
    assert isinstance(scene.server, Slow)
    arrivals = list(scene.server.stats()["arrivals"].values())
    gaps = [b - a for times in arrivals for a, b in pairwise(times)]
    ideal = max(len(times) - 1 for times in arrivals) * scene.delay
    taken = max(times[-1] for times in arrivals) - min(times[0] for times in arrivals)
    own = [times[-1] - times[0] for times in arrivals if len(times) > 1]
    run.extra |= {
        "share": ideal / taken * 100,
        "pace": 100 * scene.delay * len(gaps) / sum(own),
        "least_gap": min(gaps),
    }


CASES = {
    "latency": [
        Case(
            "latency",
            "Answers that take 100 ms, a tenth of them in flight",
            _many,
            [DAEMON, FETCH, *peers("aiohttp", "session", "naive", "scrapy")],
            targets=[
                Target("first request to last file, ideal 1.0 s", plain("daemon", "work_s"),
                       at_most=2.0, unit="s"),
            ],
        ),
        Case(
            "latency-all",
            "600 answers that take 100 ms, against the sequential loop",
            _few,
            [DAEMON, FETCH, *peers("aiohttp", "session", "sequential")],
            targets=[faster("crawler run against requests.get in a loop",
                            "daemon", "sequential", 150)],
        ),
    ],
    "slow": [
        Case(
            "slow",
            "Idle slow connections, all held at once",
            _slow_scene,
            [DAEMON, *peers("aiohttp", "session")],
            targets=[
                Target("held at once", plain("daemon", "held"), 10_000, unit=""),
                Target("peak RSS", plain("daemon", "peak_mb"), at_most=400, unit="MB"),
                Target("hub lag while they are held, p99", plain("daemon", "hold_lag_p99"),
                       at_most=20, unit="ms"),
            ],
            read=_read_held,
        )
    ],
    "polite": [
        Case(
            "polite",
            "500 hosts, one visit a second to each",
            _polite_scene,
            [DAEMON, *peers("scrapy")],
            unit="visits/s",
            targets=[
                Target("share of the ideal, all in all", plain("daemon", "share"), 98, unit="%"),
                Target("share of the ideal, a host's pace", plain("daemon", "pace"), 98, unit="%"),
                Target("shortest gap on the wire", plain("daemon", "least_gap"), 1.0, unit="s"),
            ],
            read=_read_shares,
        )
    ],
}  # fmt: skip
