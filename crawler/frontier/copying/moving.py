"""A ledger moves: it is copied, then it is one no more, and then the copy is one.

In this order there are never two that go on, whenever it ends early; said again, it goes on.
"""

from crawler.errors import UsageError
from crawler.frontier.copying.copier import Copier, Told
from crawler.frontier.copying.ends import Copy, Source


def check(source: Source, place: str) -> None:
    """See that a ledger may move to a place.

    Raises:
        UsageError: it was moved elsewhere, or processes work on it.
    """
    before = source.moved_to()
    if before not in {"", place}:
        raise UsageError(f"the ledger was moved to {before}: that is the one to be moved")
    if living := source.living():
        who = ", ".join(f"{one.pid} on {one.machine.partition(' ')[0]}" for one in living)
        raise UsageError(
            f"processes work on the ledger: {who}. Stop them before it is moved: `crawler stop "
            "--wait`; one of another machine that has crashed counts for a minute"
        )


def move(source: Source, copy: Copy, place: str, told: Told) -> dict[str, int]:
    """Move a ledger that nobody works on to a place; return how many rows each table has.

    Of one that has moved there already nothing is returned.

    Raises:
        UsageError: something else is there.
        StateError: it cannot be read, or the copy not be written.
    """
    if source.moved_to() == place and copy.is_released(source.uid()):
        return {}
    held = Copier(source, copy, told).run()
    source.retire(place)
    copy.release()
    return {name: digest.rows for name, digest in held.items()}
