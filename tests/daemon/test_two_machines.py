"""Two machines on one ledger, whose network, processes and servers fail, one after the other."""

import contextlib
import signal
import time
from collections import Counter

import pytest

from tests import FULL, clocks, real
from tests.program import Daemon, until, write_config
from tests.rigs.machines import Link, Machine, cable
from tests.rigs.patroni import Patroni
from tests.rigs.wire import Wire
from tests.servers import Site

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not FULL, reason="a campaign of ten minutes: CRAWLER_CAMPAIGN=full"),
]
HOSTS = 200
DELAY_S = 2.0
PAGES = 150
TOLERANCE_S = 0.005
IDEAL = HOSTS / DELAY_S
"""Requests a second, if no host ever waits for more than its delay."""
LEAST = 0.95
"""The share of that from which on the crawl goes on as it should, though the machine is busy."""
RECENT_S = 10.0
WEB, ALL_HOSTS, DATABASE = "10.78.0.0/16", "10.78.0.1/16", "10.77.0.1"
PORT = 8000
AHEAD_S = 300
"""How much the clock of the second machine is ahead."""
CUT_OFF_S = 75.0
"""More than a lease."""
STEADY_S = 20.0
PATIENCE_S = 120.0


class Crew:
    """The two machines, their daemons and what they ask."""

    def __init__(self, folder, stack):
        self._folder, self._stack = folder, stack
        enter = stack.enter_context
        self.web, database = enter(Machine("web")), enter(Machine("database"))
        self.machines = [enter(Machine("one")), enter(Machine("two"))]
        self.web.has(ALL_HOSTS)
        database.has(DATABASE)
        self.servers = enter(Patroni(address=DATABASE, within=database.within))
        self.links = [
            self._joined(machine, database, number)
            for number, machine in enumerate(self.machines, 1)
        ]
        with self.web.network():
            self.site = enter(Site(lambda path: path.encode(), ["0.0.0.0"], port=PORT))  # noqa: S104
        self.wire = enter(Wire(self.web))
        self.urls = [
            f"http://10.78.0.{host}:{PORT}/{host}/{page}"
            for page in range(PAGES)
            for host in range(1, HOSTS + 1)
        ]
        self._environments = [{}, self._ahead()]
        (folder / "urls").write_text("".join(f"{url}\n" for url in self.urls))
        self._configs = [self._config(machine) for machine in self.machines]
        self.daemons, self.ended = [], []
        for number in (0, 1, 0, 1):
            self.start(number)
        self.report = []

    def _joined(self, machine, database, number):
        cable(self.web, machine, f"10.79.{number}")
        machine.run("ip", "route", "add", WEB, "via", f"10.79.{number}.1")
        link = Link(machine, database, f"10.77.{number}", delay=0.02, loss=0.01)
        self._stack.enter_context(link)
        machine.run("ip", "route", "add", DATABASE, "via", f"10.77.{number}.1")
        return link

    def _ahead(self):
        clock = self._folder / "clock"
        clock.write_text(f"+{AHEAD_S}")
        return clocks.environment(self._folder / "faketime", clock)

    def _config(self, machine):
        """Write the configuration, which differs in the output alone, beside the one list."""
        job = {"name": "polite", "url_file": "urls", "path": "{host}/{name}",
               "delay": f"{DELAY_S}s", "per_host": 1, "allow_addresses": [WEB]}  # fmt: skip
        output = str(self._folder / machine.name)
        file = write_config(
            self._folder,
            [job],
            name="polite",
            state=self.servers.url(),
            output=output,
            concurrency=50,
        )
        return file.rename(self._folder / f"{machine.name}.yaml")

    def start(self, number):
        """Start a daemon on a machine."""
        daemon = Daemon(
            self._configs[number],
            within=self.machines[number].within,
            **self._environments[number],
        )
        self.daemons.append(self._stack.enter_context(daemon))
        daemon.number = number
        daemon.wait_for("daemon.ready")

    def of(self, number):
        return [daemon for daemon in self.daemons if daemon.number == number]

    def revive(self):
        """Start anew what has ended, as supervisord does."""
        for daemon in [one for one in self.daemons if one.process.poll() is not None]:
            self.daemons.remove(daemon)
            self.ended.append(daemon)
            print(f"machine {daemon.number + 1}: ended with {daemon.process.returncode}:"
                  f" {daemon.records[-1]} {daemon.errors[-500:]}")  # fmt: skip
            self.start(daemon.number)

    def said(self):
        """Return what all have said last, and how many visits of each kind they have made."""
        return [
            (Counter(one["kind"] for one in daemon.told("visit")), daemon.errors[-500:],
             [one for one in daemon.records if one["event"] != "visit"][-5:])
            for daemon in self.daemons
        ]  # fmt: skip

    def hosts(self):
        """Return how many hosts each process has, of which store."""
        return self.servers.leader().ask(
            "SELECT owner, store, count(*) FROM crawler.host GROUP BY 1, 2 ORDER BY 1, 2"
        )

    def share(self, seconds):
        """Return the share of the ideal of the last seconds."""
        now = time.time()
        return self.wire.number(now - seconds, now) / (IDEAL * seconds)

    def pass_by(self, seconds):
        """Let a time pass in which whoever can crawls."""
        end = time.monotonic() + seconds
        until(lambda: time.monotonic() >= end, "", patience=seconds + 1)

    def steady(self, after):
        """Wait until the crawl goes on at its rate, then measure that for a while."""
        began = time.monotonic()
        self.pass_by(RECENT_S)  # what was before is none of it

        def goes_on():
            self.revive()
            return self.share(RECENT_S) >= LEAST

        try:
            until(goes_on, f"{after}: not at its rate", patience=PATIENCE_S)
        except AssertionError as error:
            error.add_note(f"{self.share(RECENT_S):.0%} of the ideal, {self.said()}")
            error.add_note(f"hosts by owner and store: {self.hosts()}")
            raise
        took = time.monotonic() - began
        self.pass_by(STEADY_S)
        share = self.share(STEADY_S)
        self.report.append((after, took, share))
        then = f"at its rate {took:.1f} s later, then {share:.1%} of the ideal"
        print(f"{time.time():.0f} {after}: {then}", flush=True)
        print(f"hosts by owner and store: {self.hosts()}", flush=True)


