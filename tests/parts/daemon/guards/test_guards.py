"""What the guards tell and allow, by what this machine has left and this process uses."""

from pathlib import Path

import psutil
import pytest

from crawler.config import Guards as GuardOptions
from crawler.daemon.guards.ceilings import Ceilings
from crawler.daemon.guards.measures import Measures, Room, measure
from crawler.daemon.guards.rooms import Rooms
from crawler.policy.pressure import STEP_S
from crawler.policy.troubles import Troubles
from tests.parts.logs import Records

FILES, STATE = Path("/files"), Path("/state")
OPTIONS = GuardOptions(min_free=1000, min_inodes=10)


class Looking:
    """Guards of rooms that remember what they told."""

    def __init__(self) -> None:
        self.log = Records()
        self.troubles = Troubles()
        self.rooms = Rooms(self.log, self.troubles)

    def short(self, *rooms: Room, declared: int = 0) -> bool:
        return self.rooms.look(rooms, OPTIONS, declared)


@pytest.fixture
def looking():
    return Looking()


def test_what_bodies_under_way_have_declared_counts_as_used(looking):
    assert not looking.short(Room(FILES, 5000, 100), declared=4000)
    assert looking.short(Room(FILES, 5000, 100), declared=4001)
    (told,) = looking.log.told("room.short")
    assert told["cause"] == (
        "5,000 bytes are left for /files, and bodies under way bring 4,001; "
        "crawler.guards.min_free is 1,000: no visit begins"
    )
    assert looking.troubles.words(0) == told["cause"]
    assert not looking.short(Room(FILES, 5000, 100), declared=0)
    assert len(looking.log.told("room.enough")) == 1
    assert looking.troubles.words(0) == ""


def test_the_disk_of_the_ledger_and_inodes_are_looked_at_too(looking):
    assert looking.short(Room(FILES, 5000, 100), Room(STATE, 999, 100))
    assert looking.short(Room(FILES, 5000, 9), Room(STATE, 2000, 100))
    assert looking.short(Room(FILES, 5000, 9), Room(STATE, 2000, 100))
    assert [(one["folder"], one["what"]) for one in looking.log.told("room.short")] == [
        ("/state", "bytes"), ("/files", "inodes"),
    ]  # fmt: skip


def test_bodies_under_way_need_no_room_beside_the_ledger(looking):
    assert not looking.short(Room(FILES, 50_000, 100), Room(STATE, 2000, 100), declared=10_000)


def test_a_file_system_that_does_not_tell_is_never_short(looking):
    assert not looking.short(Room(FILES, None, None), declared=10_000)


def test_this_machine_and_this_process_are_measured_as_they_are(tmp_path):
    found = measure([tmp_path, tmp_path / "is not there"])
    here, gone = found.rooms
    assert abs(here.free - psutil.disk_usage(str(tmp_path)).free) < 1 << 30
    assert (gone.free, gone.inodes) == (None, None)
    process = psutil.Process()
    assert abs(found.memory - process.memory_info().rss) < 16 << 20
    assert abs(found.descriptors - process.num_fds()) <= 2
    assert found.limit == process.rlimit(psutil.RLIMIT_NOFILE)[0]


def test_idle_connections_are_closed_before_fewer_visits_run():
    closed, log, troubles = [], Records(), Troubles()
    ceilings = Ceilings(log, troubles, lambda: closed.append(True))
    few = Measures((), 0, 95, 100)
    options = GuardOptions()
    assert ceilings.look(few, options, 100.0, 8, 8) == 8
    assert closed == [True]
    assert not log.events
    assert ceilings.look(few, options, 100.0 + STEP_S, 8, 8) == 4
    assert troubles.words(0) == "95 descriptors are in use, 90 should be: fewer visits at once"
    assert len(log.told("visits.fewer")) == 1


def test_no_limit_is_no_ceiling():
    ceilings = Ceilings(Records(), Troubles(), lambda: None)
    for now in range(20):
        found = ceilings.look(Measures((), 10**12, 10**6, None), GuardOptions(), float(now), 8, 8)
        assert found > 8


def test_no_more_visits_begin_than_find_descriptors_and_that_is_told_once():
    log, troubles = Records(), Troubles()
    ceilings = Ceilings(log, troubles, lambda: None)

    def most(used, busy, limit=100):
        found = Measures((), 0, used, limit)
        return ceilings.look(found, GuardOptions(), 100.0, busy, 64)

    assert most(30, 0) == 30
    assert not log.events
    for used, busy in ((60, 30), (89, 45), (85, 44), (88, 46)):
        assert used + 2 * (most(used, busy) - busy) <= 90
    assert len(log.told("visits.fewer")) == 1
    assert "descriptors are in use, 90 should be" in troubles.words(0)
    assert most(100, 46, 4096) > 64
    assert len(log.told("visits.restored")) == 1
    assert troubles.words(0) == ""
