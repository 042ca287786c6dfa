"""An event that comes by itself as well, at a time: what wakes the feeder and the leaser."""

from gevent.event import Event
from gevent.hub import get_hub

from crawler.model import Seconds


class Alarm:
    """An event that a timer sets as well: gevent makes an exception of every timeout."""

    def __init__(self) -> None:
        self._event = Event()
        self.set = self._event.set
        """Wakes who waits, or lets the next wait return at once."""
        self.clear = self._event.clear

    def wait(self, seconds: Seconds) -> None:
        """Wait until it is set, but no longer than these seconds."""
        if self._event.ready():
            return
        timer = get_hub().loop.timer(max(0.0, seconds))
        timer.start(self._event.set)
        try:
            self._event.wait()
        finally:
            timer.close()
