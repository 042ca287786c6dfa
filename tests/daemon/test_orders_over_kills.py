"""An order acts at most once for each addressee, and at least once if that one lives."""

import random
import sqlite3
import time

import gevent
import pytest

from crawler.frontier import changed, open_ledger
from crawler.frontier.wishes import GiveOrder, Order, Wisher
from tests import FULL
from tests.program import Daemon, ledger, until, write_config

ROUNDS = 200 if FULL else 6
HEARD_WITHIN_S = 5.0
"""Time after which an order was heard, also where another program held the ledger for a second."""


class Campaign:
    """Daemons that are told to reload, by the ledger alone."""

    def __init__(self, folder):
        self.random = random.Random(5)
        self.folder = folder
        self.file = write_config(folder, [{"name": "j", "urls": ["http://127.0.0.1:1/"],
                                           "attempts": 1}])  # fmt: skip
        self.running, self.dead, self.kills = [], [], 0
        self.given = {}
        """Orders by daemon, since it lives."""
        self.latest = 0.0

    def start(self):
        daemon = Daemon(self.file).__enter__()
        self.running.append(daemon)
        daemon.wait_for("daemon.ready")
        self.given[daemon] = 0

    def close(self):
        for daemon in [*self.running, *self.dead]:
            daemon.__exit__()

    def round(self):
        """Order, while one may die, or the ledger is held; then see who heard what."""
        holder = gevent.spawn(self._hold) if self.random.random() < 0.3 else None
        chosen = [one for one in self.running if self.random.random() < 0.7] or self.running
        numbers = [one.told("daemon.ready")[0]["process"] for one in [*chosen, *self.dead[-1:]]]
        with open_ledger(self.folder / "state.sqlite", write=True) as desk:
            changed(desk, GiveOrder(Order.RELOAD, numbers, Wisher()))
        began = time.monotonic()
        for daemon in chosen:
            self.given[daemon] += 1
        if self.random.random() < 0.5:
            self._kill()
        for daemon in self.running:
            until(lambda daemon=daemon: self._heard(daemon) >= self.given[daemon],
                  f"it heard {self._heard(daemon)} of {self.given[daemon]}", daemon)  # fmt: skip
        self.latest = max(self.latest, time.monotonic() - began)
        if holder:
            holder.join()
        while len(self.running) < 2:
            self.start()

    def check(self):
        """See that none heard an order twice, or one that was not for it."""
        gevent.sleep(1.5)
        for daemon in self.running:
            assert self._heard(daemon) == self.given[daemon]
            assert len(daemon.told("config.reloaded")) <= self.given[daemon]
        for daemon in self.dead:
            assert self._heard(daemon) <= self.given[daemon]

    def _heard(self, daemon):
        return len(daemon.told("order.heard", verb="reload"))

    def _hold(self):
        """Have another program hold the ledger for a while."""
        gevent.sleep(self.random.uniform(0.0, 0.3))
        with ledger(self.folder) as db:
            db.isolation_level = None
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:  # a verb has it
                return
            gevent.sleep(self.random.uniform(0.2, 1.0))
            db.execute("ROLLBACK")

    def _kill(self):
        gevent.sleep(self.random.choice([0.0, self.random.uniform(0.0, 1.0)]))
        victim = self.running.pop(self.random.randrange(len(self.running)))
        victim.process.kill()
        victim.wait()
        self.dead.append(victim)
        self.kills += 1


@pytest.mark.campaign
@pytest.mark.timeout(3600 if FULL else 180)
def test_an_order_is_obeyed_once_by_each_that_lives_and_by_nobody_else(tmp_path):
    campaign = Campaign(tmp_path)
    try:
        for _ in range(2):
            campaign.start()
        for _ in range(ROUNDS):
            campaign.round()
        campaign.check()
        print(f"{ROUNDS} orders, {campaign.kills} kills, {campaign.latest:.2f} s")
        assert campaign.latest < HEARD_WITHIN_S
    finally:
        campaign.close()
