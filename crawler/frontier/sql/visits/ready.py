"""Ready hosts: which of them a process may take.

Those that are ready for longest go first, but one at a time from each address: a host goes behind
those whose address has fewer before it, held by the process or ready. What is beyond
`parking.ENOUGH` is parked, so that a look gets past the line of one address to those of others.
Where files lie in several stores, foreign hosts go behind all others (see homes.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from crawler.frontier.classes import CLASSES, Shares
from crawler.frontier.sql.connection import Connection, Cursor, require_alone
from crawler.frontier.sql.rows.file import Company
from crawler.frontier.sql.rows.pauses import ALL_PAUSED
from crawler.frontier.sql.states import ROBOTS_JOB
from crawler.frontier.sql.visits import homes, parking
from crawler.frontier.sql.visits.fair_share import HOLDERS, Share, fair_share
from crawler.frontier.sql.visits.found import Found, Row
from crawler.frontier.sql.visits.parking import ENOUGH
from crawler.frontier.sql.visits.turns import MINE
from crawler.model import Seconds
from crawler.value import mutable, value

_SCANNED = 256
"""Ready hosts that are looked at at once."""
_SCANS = 8
"""How often at the most: the address may be crowded, and the job mean something else."""
_HOSTS = f"""
SELECT id, ready_at, host.address, address.owner, {homes.FOREIGN}, {homes.OWN}
FROM host LEFT JOIN address ON ip = host.address
WHERE class = :class AND host.owner IS NULL AND NOT parked AND"""
_EQUAL = f"""
{_HOSTS} {homes.OPEN} AND ready_at = :at AND id > :host ORDER BY id LIMIT :limit /* free */"""
_BEYOND = f"""
{_HOSTS} {homes.OPEN} AND ready_at > :at AND ready_at <= :now
ORDER BY ready_at LIMIT :limit /* free */"""
_OWN = f"{_HOSTS} {homes.OWN} AND ready_at <= :now ORDER BY ready_at LIMIT :limit /* free */"
_OURS = f"""
SELECT DISTINCT host FROM json_each(:hosts) CROSS JOIN host_job ON host = value
JOIN job ON job.id = job AND active WHERE {MINE}"""
_STRANGE = f"SELECT 1 FROM job WHERE active AND id != {ROBOTS_JOB} AND NOT ({MINE}) LIMIT 1"


@value
class _Place:
    """A place in the queue of a class: just behind a host, by the time when that was ready."""

    at: Seconds = -1e300
    host: int = 0


_BEGIN = _Place()


@mutable
class Looks:
    """What a process remembers of its looks at the queues of ready hosts."""

    shares: Shares = field(default_factory=Shares)
    company: Company = field(default_factory=Company)
    places: dict[int, _Place] = field(default_factory=dict)
    """By class, where the next look goes on: the last one has not found enough until there."""


class Chosen(NamedTuple):
    """Hosts to take."""

    hosts: list[int]
    share: Share
    more: bool = False
    """Whether others were not looked at."""
    paused: bool = False
    """Whether everything is: nothing is taken."""


class _First(NamedTuple):
    """The first ready hosts of a class."""

    rows: list[Row]
    own: list[Row]
    """Those of the store of the process, which sees them behind any number of others."""


class _Asked:
    """What is asked before hosts are chosen: all at once, and read then."""

    def __init__(self, db: Connection, values: Mapping[str, Any]) -> None:
        new = values["new"]
        if new > 0 and db.alone:
            db.run(parking.BRING_BACK, {**values, "number": min(parking.BROUGHT_BACK, new)})
        self._paused = db.execute(ALL_PAUSED)
        self._holders = db.execute(HOLDERS, values)
        self._strange = db.execute(_STRANGE, values)
        self._open = None if db.alone else db.execute(parking.ANY_OPEN, values)
        self._first = {
            weight: _ask_for(db, {**values, "class": weight}, _BEGIN, new)
            for weight in (CLASSES if new > 0 else ())
        }
        self._own = {
            weight: db.execute(_OWN, {**values, "class": weight, "limit": new})
            for weight in self._first
        }
        self._db = db
        self._new = new

    def read(self) -> tuple[Share, bool, bool, dict[int, _First]]:
        """Return the share of the owner, whether all is paused, whether jobs are strange to it.

        Return also the first ready hosts, by class.
        """
        (paused,), strange = self._paused.fetchone(), self._strange.fetchone() is not None
        holders = self._holders.fetchone()
        if self._open and self._new > 0 and not paused and self._open.fetchone()[0]:
            require_alone(self._db)
        rows = {
            weight: _First(_read(one), _read(self._own[weight]))
            for weight, one in self._first.items()
        }
        share = fair_share(holders, 0 if paused else self._new)
        return share, bool(paused), strange, rows


def choose(db: Connection, looks: Looks, values: Mapping[str, Any]) -> Chosen:
    """Return up to `new` hosts to take.

    `values` has the number `new`, the `owner`, the time `now`, and whether it visits `all_jobs`.
    """
    share, paused, strange, first = _Asked(db, values).read()
    if paused or not first:
        return Chosen([], share, paused=paused)
    found, more = _ready(db, looks, {**values, "strange": strange}, first)
    return Chosen(_chosen(looks.shares, found, values["new"], share), share, more)


def _ready(
    db: Connection, looks: Looks, values: Mapping[str, Any], first: Mapping[int, _First]
) -> tuple[dict[int, dict[int, Row]], bool]:
    """Return ready hosts, by class.

    Return also whether there may be others: only so many are looked at. Of hosts at crowded
    addresses those stay ready for which there is room; the others are parked.
    """
    crowd = parking.Crowd(db)
    found = {
        weight: _ready_of(db, crowd, looks, {**values, "class": weight}, rows)
        for weight, rows in first.items()
    }
    taken = {weight: one.first(values["new"]) for weight, one in found.items()}
    left = [set(one.levels[ENOUGH]) - taken[weight].keys() for weight, one in found.items()]
    parking.park(db, [host for hosts in left for host in hosts], values["now"])
    return taken, any(one.more for one in found.values())


def _ready_of(
    db: Connection,
    crowd: parking.Crowd,
    looks: Looks,
    values: Mapping[str, Any],
    first: _First,
) -> Found:
    """Return up to `new` hosts of a class, and more if some jobs are `strange` to the owner.

    `first` are the first ready ones.

    A host at an address of another process is parked. One whose jobs all mean something else to
    this process is left to those that know them, and the next look goes on behind it.
    """
    found, weight, strange, new = Found(), values["class"], values["strange"], values["new"]
    place, own = looks.places.pop(weight, _BEGIN) if strange else _BEGIN, first.own
    for turn in range(_SCANS):
        limit = max(new, _SCANNED) if strange or turn else new
        rows = _scan(db, values, place, limit) if strange or turn else first.rows
        looked = _in_order(rows, own)
        free = _free(db, looked, values)
        found.add(crowd, _ours(db, values, free) if strange else free)
        if len(rows) < limit or found.enough(new, _SCANNED):
            return found
        place, own = _Place(rows[-1].ready_at, rows[-1].host), []
    looks.places[weight] = place
    found.more = len(looked) > len(free)  # what was parked is out of the way of the next lease
    return found


def _scan(db: Connection, values: Mapping[str, Any], place: _Place, limit: int) -> list[Row]:
    """Return the next ready hosts of a class."""
    at = {**values, "at": place.at, "host": place.host, "limit": limit}
    rows = db.execute(_EQUAL, at).fetchall() if place.host else []
    if len(rows) < limit:
        rows += _ask_for(db, values, place, limit - len(rows)).fetchall()
    return list(map(Row._make, rows))


def _read(rows: Cursor) -> list[Row]:
    return list(map(Row._make, rows.fetchall()))


def _in_order(rows: list[Row], own: list[Row]) -> list[Row]:
    """Return hosts in the order in which they are ready; some of them twice."""
    return sorted((*rows, *own), key=lambda row: row.ready_at) if own else rows


def _ask_for(db: Connection, values: Mapping[str, Any], place: _Place, limit: int) -> Cursor:
    """Ask for hosts of a class that are ready later than a place."""
    return db.execute(_BEYOND, {**values, "at": place.at, "limit": limit})


def _free(db: Connection, rows: Sequence[Row], values: Mapping[str, Any]) -> list[Row]:
    """Return the hosts whose address no other process has, and park the others."""
    free = [row for row in rows if row.holder in {None, values["owner"]}]
    others = [row.host for row in rows if row.holder not in {None, values["owner"]}]
    parking.park(db, others, values["now"])
    return free


def _ours(db: Connection, values: Mapping[str, Any], rows: Sequence[Row]) -> list[Row]:
    """Return those hosts that a job visits which means the same to the owner."""
    numbers = {**values, "hosts": json.dumps([row.host for row in rows])}
    ours = {host for (host,) in db.execute(_OURS, numbers)}
    return [row for row in rows if row.host in ours]


def _chosen(
    shares: Shares, found: Mapping[int, Mapping[int, Row]], new: int, share: Share
) -> list[int]:
    """Return up to `new` hosts to take, of every class its part.

    Hosts at an address where the process holds a host can have no other owner, so they do not
    count against its share.
    """
    chosen = shares.pick({weight: list(hosts) for weight, hosts in found.items()}, new)
    rows = {host: row for hosts in found.values() for host, row in hosts.items()}
    return _within_share([rows[host] for host in chosen], share)


def _within_share(chosen: list[Row], share: Share) -> list[int]:
    """Return the chosen hosts; of those at addresses that the owner lacks only its share."""
    within, taken = [], 0
    for row in chosen:
        if row.holder is None:
            if not share.allows(taken, own=bool(row.own)):
                continue
            taken += 1
        within.append(row.host)
    return within
