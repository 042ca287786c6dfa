"""What the log says of hosts: each change for the worse, each longer rest, and their end, once."""

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
    log.visited(taken_up(log, 10.0), "job", LIMITED, 10.0, OFFSET)
    log.visited(taken_up(log, 20.0), "job", LIMITED, 20.0, OFFSET)
    assert states(told) == ["limited"]


def test_a_host_that_is_well_again_is_limited_anew():
    told = Told()
    log = HostLog(told)
    log.visited(taken_up(log, 10.0), "job", LIMITED, 10.0, OFFSET)
    now = 10.0 + WELL_AFTER_S
    log.visited(taken_up(log, now), "job", WELL, now, OFFSET)
    assert states(told) == ["limited"], "it is not well before its time"
    log.visited(taken_up(log, now + 1), "job", WELL, now + 1, OFFSET)
    log.visited(taken_up(log, now + 2), "job", LIMITED, now + 2, OFFSET)
    assert states(told) == ["limited", "well", "limited"]


class Scene:
    """One host that asks for rests, and goes back after each of them."""

    def __init__(self):
        self.told, self.now = Told(), 1000.0
        self.log = HostLog(self.told)
        self.pace = HostPace(0.0)

    def rests_for(self, seconds):
        host = Host(1, "h:80", self.pace, self.now)
        self.log.recall(host, self.now)
        self.pace.asked_to_wait(self.now + seconds)
        self.log.visited(host, "job", LIMITED, self.now, OFFSET)
        self.now += seconds

    def lines(self):
        return [(fields["rest_s"], fields["rests"]) for _, fields in self.told.told]


def test_each_longer_rest_has_a_line_and_the_same_one_again_has_none():
    scene = Scene()
    for rest in (60, 60, 120, 120, 130, 240, 60):
        scene.rests_for(rest)
    assert scene.lines() == [(60, 1), (120, 2), (240, 3)]


def test_short_rests_have_one_line_however_they_grow():
    scene = Scene()
    for rest in (1, 2, 4, 8, 16, 32):
        scene.rests_for(rest)
    assert scene.lines() == [(1, 1)]