def stored(daemons):
    """Count the visits that were told to have stored a URL."""
    return Counter(one["url"] for daemon in daemons for one in daemon.told("visit", kind="stored"))


def test_two_machines_outlast_all_that_fails_and_nothing_is_lost_or_hurried(tmp_path):
    real.needs_root("make networks")
    with contextlib.ExitStack() as stack:
        crew = Crew(tmp_path, stack)
        servers = crew.servers
        crew.steady("at first")

        crew.links[1].cut()
        crew.pass_by(CUT_OFF_S)
        print(f"the other machine alone: {crew.share(RECENT_S):.0%} of the ideal")
        crew.links[1].cut()
        crew.steady("a machine was cut off")

        crew.of(0)[0].process.send_signal(signal.SIGKILL)
        until(lambda: crew.of(0)[0].process.poll() is not None, "it lives")
        crew.steady("a process was killed")

        leader = servers.leader()
        servers.control("restart", "ledger", leader.name, "--force")
        servers.wait_for_leader()
        crew.steady("the server was restarted, fast")

        leader.crash()
        servers.wait_for_leader()
        servers.wait_for_standby()
        crew.steady("the server was restarted, immediate")

        away = servers.fail_over()
        print(f"nobody led for {away:.1f} s")
        crew.steady("the server failed over")
        finish(crew)


def finish(crew):
    """Let the crawl come to its end, and look at what it left."""
    number = len(crew.urls)
    ask = crew.servers.leader().ask

    def is_done():
        crew.revive()
        (counts,) = ask("SELECT count(*) FROM crawler.task WHERE state = 2")
        return counts == (number,)

    until(is_done, f"not all is done: {states(ask)}", patience=2 * PAGES * DELAY_S)
    for daemon in crew.daemons:
        daemon.signal(signal.SIGTERM)
    codes = [daemon.wait() for daemon in crew.daemons]
    times = stored([*crew.daemons, *crew.ended])
    repeats = len(crew.site.requests) - number
    gaps = sorted(crew.wire.gaps())
    least, tenths = gaps[0], [round(gaps[len(gaps) * n // 10], 3) for n in range(1, 10)]
    print(f"{number} URLs, {repeats} visits again, shortest gap {least:.3f} s, exit codes {codes}")
    print(f"gaps by tenths of them: {tenths}")
    print(f"too short: {crew.wire.shorter(DELAY_S - TOLERANCE_S)[:20]}")
    print(f"told stored twice: {[url for url, n in times.items() if n > 1][:9]}")
    assert least >= DELAY_S - TOLERANCE_S
    assert max(times.values()) == 1, "a success was counted twice"
    assert states(ask) == [("polite", 2, number)]
    assert ask("SELECT sum(n) FROM crawler.tally WHERE kind = 'stored'") == [(number,)]
    assert not ask("SELECT 1 FROM crawler.host WHERE owner IS NOT NULL")
    assert min(share for _, _, share in crew.report) >= LEAST, crew.report


def states(ask):
    """Return how many URLs of each job are in each state."""
    return ask(
        "SELECT name, state, count(*) FROM crawler.task JOIN crawler.job ON job.id = job "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
