"""The whole crawler against every rude server at once, on every route, beside a good neighbour."""

import gc
import ssl
import time
from bisect import bisect
from collections import defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import gevent
import pytest

from crawler.config import CrawlerOptions, Job, Settings, Timeout
from crawler.daemon.app import App
from crawler.daemon.by_hand import ByHand
from crawler.model import Kind
from crawler.policy.http_dates import MAX_RETRY_AFTER_S
from crawler.records import Again, Hop, Settlement
from tests.cpu import waited
from tests.leftovers import inventory
from tests.parts.rude_cases import ELSEWHERE, ROWS, Row
from tests.parts.rude_talks import BOMBS
from tests.routes import ROUTES, Route, open_route, tls
from tests.servers import RudeSite, Site

TOTAL = 2.0
MARGIN = 0.25
HUB_LIMIT = 0.25
"""On an idle machine 0.1; here the rude servers share the hub with the crawler."""
STARVED, TURNS = 0.4, 3
"""Part of its time that a crawl waits for the processor before it is no measure of limits, and how
often it is tried at most."""
NEIGHBOUR = "127.0.0.2"
NOBODYS = {"127.0.0.3:1", "[::1]:1", "[::ffff:127.0.0.3]:1"}
"""Hosts of rows that redirect elsewhere: a proxy's 502 may rest them before the table is done."""


class TLSRudeSite(RudeSite):
    """A rude site behind TLS, which it ends as it should unless its talk ended the connection."""

    def __init__(self, talk, context: ssl.SSLContext) -> None:
        super().__init__(lambda client: self._end(talk, client))
        self._context = context

    def _end(self, talk, client) -> None:
        talk(client)
        with suppress(ValueError):  # it is closed
            client.unwrap()

    def _handle(self, client, address) -> None:
        try:
            super()._handle(self._context.wrap_socket(client, server_side=True), address)
        except OSError:
            self.connections += 1
            client.close()


class Records:
    """A log that remembers what went wrong."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, dict]] = []

    def info(self, event: str, **fields) -> None:
        pass

    debug = info

    def warning(self, event: str, **fields) -> None:
        self.wrong.append((event, fields))

    error = warning


TICK_S = 0.002
"""Time between two rounds of the event loop that are counted."""


@dataclass
class Visit:
    """A settled visit, and what the server had seen of it by then."""

    settled: Settlement
    ended: float
    connections: int
    rounds: int
    """Rounds of the event loop by then, as the ticker counts them: a busy machine makes fewer."""

    @property
    def began(self) -> float:
        return self.ended - self.settled.outcome.elapsed


@dataclass
class Run:
    """The table after its run on a route."""

    output: Path
    route: Route
    rows: dict[str, Row]
    log: Records = field(default_factory=Records)
    visits: dict[str, list[Visit]] = field(default_factory=lambda: defaultdict(list))
    neighbour: list[Visit] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    """What the machine had let this thread wait by each tick."""
    gaps: list[float] = field(default_factory=list)
    """Times between ticks, but for such waits."""
    left: set[str] = field(default_factory=set)
    seconds: float = 0.0

    def last(self, name: str) -> Visit:
        return self.visits[name][-1]

    def seconds_of(self, visit: Visit) -> float:
        """Return how long a visit took, but for what the machine let all of them wait."""
        first = max(bisect(self.ticks, visit.began) - 1, 0)
        last = min(bisect(self.ticks, visit.ended), len(self.ticks) - 1)
        return visit.settled.outcome.elapsed - (self.waited[last] - self.waited[first])


def site_of(row: Row, context: ssl.SSLContext) -> RudeSite:
    return TLSRudeSite(row.talk, context) if row.speaks_tls else RudeSite(row.talk)


def measure(run: Run) -> None:
    last, before = time.monotonic(), waited()
    while True:
        gevent.sleep(TICK_S)
        now, so_far = time.monotonic(), waited()
        run.ticks.append(now)
        run.waited.append(so_far)
        run.gaps.append(now - last - (so_far - before))
        last, before = now, so_far


def rows_on(route: str) -> dict[str, Row]:
    """Return the rows as they end on a route: through an HTTP proxy the guard is the proxy's."""
    rows = dict(ROWS)
    if route == "CONNECT":
        plain = [row for row in ROWS.values() if row.url_scheme == "http" and not row.speaks_tls]
        rows |= {row.name: replace(row, url_scheme="https", speaks_tls=True) for row in plain}
    if route in {"HTTP proxy", "CONNECT"}:
        for name in ELSEWHERE:
            tunnel = route == "CONNECT" and name == "redirects to a disguised address"
            kind = Kind.CONNECT if tunnel else Kind.HTTP_ERROR
            rows[name] = replace(rows[name], kind=kind, again=True)
    return rows


