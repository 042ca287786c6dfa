"""Lines in a file are never waited for; what keeps them from it is told once, and ends nothing."""

import errno
import json
import threading

import gevent
import pytest

from crawler.log import MAX_BACKLOG, FileLines, RotatingFile
from crawler.log import file_lines as module
from tests.parts.log.pipes import DEADLINE
from tests.parts.logs import Records


class Disk(RotatingFile):
    """A file on a disk that may be full, or hang."""

    error: OSError | None = None
    hangs: "threading.Event | None" = None

    def write(self, data):
        if self.hangs:
            self.hangs.wait(DEADLINE)
        if self.error:
            raise self.error
        return super().write(data)


@pytest.fixture
def scene(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    told, disk = Records(), Disk(tmp_path / "crawler.log", 0, 1)
    lines = FileLines(disk, told)
    yield lines, disk, told
    lines.close(DEADLINE)
    disk.close()


def wait(condition):
    with gevent.Timeout(DEADLINE):
        while not condition():
            gevent.sleep(0.005)


def test_lines_are_written_in_their_order(scene):
    lines, disk, told = scene
    for number in range(1000):
        lines.put(b"line %d" % number)
    lines.close(DEADLINE)
    assert disk.path.read_text() == "".join(f"line {number}\n" for number in range(1000))
    assert not told.events


def test_a_full_disk_is_told_once_and_what_waited_is_written_when_it_is_over(scene):
    lines, disk, told = scene
    disk.error = OSError(errno.ENOSPC, "No space left on device")
    for number in range(10):
        lines.put(b"line %d" % number)
        gevent.sleep(0.01)
    (failed,) = told.told("log.failed")
    assert failed == {"file": str(disk.path), "cause": "No space left on device"}
    disk.error = None
    wait(lambda: told.told("log.resumed"))
    assert disk.path.read_text().splitlines() == [f"line {number}" for number in range(10)]


def test_while_the_disk_is_full_lines_wait_up_to_a_number_and_the_loss_is_told(scene):
    lines, disk, told = scene
    disk.error = OSError(errno.ENOSPC, "No space left on device")
    lines.origin = {"process": 7}
    for _ in range(MAX_BACKLOG + 5):
        lines.put(b"line")
    wait(lambda: told.told("log.failed"))
    disk.error = None
    wait(lambda: told.told("log.resumed"))
    wait(lambda: "log.dropped" in disk.path.read_text())
    *written, loss = disk.path.read_text().splitlines()
    assert written == ["line"] * MAX_BACKLOG
    assert (json.loads(loss)["lines"], json.loads(loss)["process"]) == (5, 7)


def test_a_disk_that_hangs_holds_up_neither_the_hub_nor_the_end(scene):
    lines, disk, _ = scene
    disk.hangs = threading.Event()
    lines.put(b"line")
    gevent.sleep(0.05)
    lines.put(b"another")
    with gevent.Timeout(1.0):
        lines.close(0.1)
    disk.hangs.set()
    wait(disk.path.exists)


def test_a_file_that_cannot_be_rotated_is_told_once(scene, monkeypatch):
    lines, disk, told = scene
    disk.fault = OSError(errno.EACCES, "Permission denied")
    for _ in range(3):
        lines.put(b"line")
        gevent.sleep(0.05)
    assert [one["cause"] for one in told.told("log.failed")] == [
        "cannot be rotated: Permission denied"
    ]
