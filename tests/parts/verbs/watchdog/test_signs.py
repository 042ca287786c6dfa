"""Signs of life: datagrams of processes, each known by the pid that the kernel vouches for."""

import os
import socket
import subprocess
import sys
import time

import pytest

from crawler.verbs.watchdog.signs import Signs
from tests.program import until

SAY = """
import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), sys.argv[2])
"""


@pytest.fixture
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("w") / "signs"


def say(place, words: str) -> int:
    """Have a process say something; return which one it was."""
    done = subprocess.Popen([sys.executable, "-c", SAY, words, str(place)])
    assert done.wait() == 0
    return done.pid


def test_a_process_is_known_by_its_pid_and_only_a_sign_of_life_counts(place):
    with Signs(place) as signs:
        mute = say(place, "STATUS=waiting: for a disk")
        lively = say(place, "STATUS=running\nWATCHDOG=1")
        ready = say(place, "READY=1")
        until(lambda: signs.silence(ready, time.monotonic()) is not None, "not heard")
        assert 0 <= signs.silence(lively, time.monotonic()) < 10
        assert signs.silence(lively, time.monotonic() + 60) > 59
        assert signs.silence(mute, time.monotonic()) is None
        assert signs.silence(os.getpid(), time.monotonic()) is None

        signs.keep({ready})
        assert signs.silence(lively, time.monotonic()) is None
        assert signs.silence(ready, time.monotonic()) is not None


def test_the_place_is_for_its_user_alone_and_is_taken_over_and_left_clean(place):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(place))
    with Signs(place):
        assert place.stat().st_mode & 0o077 == 0
    assert not place.exists()


def test_a_place_where_no_socket_can_be_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="No such file"), Signs(tmp_path / "nowhere" / "signs"):
        pass
