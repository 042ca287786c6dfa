"""`crawler top`: live on a terminal, and what that has the processes write."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from tests.daemon.test_desk import desk
from tests.parts.ledgers import execute
from tests.program import CRAWLER, PATIENCE_S, Daemon, until, write_config
from tests.servers import Site, slow


class Screen:
    """`crawler top` on a terminal of its own."""

    def __init__(self, folder, *arguments):
        self.drawn = ""
        self._keys, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [*CRAWLER, "top", "-c", "crawler.yaml", "--interval", "200ms", *arguments],
            cwd=folder, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "30"},
        )  # fmt: skip
        os.close(terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self._keys)

    def see(self, words):
        """Read until something is drawn."""
        ends_at = time.monotonic() + PATIENCE_S
        while not re.search(words, self.drawn):
            assert time.monotonic() < ends_at, self.drawn[-2000:]
            if select.select([self._keys], [], [], 0.2)[0]:
                self.drawn += os.read(self._keys, 65536).decode(errors="replace")

    def press(self, key):
        self.drawn = ""
        os.write(self._keys, key.encode())


@pytest.fixture
def stuck(tmp_path):
    """A daemon with a visit that lasts."""
    with Site(slow(60)) as site:
        file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-2]"]}])
        with Daemon(file) as daemon:
            daemon.wait_for("daemon.ready")
            yield site, daemon


def test_a_terminal_shows_the_visits_under_way_and_hears_its_keys(tmp_path, stuck):
    site, daemon = stuck
    with Screen(tmp_path) as screen:
        screen.see(rf"{daemon.process.pid} running, ")
        screen.see(rf"j +{site.url}/1")
        assert screen.drawn.startswith("\x1b[?1049h\x1b[?25l")
        screen.press("p")
        screen.see("held still")
        screen.press("p")
        screen.see("crawler top")
        screen.press("q")
        screen.see(re.escape("\x1b[?25h\x1b[?1049l"))
        assert screen.process.wait(PATIENCE_S) == 0
        assert screen.process.stderr.read() == b""


def test_processes_tell_of_their_visits_only_while_somebody_looks(tmp_path, stuck):
    site, daemon = stuck
    file = tmp_path / "state.sqlite"
    told = lambda: execute(file, "SELECT url FROM under_way ORDER BY n")  # noqa: E731
    until(lambda: execute(file, "SELECT 1 FROM process WHERE busy = 2"), "not begun", daemon)
    assert told() == []
    assert f"{site.url}/1\n" in desk(tmp_path, "top", "--once"), "it waits until they are told"
    assert {url for (url,) in told()} == {f"{site.url}/1", f"{site.url}/2"}
    shown = desk(tmp_path, "top", "--once", "--sort", "host")
    assert f"{site.url}/2" in shown
    assert f"process  {daemon.process.pid} running, 2 in flight" in shown
    execute(file, "UPDATE looked SET at = at - 60")
    until(lambda: not told(), "still told", daemon)
    assert daemon.stop() == 0
    assert "\nno visit is under way\n" in desk(tmp_path, "top", "--once")


def test_control_characters_of_a_url_reach_no_terminal(tmp_path, stuck):
    _, daemon = stuck
    file = tmp_path / "state.sqlite"
    desk(tmp_path, "top", "--once")
    until(lambda: execute(file, "SELECT 1 FROM under_way"), "not told", daemon)
    execute(file, "UPDATE under_way SET url = url || char(27) || '[2J'")
    assert "\x1b" not in desk(tmp_path, "top", "--once")


def test_stacks_are_written_by_the_processes_and_not_here(tmp_path, stuck):
    _, daemon = stuck
    assert desk(tmp_path, "top", "--stacks") == (
        f"process {daemon.process.pid} writes its stacks to its standard error\n"
    )
    until(lambda: "Thread 0x" in daemon.errors, "no stacks", daemon)
