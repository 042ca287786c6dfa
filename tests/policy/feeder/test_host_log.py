"""What the log says of hosts: each change for the worse once, and its end once."""

from crawler.feeder.host import Host
from crawler.feeder.host_log import WELL_AFTER_S, HostLog
from crawler.model import Kind, Outcome
from crawler.policy.politeness import HostPace
from tests.policy.feeder.hosts import OFFSET, Told

LIMITED = Outcome(Kind.HTTP_ERROR, 429, reason="HTTP status 429")
WELL = Outcome(Kind.STORED, 200)


def taken_up(log: HostLog, now: float) -> Host:
    host = Host(1, "h:80", HostPace(0.0), now)
    log.recall(host, now)
    return host


def states(told: Told) -> list[str]:
    return [fields["state"] for _, fields in told.told]


def test_what_was_logged_of_a_host_is_not_logged_again_after_it_went_back():
    told = Told()
    log = HostLog(told)
    log.visited(taken_up(log, 10.0), LIMITED, 10.0, OFFSET)
    log.visited(taken_up(log, 20.0), LIMITED, 20.0, OFFSET)
    assert states(told) == ["limited"]


def test_a_host_that_is_well_again_is_limited_anew():
    told = Told()
    log = HostLog(told)
    log.visited(taken_up(log, 10.0), LIMITED, 10.0, OFFSET)
    now = 10.0 + WELL_AFTER_S
    log.visited(taken_up(log, now), WELL, now, OFFSET)
    assert states(told) == ["limited"], "it is not well before its time"
    log.visited(taken_up(log, now + 1), WELL, now + 1, OFFSET)
    log.visited(taken_up(log, now + 2), LIMITED, now + 2, OFFSET)
    assert states(told) == ["limited", "well", "limited"]
