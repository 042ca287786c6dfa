"""A host taken for requests that no task stands for."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.addresses import hold, holder
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.terms import Visitor, terms_of
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds

_STATE = "SELECT owner, address, parked, max(next_at, opens_at) FROM host WHERE id = ?"
_TAKE = "UPDATE host SET owner = :owner WHERE id = :host"
_IT = "SELECT CAST(:host AS INTEGER)"


def reserve(
    db: Connection, names: Names, visitor: Visitor, owner: int, key: str, job: str, now: Seconds
) -> LeasedHost | None:
    """Take a host that rests no more, unless it or its address is another process's."""
    host = names.host_id(db, key, names.job_id(db, job))
    values = {"owner": owner, "host": host}
    holds, address, parked, ready_at = db.execute(_STATE, (host,)).fetchone()
    is_ours = {holds, holder(db, address)} <= {None, owner}
    if not is_ours or (holds is None and (parked or ready_at > now)):
        return None
    db.execute(_TAKE, values)
    db.execute(hold(_IT), values)
    return terms_of(db, visitor, _IT, values)[host].leased()
