"""What each process has taken with its last lease, so that this can be undone.

The reply to a COMMIT is lost with its connection, and the temporary tables with it.
"""

from crawler.frontier.sql.procedures import LOOKED_UP, Procedure
from crawler.frontier.sql.rows import leased
from crawler.frontier.sql.rows.addresses import let_go
from crawler.frontier.sql.rows.readiness import free
from crawler.frontier.sql.states import LEASED, WAITING

TABLE = """
CREATE TABLE last_lease (
    owner bigint PRIMARY KEY REFERENCES process ON DELETE CASCADE,
    number bigint NOT NULL,
    tasks bigint[] NOT NULL,
    hosts bigint[] NOT NULL
)"""
NOTE = """
INSERT INTO last_lease SELECT :owner, :number, ARRAY(SELECT id FROM temp.taken),
    ARRAY(SELECT host FROM temp.wanted WHERE new)
ON CONFLICT (owner) DO UPDATE SET
    number = excluded.number, tasks = excluded.tasks, hosts = excluded.hosts"""
_LAST = "FROM last_lease WHERE last_lease.owner = :owner AND number = :number"
_HOSTS = f"SELECT unnest(hosts) {_LAST}"
UNDO = Procedure(
    "undo_lease",
    "owner now number",
    leased.fewer(f"""task
WHERE {LOOKED_UP} = {LEASED} AND id IN (/* few */ SELECT unnest(tasks) {_LAST})"""),
    f"""
UPDATE task SET state = {WAITING}, attempt = attempt - 1
WHERE state = {LEASED} AND id IN (/* few */ SELECT unnest(tasks) {_LAST})""",
    free(_HOSTS),
    let_go(f"SELECT address FROM host WHERE id IN (/* few */ {_HOSTS})"),
    "UPDATE last_lease SET number = 0 WHERE last_lease.owner = :owner AND number = :number",
    fenced=True,
)
"""Gives back the tasks and the new hosts of the last lease, if it is of that number."""
