"""The move of a ledger from one place to another, whatever engines have them."""

from contextlib import AbstractContextManager

from crawler.errors import UsageError
from crawler.frontier.copying import moving
from crawler.frontier.copying.copier import Told
from crawler.frontier.copying.ends import Copy, Source
from crawler.frontier.driver import require_driver
from crawler.state_address import StateAddress, StateServer


def move(
    origin: StateAddress, target: StateAddress, told: Told = lambda *_: None
) -> dict[str, int]:
    """Move a ledger, and return how many rows each table has; `told` hears of them meanwhile.

    It keeps its id, and what was `origin` is refused from then on. After an end in between it is
    asked again, and goes on; of a ledger that is there already nothing is returned.

    Raises:
        UsageError: processes work on it, it was moved elsewhere, or `target` is something else.
        StateError, LocalFaultError: one of both cannot be used.
    """
    place = place_of(target)
    with _source(origin) as source:
        moving.check(source, place)
        with _copy(target) as copy:
            return moving.move(source, copy, place, told)


def bring_back(origin: StateAddress) -> str:
    """Have a ledger that was moved go on, as another one; return where it was moved to.

    Raises:
        UsageError: it was not moved.
        StateError, LocalFaultError: it cannot be used.
    """
    with _source(origin) as source:
        place = source.moved_to()
        if not place:
            raise UsageError(f"{origin} was not moved: it goes on as it is")
        source.bring_back()
    return place


def place_of(state: StateAddress) -> str:
    """Return how a ledger's place is told, without secrets."""
    return str(state if isinstance(state, StateServer) else state.absolute())


def _source(state: StateAddress) -> AbstractContextManager[Source]:
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.origin import source as on_server  # noqa: PLC0415  an engine loads when chosen

        return on_server(state)
    from crawler.frontier.sqlite.copying import source  # noqa: PLC0415  likewise

    return source(state)


def _copy(state: StateAddress) -> AbstractContextManager[Copy]:
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.copying import copy as on_server  # noqa: PLC0415  likewise

        return on_server(state)
    from crawler.frontier.sqlite.copying import copy  # noqa: PLC0415  likewise

    return copy(state)
