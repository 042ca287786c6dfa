"""What the log says of hosts: one line when a host gets worse, one when it is well again."""

from collections import OrderedDict

from crawler.feeder.host import Host
from crawler.log import Log, iso
from crawler.model import Outcome, Seconds
from crawler.policy.politeness import HostPace
from crawler.policy.retry import host_asked_for_it

WELL_AFTER_S: Seconds = 60.0
"""Shortest time between the line that a host is limited and the line that it is well."""
MAX_LOGGED_HOSTS = 10_000
"""Hosts whose logged state is remembered after they went back to the frontier."""

_RANKS = {"": 0, "limited": 1, "resting": 2, "banned": 3, "given up": 4}


class HostLog:
    """Writes the `host.rested` lines; a state that was logged is not logged again."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._logged: OrderedDict[str, tuple[str, Seconds]] = OrderedDict()

    def recall(self, host: Host, now: Seconds) -> None:
        """Give a host that was taken up the state that was logged of it last."""
        pace = host.pace
        state = (
            "resting"
            if pace.is_open
            else "banned"
            if pace.refusals.banned
            else "limited"
            if pace.backoff
            else ""
        )
        host.logged_state, host.logged_at = self._logged.get(host.key, (state, now))

    def visited(self, host: Host, outcome: Outcome, now: Seconds, offset: Seconds) -> None:
        """Log a state that changed for the worse, or that is over; `offset` leads to wall time."""
        pace, state = host.pace, ""
        if pace.given_up(now) or pace.refuses(now):
            state = "given up"
        elif pace.refusals.banned:
            state = "banned"
        elif pace.is_open:
            state = "resting"
        elif host_asked_for_it(outcome):
            state = "limited"
        if _RANKS[state] > _RANKS[host.logged_state]:
            self._note(host, state, now)
            until = iso(pace.next_at + offset)
            self._log.warning(
                "host.rested", host=host.key, state=state, cause=outcome.reason, until=until
            )
        elif host.logged_state and _is_well(pace) and now > host.logged_at + WELL_AFTER_S:
            self._note(host, "", now)
            self._log.info("host.rested", host=host.key, state="well")

    def _note(self, host: Host, state: str, now: Seconds) -> None:
        """Remember a logged state, also for when the host is taken up again."""
        host.logged_state, host.logged_at = state, now
        self._logged.pop(host.key, None)
        if state:
            self._logged[host.key] = state, now
        if len(self._logged) > MAX_LOGGED_HOSTS:
            self._logged.popitem(last=False)


def _is_well(pace: HostPace) -> bool:
    return not (pace.failures or pace.backoff or pace.refusals.banned)
