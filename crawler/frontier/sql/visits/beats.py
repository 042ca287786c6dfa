"""Heartbeats: an owner lives on, and takes back what the dead have left."""

from collections.abc import Callable

from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.procedures import lost_error
from crawler.frontier.sql.rows.course import look
from crawler.frontier.sql.rows.identity import ask_in_force, in_force_from
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.visits import counting, sampling, under_way
from crawler.frontier.sql.visits.reclaiming import OWNERS, Other, dead, reclaim
from crawler.frontier.values import LEASE_S, Beat, Pulse, Watched
from crawler.model import Seconds
from crawler.policy.course import Reading

_DECLARED = "SELECT ifnull(sum(declared), 0) FROM process WHERE machine = ? AND id != ?"
_PULSE = """
UPDATE process SET lease_until = max(lease_until, ?), seen_at = ?, state = ?, config = ?, busy = ?,
    declared = ?, visits = ?, rate = ?, rate_ok = ?, bytes = ?, trouble = ?, no_room = ?,
    paused_at = ?, paused_for = ?, reloaded_at = ?, reloaded = ?, descriptors = ?, memory = ?,
    disk_free = ?, disk_inodes = ?, lag = ? WHERE id = ? RETURNING machine"""


def beat(
    db: Connection,
    names: Names,
    owner: int,
    pulse: Pulse,
    read: Callable[[], Reading],
    watched: Watched | None,
) -> Beat:
    """Extend the leases of an owner, record how its process is, take back those of the dead.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    course, now = look(db, read)
    beaten, asked = _heartbeat(db, owner, pulse, now), db.execute(OWNERS)
    counting.tell(db, owner, pulse.counted)
    others = [Other(*row) for row in asked.fetchall()]
    machine = _answered(beaten)
    gone = dead([one for one in others if one.owner != owner], now, machine, watched)
    reclaimed = reclaim(db, names, now, gone)
    declared, force = db.execute(_DECLARED, (machine, owner)), ask_in_force(db)
    taken = sampling.ask_taken(db, now)
    lost = {one for one, _ in gone}
    looked = under_way.note(db, owner, pulse, now)
    sampling.take(db, owner, taken, now)
    return Beat(
        reclaimed,
        {one.owner: one.seen_at for one in others if one not in lost},
        in_force_from(force),
        course,
        looked,
        declared.fetchone()[0],
    )


def _heartbeat(db: Connection, owner: int, pulse: Pulse, now: Seconds) -> Cursor:
    """Extend the leases of an owner, never to an earlier time, and record the state of its process.

    Its machine is the answer.
    """
    gauges = pulse.gauges
    return db.execute(
        _PULSE,
        (
            now + LEASE_S, now, pulse.state, pulse.config, pulse.busy, pulse.declared, pulse.visits,
            pulse.rate, pulse.rate_ok, pulse.bytes, pulse.trouble, pulse.no_room,
            pulse.paused_at, pulse.paused_for, pulse.reloaded_at, pulse.reloaded,
            gauges.descriptors, gauges.memory, gauges.disk_free, gauges.disk_inodes, gauges.lag,
            owner,
        ),
    )  # fmt: skip


def _answered(beaten: Cursor) -> str:
    row = beaten.fetchone()
    if row is None:
        raise lost_error()
    return str(row[0])
