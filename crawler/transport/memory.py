"""Bytes of answers that are in the memory of this process: heads and bodies of all its visits.

Each answer has bounds of its own, but a few hundred servers that stop in the middle of theirs would
fill what a machine has. Beyond the budget a body goes to its part early, and a head is refused.
What decoders keep of a body to look back (their windows, 8 to 16 MB) has a budget of its own.
"""

BUDGET_BYTES = 64 * 1024 * 1024
"""Bytes of all answers together."""
SMALL_BYTES = 16_384
"""Bytes of one answer that it may have in any case."""
WINDOWS_BYTES = 128 * 1024 * 1024
"""Bytes of all windows together that decoders fill, beside the budget of heads and bodies."""
SMALL_WINDOW_BYTES = 256 * 1024
"""Bytes of one window that it may have in any case: most pages are no longer."""


class Memory:
    """The bytes that answers hold, and whether they are more than they should be."""

    __slots__ = ("_budget", "held")

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget = budget
        self.held = 0
        """Bytes held now."""

    @property
    def is_short(self) -> bool:
        """Tell whether an answer that is not small should hold no more."""
        return self.held > self._budget


class Share:
    """What one answer holds of the memory."""

    __slots__ = ("_held", "_memory", "_small")

    def __init__(self, memory: Memory, small: int = SMALL_BYTES) -> None:
        """`small` is what it may hold in any case, in bytes."""
        self._memory = memory
        self._small = small
        self._held = 0

    def hold(self, size: int) -> None:
        """Note that the answer holds so many bytes now; 0 gives all of them back."""
        self._memory.held += size - self._held
        self._held = size

    @property
    def is_short(self) -> bool:
        """Tell whether the answer should hold no more, unless it is small."""
        return self._held > self._small and self._memory.is_short
