"""What the ledger and the files say of a deployment: wholeness, identity, processes, leftovers."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import crawler
from crawler.config import CrawlerOptions, Settings
from crawler.daemon.identity import check_same, check_there
from crawler.errors import CrawlerError, StateError
from crawler.frontier import Desk, HostsMet, Integrity, Member, Sums, Unnamed
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.policy.findings import Finding, bad, ok, skip, warn
from crawler.state_address import StateAddress
from crawler.store import comparing
from crawler.store.mark import NAME, ledger_named
from crawler.verbs.stores import Stores
from crawler.verbs.words import counted, when

GLANCE_S: Seconds = 5.0
"""How long the ledger is read, and as long again the output folder, where not all is asked for."""
NAMES_AT_ONCE = 2000
"""Names of parts that are looked up at once."""


def alive(sums: Sums) -> list[Member]:
    """Return the processes that live on this machine."""
    machine = current().machine
    return [one for one in sums.members if one.process.lives(machine)]


def identity(options: CrawlerOptions, sums: Sums | None) -> Finding:
    """Say whether the ledger is the one that knows the files of the output folder."""
    named = ledger_named(options.output)
    try:
        check_there(options.state, options.output, named)
        check_same(options.state, options.output, named, sums.uid if sums else "")
    except CrawlerError as error:
        return bad("identity", str(error), "")
    if not named:
        return skip("identity", f"{options.output} has no {NAME} yet: the first start makes it")
    return ok("identity", f"{options.output} and {options.state} belong together ({named[:8]})")


def wholeness(desk: Desk, state: StateAddress, *, deep: bool) -> Finding:
    """Say whether the ledger's file is whole, as far as a few seconds tell."""
    try:
        found = desk.entry(Integrity(None if deep else GLANCE_S))
    except StateError as error:
        return bad("ledger", str(error), "")
    if found.problems:
        first = f"{state} is damaged: {found.problems[0]}"
        return bad("ledger", first, "stop the daemon and restore a backup; see `crawler backup`")
    if not found.whole:
        return skip("ledger", f"{state} is too long for {GLANCE_S:.0f} s; --deep reads all of it")
    return ok("ledger", f"{state} is whole")


def processes(sums: Sums, now: Seconds) -> Iterator[Finding]:
    """Say whether the processes run what is installed, and what troubles them."""
    machine = current().machine
    changed = _installed_at()
    if not sums.members:
        yield skip("processes", "no daemon is running")
    for one in sums.members:
        yield _process(one, one.life(machine, now), now, changed)


def _process(one: Member, life: str, now: Seconds, changed: Seconds) -> Finding:
    who, pid = f"process {one.process.pid}", one.process.pid
    heard = f"last heard of {when(one.seen_at or one.started_at, now)}"
    if one.lease_until < now and life != "dead":
        remedy = (
            f"kill -USR1 {pid} tells where it stands, then kill -9 {pid}; or its machine is away"
        )
        return bad("processes", f"{who} hangs; {heard}", remedy)
    since = f"{who} started before the crawler was installed, {when(changed, now)}"
    other = f"{who} is version {one.version or 'unknown'}, and this is {crawler.__version__}"
    older = f"{who} has an older text of its configuration in force"
    odd = (
        (life == "dead", f"{who} died; {heard}", "a start takes back what that one held"),
        (one.version != crawler.__version__, other, "restart it"),
        (one.started_at < changed, since, "restart it"),
        (bool(one.trouble), f"{who}: {one.trouble}", "see `crawler status`"),
        (bool(one.outdated), older, "`crawler reload`"),
    )
    for is_so, found, remedy in odd:
        if is_so:
            return warn("processes", found, remedy)
    return ok("processes", f"{who} is version {one.version}, {one.state}, {heard}")


def _installed_at() -> Seconds:
    """Return when the newest module of the crawler that is installed was written."""
    folder = Path(crawler.__file__).parent
    return max(file.stat().st_mtime for file in folder.rglob("*.py"))


def names_of(desk: Desk) -> list[str]:
    """Return names of a few hosts that the ledger knows."""
    rows = desk.page(HostsMet()).rows
    return [row.key.rpartition(":")[0] for row in rows[:: max(1, len(rows) // 5)]]


def leftovers(desk: Desk, settings: Settings, *, deep: bool) -> Finding:
    """Say how many parts lie in the output folder that belong to no URL and to no process."""
    root = settings.crawler.output
    if not root.is_dir():
        return skip("parts", f"{root} is not there yet")
    store = Stores(desk.sums().stores, root).own
    found = _stray(desk, root, store, time.monotonic() + (math.inf if deep else GLANCE_S))
    told = f"{counted(found.looked_at, 'file')} below {root}"
    if found.number:
        among = f"{counted(found.number, 'part')} of no URL among {told}, as {found.example}"
        return warn("parts", among, "`crawler audit --orphans` lists them; remove them")
    if not found.whole:
        return skip("parts", f"no stray part among {told} in time; --deep looks at all")
    return ok("parts", f"no stray part among {told}")


class _Stray(NamedTuple):
    """Parts of no URL."""

    looked_at: int
    number: int
    example: str
    whole: bool
    """Whether all was looked at."""


def _stray(desk: Desk, root: Path, store: int, until: Seconds) -> _Stray:
    """Look for parts of no URL, until a monotonic time."""
    looked_at, lost = 0, Counter[str]()
    for names in comparing.names(root, frozenset(), NAMES_AT_ONCE):
        looked_at += len(names.files) + len(names.parts)
        stray: Sequence[str] = desk.entry(Unnamed((), names.parts, store))
        lost.update(stray)
        if time.monotonic() > until:
            return _Stray(looked_at, lost.total(), min(lost, default=""), whole=False)
    return _Stray(looked_at, lost.total(), min(lost, default=""), whole=True)
