"""A pause is in force within a second of its writing until it is taken back, whoever dies when."""

import random
import time

import gevent
import pytest

from tests import FULL
from tests.daemon.test_desk import desk
from tests.program import Daemon, until, write_config
from tests.servers import Site

KILLS = 200 if FULL else 6
WITHIN_S = 1.0
"""Time after which a wish is in force."""
SLACK_S = 0.7
"""What two processes and their servers may take on a machine that is shared."""
URLS = 20_000 if FULL else 2000


class Campaign:
    """Two daemons that visit two sites ten times a second each, and an operator."""

    def __init__(self, folder, sites, number):
        self.random = random.Random(number)
        self.folder, self.sites = folder, sites
        jobs = [
            {
                "name": f"j{n}",
                "urls": [f"{site.url}/[1-{URLS}]"],
                "delay": "100ms",
                "robots": "obey",
            }
            for n, site in enumerate(sites)
        ]
        self.file = write_config(folder, jobs)
        self.running = [Daemon(self.file).__enter__() for _ in range(2)]
        self.dead = []
        self.kills = 0
        self.latest = self.longest = 0.0
        """Greatest time from a wish to the last visit that began, and until all goes on."""
        self.subjects = {(): {0, 1}}
        for n, site in enumerate(sites):
            self.subjects["--job", f"j{n}"] = self.subjects["--host", f"127.0.0.1:{site.port}"] = {
                n
            }

    def close(self):
        for daemon in [*self.running, *self.dead]:
            daemon.__exit__()

    def kill_one(self):
        """Kill a process at some time, and start another."""
        gevent.sleep(self.random.uniform(0.0, 1.2))
        victim = self.running.pop(self.random.randrange(len(self.running)))
        victim.process.kill()
        victim.wait()
        self.dead.append(victim)
        self.kills += 1
        self.running.append(Daemon(self.file).__enter__())

    def round(self):
        """Pause something, kill while that stands, take it back bit by bit."""
        wished = self.random.sample([*self.subjects], self.random.choice([1, 1, 2, 3]))
        killers = [gevent.spawn(self.kill_one) for _ in range(self.random.choice([1, 1, 2]))]
        for subject in wished:
            desk(self.folder, "pause", *subject)
        began = time.monotonic()
        while wished:
            gevent.sleep(max(0.0, began + WITHIN_S + SLACK_S + 0.5 - time.monotonic()))
            gevent.joinall(killers, raise_error=True)
            self.see(began, set().union(*(self.subjects[one] for one in wished)))
            desk(self.folder, "resume", *wished.pop(self.random.randrange(len(wished))))
            began = time.monotonic() - WITHIN_S - SLACK_S  # what is left stood all the time
        self.goes_on()
        self.running[-1].wait_for("daemon.ready")

    def see(self, since, paused):
        """See that nothing began at the sites that are paused."""
        for number in paused:
            late = [seen.at - since for seen in self.sites[number].requests if seen.at > since]
            self.latest = max([self.latest, *late])
            assert self.latest <= WITHIN_S + SLACK_S, (number, late)

    def goes_on(self):
        """Wait until every site is visited again."""
        began = time.monotonic()
        for site in self.sites:
            until(lambda site=site: site.requests[-1].at > began, "it rests", self.running[0])
        self.longest = max(self.longest, time.monotonic() - began)


@pytest.mark.campaign
@pytest.mark.timeout(3600 if FULL else 180)
def test_a_pause_is_in_force_over_any_number_of_kills(tmp_path):
    """Of everything, jobs and hosts, in parts that overlap; the robots.txt is no exception."""
    with Site(str.encode) as site, Site(str.encode) as other:
        campaign = Campaign(tmp_path, [site, other], 11)
        try:
            for each in (site, other):
                until(lambda each=each: each.requests, "nothing is visited", campaign.running[0])
            while campaign.kills < KILLS:
                campaign.round()
            print(f"{campaign.kills} kills, {campaign.latest:.2f} s, {campaign.longest:.2f} s")
        finally:
            campaign.close()
