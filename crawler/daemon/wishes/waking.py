"""Has hosts learn that jobs were paused, or no longer are; there may be a million of them."""

from collections.abc import Callable

from gevent.event import Event


class Waking:
    """Runs `wake` once for all that was asked for meanwhile; what fails is done again."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._asked = Event()

    def ask(self) -> None:
        """Have it done soon."""
        self._asked.set()

    def run(self) -> None:
        """Do it whenever it was asked for, for ever.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger could not be asked; it is still to be done.
        """
        while True:
            self._asked.wait()
            self._asked.clear()
            try:
                self._wake()
            except BaseException:
                self._asked.set()
                raise