def crawl(run: Run, sites: dict[str, RudeSite], neighbour: Site) -> None:
    """Crawl until every row has been judged: followed through its hops, and not again."""
    urls = {f"{run.rows[name].url_scheme}{site.url[4:]}/flag": name for name, site in sites.items()}
    shared = {
        "delay": 0, "attempts": 5, "max_size": 5_000_000, **run.route.options,
        "allow_addresses": ("127.0.0.1/32", f"{NEIGHBOUR}/32"), "path": "{job}/{host}/{name}",
        "timeout": Timeout(connect="1s", read="1s", total="2s"), "robots": "ignore",
    }  # fmt: skip
    neighbours = f"http://{NEIGHBOUR}:{neighbour.port}/[1-2000]"
    settings = Settings(
        crawler=CrawlerOptions(
            state=run.output.parent / "state.sqlite", output=run.output, concurrency=32,
            durability="relaxed", grace_period="100ms", per_address=None,
        ),
        jobs=(
            Job(name="neighbour", urls=(neighbours,), **{**shared, "delay": "20ms"}),
            Job(name="rude", urls=tuple(urls), **shared),
        ),
    )  # fmt: skip
    missing = set(run.rows)

    def tell(settled: Settlement) -> None:
        name, now = urls.get(settled.task.url), time.monotonic()
        if name is None:
            run.neighbour.append(Visit(settled, now, 0, len(run.gaps)))
        elif name in missing:
            run.visits[name].append(Visit(settled, now, sites[name].connections, len(run.gaps)))
            if not isinstance(settled.verdict, Hop):
                missing.discard(name)
                if not missing:
                    app.stop("done")

    with App(settings, run.log, by_hand=ByHand(on_visit=tell)) as app:
        ticker = gevent.spawn(measure, run)
        with gevent.Timeout(90):
            app.run()
        ticker.kill()


def crawled(name: str, folder: Path) -> Run:
    """Crawl the table once on a route."""
    folder.mkdir()
    before, start = inventory(), time.monotonic()
    with ExitStack() as stack:
        route = stack.enter_context(open_route(name, folder))
        run = Run(folder / "files", route, rows_on(name))
        sites = {
            name: stack.enter_context(site_of(row, tls()[1])) for name, row in run.rows.items()
        }
        neighbour = stack.enter_context(Site(lambda _: b"well", [NEIGHBOUR]))
        crawl(run, sites, neighbour)
    with gevent.Timeout(3, False):
        while inventory() - before:
            gevent.sleep(0.02)
    run.left, run.seconds = inventory() - before, time.monotonic() - start
    return run


@pytest.fixture(scope="module", params=ROUTES)
def run(request, tmp_path_factory):
    """Crawl the table; the tests look at what came of it."""
    folder = tmp_path_factory.mktemp("rude")
    for build in BOMBS.values():
        build()
    for turn in range(TURNS):
        run = crawled(request.param, folder / f"turn{turn}")
        if run.waited[-1] - run.waited[0] < STARVED * run.seconds:
            break
    gc.collect()
    gc.freeze()  # the tests, a thousand and more, need not look through it for what they leave
    return run


@pytest.mark.parametrize("name", ROWS)
def test_a_rude_server_gets_what_the_table_says(name, run):
    row, visit = run.rows[name], run.last(name)
    settled, outcome = visit.settled, visit.settled.outcome
    assert outcome.kind is row.kind, (outcome.kind, outcome.reason)
    assert isinstance(settled.verdict, Again) is row.again, settled.verdict
    assert "object at 0x" not in outcome.reason
    if row.kind is not Kind.STORED:
        assert outcome.reason
        assert outcome.path is None
    else:
        assert (run.output / outcome.path).read_bytes() == row.body
    if row.again:
        assert 0 <= settled.verdict.at - settled.finished_at <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize("name", ROWS)
def test_a_visit_ends_in_time_with_one_outcome_and_the_neighbour_is_served(name, run):
    visits = run.visits[name]
    tasks = [visit.settled.task for visit in visits]
    assert [(task.failures, task.hops) for task in tasks] == [(0, n) for n in range(len(tasks))]
    for visit in visits:
        assert run.seconds_of(visit) <= TOTAL + MARGIN
        last = visit.rounds + int(0.5 / TICK_S)
        met = [
            other for other in run.neighbour if visit.began <= other.ended and other.rounds <= last
        ]
        assert met
        assert max(map(run.seconds_of, met)) < TOTAL / 2
    dialled = len(visits) - (name in ELSEWHERE)
    assert visits[-1].connections == dialled, "a visit is one connection"


@pytest.mark.parametrize("name", [name for name in ROWS if "an endless body" in name])
def test_an_endless_body_that_nobody_wants_is_not_read(name, run):
    assert run.seconds_of(run.visits[name][0]) < TOTAL / 2


@pytest.mark.parametrize("name", [name for name in ROWS if "without framing" in name])
def test_a_body_without_framing_is_marked_as_unverified(name, run):
    outcome = run.last(name).settled.outcome
    assert outcome.unverified is (outcome.kind is Kind.STORED)


def test_the_neighbour_got_every_file(run):
    assert {visit.settled.outcome.kind for visit in run.neighbour} == {Kind.STORED}
    print(f"\n{len(run.neighbour)} visits to the neighbour, the slowest "
          f"{max(visit.settled.outcome.elapsed for visit in run.neighbour):.3f} s")  # fmt: skip


def test_the_hub_was_never_blocked_for_long(run):
    print(f"\n{len(run.rows)} rows in {run.seconds:.1f} s; worst gap {max(run.gaps) * 1000:.0f} ms")
    assert max(run.gaps) < HUB_LIMIT


def test_the_table_left_nothing_but_the_files_of_what_is_stored(run):
    last = [run.last(name).settled.outcome for name in run.rows]
    wanted = {run.output / outcome.path for outcome in last if outcome.path}
    found = {path for path in (run.output / "rude").rglob("*") if path.is_file()}
    assert found == wanted
    assert not sorted(run.output.rglob("*.part"))
    assert not run.left
    mine = [(event, told) for event, told in run.log.wrong if told.get("host") not in NOBODYS]
    told = {(event, fields.get("state")) for event, fields in mine}
    assert told <= {("host.rested", "limited")}, mine
