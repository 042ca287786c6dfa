"""Jars of cookies come with the hosts that they are for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.cookies import known
from crawler.frontier.sql.rows.terms import Visitor
from crawler.frontier.values import LeasedHost
from crawler.policy.cookie_jar import jar_name
from crawler.urls import split


def with_jars(
    db: Connection, visitor: Visitor, hosts: Sequence[LeasedHost]
) -> tuple[LeasedHost, ...]:
    """Return hosts with the jars of the visitor's jobs, as far as these have any for them."""
    wanted = {host.id: list(_wanted(visitor, host)) for host in hosts}
    found = {}
    for job in visitor.keeps:
        jars = {jar for each in wanted.values() for name, jar in each if name == job}
        found.update({(job, one.jar): one for one in known(db, job, sorted(jars))})
    return tuple(
        replace(host, jars=tuple(filter(None, map(found.get, wanted[host.id])))) for host in hosts
    )


def _wanted(visitor: Visitor, host: LeasedHost) -> Iterator[tuple[str, str]]:
    """Yield the jars that a host's visits may need, by job."""
    place = split(f"http://{host.key}/")
    for job in visitor.keeps.keys() & host.jobs:
        yield job, jar_name(visitor.keeps[job], place)
