"""How late each slot of a task is, where its job has jitter. Pure."""

from crawler.model import Seconds

_HALF = (2 + 5**0.5) / 2
"""Of the period of jitter, in jitters; the cube of the golden ratio is far from every fraction."""


class Lateness:
    """The jitter of one task: a wave over time that falls and rises in straight lines.

    At any time the tasks are spread evenly over it, for their fingerprints are their phases, and
    its period fits no interval, so every slot of a task is late in another way. It is so flat that
    later slots are due later, at no less than half their distance, and a slot can be told from when
    it is due: nothing needs to be stored.
    """

    def __init__(self, jitter: Seconds, fingerprint: int) -> None:
        self._jitter = jitter if jitter >= 0.001 else 0.0
        self._half = jitter * _HALF
        self._phase = 2 * self._half * (fingerprint & 0xFFFFFFFF) / 2**32

    def due(self, slot: Seconds) -> Seconds:
        """Return when a slot is due: between 0 and the jitter later."""
        if not self._jitter:
            return slot
        return slot + abs((slot + self._phase) % (2 * self._half) - self._half) / _HALF

    def slot(self, due: Seconds) -> Seconds:
        """Return the slot that is due then."""
        if not self._jitter:
            return due
        passed = (due + self._phase - self._jitter) % (2 * self._half)  # since the wave was highest
        rising = passed - self._half + self._jitter
        along = passed / (1 - 1 / _HALF) if rising < 0 else self._half + rising / (1 + 1 / _HALF)
        return due - self._jitter - passed + along
