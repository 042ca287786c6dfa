"""What the machine gives a deployment: folders, room, descriptors, a clock."""

import ctypes
import os
import pwd
import resource
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from crawler.config import CrawlerOptions, Settings
from crawler.daemon.guards.measures import Room, measure
from crawler.frontier import Member
from crawler.frontier.process import PROC
from crawler.log import size
from crawler.model import Seconds
from crawler.policy.findings import Finding, bad, ok, skip, warn
from crawler.policy.pressure import ABOVE_FLOOR, wanted_descriptors
from crawler.state_address import folders_of

SKEW_S: Seconds = 2.0
"""How far this clock may be from the frontier's, and ahead of that the word of a living process."""
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
_STATUS_AT, _UNSYNCHRONIZED = 40, 0x40
"""Where struct timex has its status, and STA_UNSYNC in it (adjtimex(2), 64 bits)."""


def folders(settings: Settings) -> Iterator[Finding]:
    """Say whether this user may do what the daemon does in its folders."""
    options = settings.crawler
    inboxes = [(f"inbox of {job.name}", job.inbox) for job in settings.jobs if job.inbox]
    state = [("state", folder) for folder in folders_of(options.state)]
    wanted = [("output", options.output), *state, *inboxes]
    wrong = [found for name, folder in wanted if (found := _folder(name, folder))]
    yield from wrong
    if not wrong:
        yield ok("folders", f"{', '.join(str(folder) for _, folder in wanted)}: may be written")
    yield from _ledger_file(options)


def _folder(name: str, wanted: Path) -> Finding | None:
    """Say what is wrong with a folder, or with the one in which it is to be made."""
    folder = next(one for one in (wanted, *wanted.parents) if one.exists())
    if not folder.is_dir():
        return bad("folders", f"{name}: {folder} is no folder", "name another one")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return bad(
            "folders", f"{name}: {user(os.geteuid())} may not write to {folder}",
            f"give {folder} to that user, or run this as the user of the daemon",
        )  # fmt: skip
    return None


def _ledger_file(options: CrawlerOptions) -> Iterator[Finding]:
    """Say whether strangers may read the ledger, and whether it is another user's."""
    if not (isinstance(options.state, Path) and options.state.exists()):
        return
    found = options.state.stat()
    if found.st_mode & stat.S_IROTH:
        yield bad(
            "rights", f"{options.state}, with what is secret in lists, may be read by everybody",
            f"chmod o= {options.state}*",
        )  # fmt: skip
    elif found.st_uid == os.geteuid():
        yield ok("rights", f"the ledger is of {user(found.st_uid)}, and for nobody else to read")
    if found.st_uid != os.geteuid():
        yield warn(
            "rights", f"the ledger is of {user(found.st_uid)}, and this is {user(os.geteuid())}",
            f"run this as {user(found.st_uid)}: what it says of folders is of another user",
        )  # fmt: skip


def user(number: int) -> str:
    """Return the name of a user, or the number where there is no name."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def room(options: CrawlerOptions) -> Iterator[Finding]:
    """Say whether the disks have the room that the guards want."""
    wanted = dict.fromkeys(map(_existing, (options.output, *folders_of(options.state))))
    for at in measure(list(wanted)).rooms:
        yield _room(at, "room", at.free, options.guards.min_free, "min_free")
        yield _room(at, "inodes", at.inodes, options.guards.min_inodes, "min_inodes")


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _room(at: Room, what: str, left: int | None, least: int, option: str) -> Finding:
    if left is None:
        return skip(what, f"{at.folder}: this file system does not tell")
    told = size(left) if what == "room" else f"{left:,} inodes"
    if left < least:
        return bad(
            what, f"{at.folder}: {told} left, and no visit begins below crawler.guards.{option}",
            "make room",
        )  # fmt: skip
    if left < 2 * ABOVE_FLOOR * least or not left:
        return warn(what, f"{at.folder}: {told} left", f"make room before {option} is reached")
    return ok(what, f"{at.folder}: {told} left")


def descriptors(settings: Settings, members: list[Member]) -> Iterator[Finding]:
    """Say whether a process may open what its visits need: one of here, and those that run."""
    wanted = wanted_descriptors(settings.crawler.concurrency)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = {f"process {one.process.pid}": _limit_of(one.process.pid) for one in members}
    found = {who: limit for who, limit in limits.items() if limit} or {"a start from here": hard}
    yield from (_allowed(who, limit, wanted) for who, limit in found.items())


def _allowed(who: str, limit: int, wanted: int) -> Finding:
    if limit != resource.RLIM_INFINITY and limit < wanted:
        return bad(
            "descriptors", f"{who} may open {limit:,}, and concurrency wants {wanted:,}",
            "raise minfds of supervisord (and its own limit), or lower concurrency",
        )  # fmt: skip
    told = "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"
    return ok("descriptors", f"{who} may open {told}, concurrency wants {wanted:,}")


def _limit_of(pid: int) -> int | None:
    """Return how many descriptors another process may open; None where /proc does not tell."""
    with suppress(OSError, StopIteration, ValueError):
        lines = (PROC / f"{pid}/limits").read_text().splitlines()
        return int(next(one for one in lines if one.startswith("Max open files")).split()[3])
    return None


def clock(members: list[Member], now: Seconds) -> Iterator[Finding]:
    """Say whether the clock is kept right, and agrees with the frontier's, which shows `now`."""
    yield _synchronized()
    differs_s = time.time() - now
    if abs(differs_s) > SKEW_S:
        told = f"it differs by {differs_s:+,.0f} s from the frontier's clock, which is gone by"
        yield warn("clock", told, "set it right, or wait: it counts once it has stood for 10 min")
    ahead = [one for one in members if one.seen_at > now + SKEW_S]
    for one in ahead:
        by_s = one.seen_at - now
        yield bad(
            "clock", f"process {one.process.pid} was heard of {by_s:.0f} s from now: clocks differ",
            "set the clock of each machine by NTP: due times and rests are wall times",
        )  # fmt: skip


def _synchronized() -> Finding:
    """Ask systemd's time service, then the kernel (adjtimex(2)), which has what other ones said."""
    if _SYNCHRONIZED.exists():
        return ok("clock", "it is set by NTP (systemd-timesyncd)")
    status = _kernel_status()
    if status is None:
        return skip("clock", "this system does not tell whether NTP sets it")
    if status & _UNSYNCHRONIZED:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        told = f"nothing keeps it right, as the kernel says; it shows {now}"
        return warn("clock", told, "run an NTP service: schedules and hours go by it")
    return ok("clock", "it is set by NTP, as the kernel says")


def _kernel_status() -> int | None:
    """Return the status of the kernel's clock; nothing is set."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None or ctypes.sizeof(ctypes.c_long) != 8:
        return None
    timex = ctypes.create_string_buffer(512)
    if adjtimex(timex) < 0:
        return None
    return int.from_bytes(timex.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder)
