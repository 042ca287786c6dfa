"""The clock of a server, as processes with clocks of their own read it."""

import pytest

from crawler.frontier.postgres.clock import ServerClocks
from crawler.policy.course import DOUBT_S, Course, looked


class Server:
    """A server's wall clock, beside the steady clock of a process, and what the ledger has."""

    def __init__(self):
        self.wall, self.own, self.offset, self.at = 1_800_000_000.0, 50.0, 0.0, None
        self.doubted = None

    def ask(self, _):
        return self.wall, self.offset, self.at, self.doubted

    def note(self, course):
        self.offset, self.at, self.doubted = course.offset, course.at, course.doubted

    def passes(self, seconds, own=None):
        self.wall += seconds
        self.own += seconds if own is None else own


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def clocks(server):
    return ServerClocks(server.ask, lambda: server.own)


def test_the_steady_clock_of_a_server_is_its_wall_clock_without_the_offset(server, clocks):
    server.offset = 30.0
    reading = clocks.read()
    assert (reading.boot, reading.wall) == ("server", server.wall)
    assert reading.steady == pytest.approx(server.wall - 30)
    assert clocks.steady() == pytest.approx(server.wall - 30)


def test_a_machine_whose_wall_clock_is_wrong_or_drifts_reads_what_the_server_has(server, clocks):
    clocks.read()
    server.passes(100.0, own=100.4)
    assert clocks.read().steady == pytest.approx(server.wall)


@pytest.mark.parametrize("step", [300.0, -300.0])
def test_a_step_of_the_server_leaves_its_steady_clock_as_it_ran(server, clocks, step):
    before = clocks.read().steady
    server.passes(10.0)
    server.wall += step
    reading = clocks.read()
    assert reading.steady - before == pytest.approx(10.0)
    assert reading.wall - reading.steady == pytest.approx(step)


def test_a_step_that_another_process_has_noted_is_no_second_one(server, clocks):
    clocks.read()
    server.wall += 300.0
    other = ServerClocks(server.ask, lambda: server.own)
    other.read()  # it came after the step, and took the wall clock as it was
    clocks.read()
    server.offset = 300.0  # the first one has noted the step
    server.passes(5.0)
    one, another = clocks.read(), other.read()
    assert one.steady == pytest.approx(another.steady)


def test_a_server_whose_clock_went_back_while_nobody_looked_is_ahead_of_itself(server, clocks):
    server.at = server.wall + 60
    reading = clocks.read()
    assert reading.steady == pytest.approx(server.at)


@pytest.mark.parametrize("step", [3600.0, -3600.0])
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_step_of_the_server_is_doubted_until_it_has_stood_whoever_looks(
    server, clocks, step, looks
):
    course = looked(Course(), clocks.read())
    server.note(course)
    server.wall += step
    since = server.own
    while server.own - since < DOUBT_S - 10:
        server.passes(10.0)
        readers = [clocks, *(ServerClocks(server.ask, lambda: server.own) for _ in range(looks))]
        for reader in readers:
            before, course = course, looked(course, reader.read())
            server.note(course)
            assert course.stepped == 0.0, f"{server.own - since} s"
            assert course.at == pytest.approx(before.at + (10.0 if reader is clocks else 0.0))
    server.passes(20.0)
    course = looked(course, clocks.read())
    assert course.stepped == pytest.approx(step)


def test_a_server_that_goes_back_behind_the_ledger_while_a_step_is_doubted_is_ahead(server):
    server.offset, server.doubted, server.at = 0.0, 3600.0, server.wall
    server.wall += 3600.0 - 60.0
    reading = ServerClocks(server.ask, lambda: server.own).read()
    assert reading.steady == pytest.approx(server.at)
