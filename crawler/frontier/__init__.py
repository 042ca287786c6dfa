"""The frontier: URLs known, waiting, leased and finished; durable. `contract` has its verbs."""

from contextlib import AbstractContextManager

from crawler.choices import STATES
from crawler.frontier.actions import (
    Adopt,
    BeginArchive,
    Believe,
    Forget,
    ForgetUnused,
    LetGo,
    Rename,
    Retry,
    Revisit,
)
from crawler.frontier.answers import (
    START,
    Changed,
    Cursor,
    HostState,
    Page,
    ServerAccount,
    Soundness,
)
from crawler.frontier.clock import Clocks
from crawler.frontier.contract import Frontier, tidied
from crawler.frontier.desk_verbs import Desk, Migration, changed, pages
from crawler.frontier.driver import require_driver
from crawler.frontier.entries import (
    Entry,
    Filed,
    KnownUrl,
    Listing,
    Said,
    UnknownUrl,
)
from crawler.frontier.list_values import (
    KnownChunk,
    NewList,
    Pass,
    Portion,
    ReadChunk,
    SourceState,
    Synced,
    Weighed,
)
from crawler.frontier.metrics import Gauges, Sample, Series, Totals
from crawler.frontier.queries import (
    Chunks,
    FiledOf,
    Forgettable,
    HostsMet,
    Listings,
    Sources,
    StoredFiles,
    Unneeded,
    Waits,
    Wanted,
    Wishes,
)
from crawler.frontier.questions import (
    AboutHost,
    AboutServer,
    AboutUrl,
    BacklogOf,
    CookiesOf,
    Counters,
    FailuresOf,
    FilesNamed,
    Hooks,
    HostsOf,
    InFlight,
    Integrity,
    JarOf,
    RobotsOf,
    SaidOf,
    Samples,
    Still,
    StillForgettable,
    Unnamed,
    UrlsOf,
    WaitsAt,
)
from crawler.frontier.sums import Counts, HostCounts, HostView, JobSums, Member, Store, Sums
from crawler.frontier.values import (
    BEFORE_ALL,
    FOREIGN_S,
    LEASE_S,
    MAX_CRASHES,
    STALLED_FACTOR,
    Beat,
    Holder,
    InForce,
    Joined,
    Lease,
    LeasedHost,
    Pulse,
    Reclaimed,
    Watched,
)
from crawler.frontier.work import (
    Amended,
    Apply,
    BringBack,
    CountDown,
    Due,
    Ended,
    LeadOn,
    Refit,
    Rests,
    Retire,
    Retired,
    Tidied,
    Understand,
    Wake,
    Weigh,
    Work,
)
from crawler.state_address import StateAddress, StateServer

__all__ = [
    "BEFORE_ALL", "FOREIGN_S", "LEASE_S", "MAX_CRASHES", "STALLED_FACTOR", "START", "STATES",
    "AboutHost", "AboutServer", "AboutUrl", "Adopt", "Amended", "Apply", "BacklogOf", "Beat",
    "BeginArchive", "Believe", "BringBack", "Changed", "Chunks", "Clocks", "CookiesOf", "CountDown",
    "Counters", "Counts", "Cursor", "Desk", "Due", "Ended", "Entry", "FailuresOf", "Filed",
    "FiledOf", "FilesNamed", "Forget", "ForgetUnused", "Forgettable", "Frontier", "Gauges",
    "Holder", "Hooks", "HostCounts", "HostState", "HostView", "HostsMet", "HostsOf", "InFlight",
    "InForce", "Integrity", "JarOf", "JobSums", "Joined", "KnownChunk", "KnownUrl", "LeadOn",
    "Lease", "LeasedHost", "LetGo", "Listing", "Listings", "Member", "Migration", "NewList", "Page",
    "Pass", "Portion", "Pulse", "ReadChunk", "Reclaimed", "Refit", "Rename", "Rests", "Retire",
    "Retired", "Retry", "Revisit", "RobotsOf", "Said", "SaidOf", "Sample", "Samples", "Series",
    "ServerAccount", "Soundness", "SourceState", "Sources", "Still", "StillForgettable",
    "Store", "StoredFiles", "Sums", "Synced", "Tidied", "Totals", "Understand", "UnknownUrl",
    "Unnamed", "Unneeded", "UrlsOf", "Waits", "WaitsAt", "Wake", "Wanted", "Watched", "Weigh",
    "Weighed", "Wishes", "Work", "changed", "has_ledger", "load_engine", "open_frontier",
    "open_ledger", "open_migration", "pages", "tidied",
]  # fmt: skip


def load_engine(state: StateAddress) -> None:
    """Load an engine: a daemon does so before its event loop begins, which would stand still.

    Raises:
        UsageError: what talks to a server is not installed.
    """
    if isinstance(state, StateServer):
        require_driver(state)
        import crawler.frontier.postgres.engine  # noqa: PLC0415  likewise

        return
    import crawler.frontier.sqlite.engine  # noqa: PLC0415  likewise
    import crawler.frontier.sqlite.file.upgrade  # noqa: F401, PLC0415


def has_ledger(state: StateAddress) -> bool:
    """Tell whether a ledger is there; else a start makes an empty one.

    Raises:
        StateError, LocalFaultError: a server cannot be asked.
    """
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.opening import has_tables  # noqa: PLC0415  likewise

        return has_tables(state)
    return state.exists() and state.stat().st_size > 0


def open_frontier(
    state: StateAddress,
    *,
    durable: bool,
    readonly: bool = False,
    clocks: Clocks | None = None,
) -> Frontier:
    """Return the frontier of a ledger, not yet entered; `durable` syncs a file's transactions.

    What a server waits for is set there, or in its URL: one that waits for no disk may lose, in a
    crash of its own, the end of a visit that is done here, which is then leased until this process
    ends.

    Its clock follows the `clocks` of this machine, as those of all processes that share the file.
    With `readonly` the file must be there, nothing is written to it or beside it, and no verb that
    writes may be asked.
    """
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.engine import PostgresFrontier  # noqa: PLC0415  likewise

        return PostgresFrontier(state, readonly=readonly, clocks=clocks)
    from crawler.frontier.sqlite.engine import SqliteFrontier  # noqa: PLC0415  an engine loads when chosen

    return SqliteFrontier(state, durable=durable, readonly=readonly, clocks=clocks or Clocks())


def open_ledger(
    state: StateAddress,
    *,
    write: bool = False,
    older: bool = False,
    clocks: Clocks | None = None,
) -> AbstractContextManager[Desk]:
    """Return a ledger that is there, to be entered, and worked on from outside.

    It is never made, and changed only if `write` says so. One of an older
    crawler is opened where `older` says so. On entry it raises StateError where it cannot be used,
    or turns out to be damaged; the message names the remedy.
    """
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.outside import ledger as on_server  # noqa: PLC0415  likewise

        return on_server(state, write=write, clocks=clocks)
    from crawler.frontier.sqlite.outside import ledger  # noqa: PLC0415  likewise

    return ledger(state, write=write, older=older, clocks=clocks or Clocks())


def open_migration(state: StateAddress) -> Migration:
    """Return the migration of a ledger, to be entered; it may have nothing to do."""
    if isinstance(state, StateServer):
        require_driver(state)
        from crawler.frontier.postgres.upgrade import Upgrade as OnServer  # noqa: PLC0415  likewise

        return OnServer(state)
    from crawler.frontier.sqlite.file.upgrade import Upgrade  # noqa: PLC0415  likewise

    return Upgrade(state)
