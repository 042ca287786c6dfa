"""What the log says of hosts: a line when a host gets worse or rests much longer, or is well."""

from collections import OrderedDict
from collections.abc import Callable

from crawler.feeder.host import Host, Logged
from crawler.log import Log, iso
from crawler.model import Outcome, Seconds
from crawler.policy.causes import GOOD
from crawler.policy.politeness import HostPace
from crawler.policy.retry import host_asked_for_it

WELL_AFTER_S: Seconds = 60.0
"""Shortest time between the line that a host is limited and the line that it is well."""
LONG_REST_S: Seconds = 60.0
"""Shortest rest that is worth a line of its own, if it is the longest so far."""
LONGER = 1.5
"""A rest that is so many times as long as the one that was logged is a longer one."""
MAX_LOGGED_HOSTS = 10_000
"""Hosts whose logged state is remembered after they went back to the frontier."""

_RANKS = {"": 0, "limited": 1, "resting": 2, "banned": 3, "given up": 4}


class HostLog:
    """Writes the `host.rested` lines.

    A state that was logged is not logged again before the host rests for much longer; rests between
    two lines are counted.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.told: Callable[[str, str, str, str, Seconds], None] = lambda *_: None
        """Gets a job, the host that a visit of it made rest, its state, why, and until when."""
        self._logged: OrderedDict[str, Logged] = OrderedDict()

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
        host.logged = self._logged.get(host.key) or Logged(state, now, _rest(pace, now))

    def visited(
        self, host: Host, job: str, outcome: Outcome, now: Seconds, offset: Seconds
    ) -> None:
        """Log a state that changed for the worse, or that is over; `offset` leads to wall time."""
        pace, logged = host.pace, host.logged
        state = _state(pace, outcome, now)
        if not (state or logged.state):
            return
        rest = _rest(pace, now)
        if _RANKS[state] > _RANKS[logged.state] or (state and _is_longer(rest, logged.rest)):
            self._log.warning(
                "host.rested",
                host=host.key,
                state=state,
                cause=outcome.reason,
                until=iso(pace.next_at + offset),
                rest_s=round(pace.next_at - now),
                rests=logged.rests + 1,
            )
            self.told(job, host.key, state, outcome.reason, pace.next_at + offset)
            worst = max(state, logged.state, key=_RANKS.__getitem__)
            self._note(host, Logged(worst, now, rest))
        elif state:
            logged.rests += 1
        elif logged.state and pace.is_calm and now > logged.at + WELL_AFTER_S:
            self._note(host, Logged("", now))
            self._log.info("host.rested", host=host.key, state="well")

    def _note(self, host: Host, logged: Logged) -> None:
        """Remember what was logged, also for when the host is taken up again."""
        host.logged = logged
        self._logged.pop(host.key, None)
        if logged.state:
            self._logged[host.key] = logged
        if len(self._logged) > MAX_LOGGED_HOSTS:
            self._logged.popitem(last=False)


def _state(pace: HostPace, outcome: Outcome, now: Seconds) -> str:
    """Return the state of a host after a visit that ended so; '' if that was no trouble."""
    if pace.is_calm:
        return "limited" if outcome.kind not in GOOD and host_asked_for_it(outcome) else ""
    if pace.given_up(now) or pace.refuses(now):
        return "given up"
    if pace.refusals.banned:
        return "banned"
    if pace.is_open:
        return "resting"
    return "limited" if host_asked_for_it(outcome) else ""


def _rest(pace: HostPace, now: Seconds) -> Seconds:
    """Return the rest that its failures or its own word ask for; its delay is none."""
    return max(0.0, pace.failed_until - now, pace.put_off_until - now)


def _is_longer(rest: Seconds, logged: Seconds) -> bool:
    return rest >= LONG_REST_S and rest >= LONGER * logged
