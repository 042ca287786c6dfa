"""A pipe that a test reads at its own pace."""

import os

import gevent
from gevent.socket import wait_read

DEADLINE = 10


class Pipe:
    """A pipe with a log at its one end and us at the other."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        self.filled = 0

    def fill(self):
        """Leave no room."""
        os.set_blocking(self.writer, False)
        try:
            while True:
                self.filled += os.write(self.writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(self.writer, True)

    def read(self):
        """Return the lines that are there."""
        data = os.read(self.reader, 1 << 20)
        assert data.endswith(b"\n")
        return data.decode().splitlines()

    def follow(self, last):
        """Read, as a patient reader does, until a line has come; return all lines."""
        data, at = b"", self.filled
        with gevent.Timeout(DEADLINE):
            while last not in data[at:]:
                wait_read(self.reader)
                data += os.read(self.reader, 1 << 20)
        assert data.endswith(b"\n")
        return data[at:].decode().splitlines()
