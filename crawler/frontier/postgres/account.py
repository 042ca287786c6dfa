"""How a server is that has a ledger: what is asked of it for people."""

import time

from crawler.frontier.answers import ServerAccount
from crawler.frontier.postgres.connection import Connection
from crawler.model import Seconds

LOOKS = 3
"""Round trips, of which the shortest counts."""
_ABOUT = """
SELECT current_setting('server_version'),
    (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'),
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int,
    ARRAY(SELECT name FROM pg_settings WHERE setting = 'off'
        AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name),
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
        OR inet_server_addr() IS NOT DISTINCT FROM inet_client_addr()"""
_DENIED = """
SELECT action || ' on ' || relname
FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS action
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    AND NOT has_table_privilege(oid, action)
UNION ALL SELECT 'TEMPORARY on DATABASE ' || current_database()
WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
ORDER BY 1"""


def account(db: Connection) -> ServerAccount:
    """Return how the server is."""
    found = db.server.execute(_ABOUT).fetchone()
    assert found is not None  # it is one row
    version, size, used, most, off, encrypted = found
    return ServerAccount(
        version=version.partition(" ")[0],
        round_trip=min(_round_trip(db) for _ in range(LOOKS)),
        bytes=size,
        used=used,
        most=most,
        off=tuple(off),
        encrypted=encrypted,
        denied=tuple(words for (words,) in db.server.execute(_DENIED)),
    )


def _round_trip(db: Connection) -> Seconds:
    began = time.monotonic()
    db.server.execute("SELECT 1")
    return time.monotonic() - began
