"""What is asked of the frontier page by page; `questions` has what is asked at once."""

from typing import Generic, TypeVar

from crawler.frontier.answers import HostState
from crawler.frontier.entries import Entry, Filed, Listing
from crawler.frontier.list_values import KnownChunk, SourceState
from crawler.frontier.wishes import Wish
from crawler.model import FIRST_STORE, Seconds
from crawler.policy.patience import Waiting
from crawler.stored_files import StoredFile
from crawler.value import value

Answer = TypeVar("Answer")


class Query(Generic[Answer]):
    """What a page is of: rows of `Answer`, of URLs, files, hosts and lists as they became known."""


@value
class Wanted(Query[Entry]):
    """URLs; what is left out holds for all."""

    job: str | None = None
    host: str | None = None
    """name:port, or a name for all of its ports."""
    kinds: tuple[str, ...] = ()
    """Of the last visit."""
    states: tuple[str, ...] = ()
    """Of STATES."""
    since: Seconds | None = None
    """Wall time from which on the last visit ended, or a URL that died in a crash did."""
    last_ends: tuple[str, ...] = ()
    """Kinds of the last visit that was an end."""
    most: int | None = None
    """Rows of a page at the most; None: as many as suit a walk through all."""


@value
class Listings(Query[Listing]):
    """How often URLs were listed, by kind of the last visit of those that are over."""


@value
class HostsMet(Query[HostState]):
    """All hosts ever met."""


@value
class Waits(Query[Waiting]):
    """Hosts at which URLs wait, and what for."""

    now: Seconds


@value
class StoredFiles(Query[StoredFile]):
    """The stored files; the file of a task that is being visited is left out."""


@value
class Unneeded(Query[StoredFile]):
    """The files of a job's retired URLs, a few at a time: each is looked at as a whole."""

    job: str
    store: int = FIRST_STORE
    """Where they lie."""


@value
class Forgettable(Query[StoredFile]):
    """The files of the URLs that `Forget` would forget, a few at a time."""

    until: Seconds


@value
class Wishes(Query[Wish]):
    """The wishes that stand, those too whose time is over and that nobody has taken back yet."""


@value
class Sources(Query[tuple[str, SourceState]]):
    """A job's sources as they were applied last, each with its name."""

    job: str
    owner: int = 0
    """The process that asks, for what depends on its machine."""


@value
class Chunks(Query[tuple[int, KnownChunk]]):
    """The chunks of a source as they were read last, each with its anchor, by which they come."""

    source: int


@value
class FiledOf(Query[Filed]):
    """How many listed URLs of a job have a file, one row for each slice of all URLs."""

    job: str
