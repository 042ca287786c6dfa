"""Procedures as functions of a session: their statements run where the rows are.

They are temporary, so each process runs its own version of them, and an older one beside it.
"""

from crawler.frontier.postgres.apart import APART
from crawler.frontier.postgres.dialect import numbered
from crawler.frontier.sql.procedures import Apart, Each, Procedure

LOST = "CR001"
"""The SQLSTATE of a lease that is lost; classes from I to Z are nobody's (SQL:2016, 24.1)."""
_KINDS = {
    "all_jobs": "boolean", "hosts": "text", "tasks": "bigint", "owner": "bigint",
    "now": "double precision", "upto": "bigint", "ip": "text", "number": "bigint", "new": "bigint",
    "store": "bigint", "host": "bigint", "job": "bigint",
}  # fmt: skip
"""Types of parameters, by name."""
_FENCE = f"""
IF NOT EXISTS (SELECT 1 FROM process WHERE id = :owner) THEN
    RAISE EXCEPTION 'lease lost' USING ERRCODE = '{LOST}'; END IF"""


def function_of(procedure: Procedure) -> str:
    """Return the statement that makes the function of a procedure."""
    names = procedure.parameters
    lines = [numbered(_FENCE, names)] if procedure.fenced else []
    lines += [_line(one, names) for one in procedure.statements]
    kinds = ", ".join(_KINDS[name] for name in names)
    body = ";\n".join(lines)
    return (
        f"CREATE FUNCTION pg_temp.{procedure.name}({kinds}) RETURNS void LANGUAGE plpgsql "
        f"AS $body$ BEGIN {body}; END $body$"
    )


def call_of(procedure: Procedure) -> str:
    """Return the statement that runs a procedure, with psycopg's marks for its parameters."""
    return f"SELECT pg_temp.{procedure.name}({_marks(procedure)})"


def _marks(procedure: Procedure) -> str:
    return ", ".join(f"%({one})s::{_KINDS[one]}" for one in procedure.parameters)


def _line(statement: str | Each | Apart, names: list[str]) -> str:
    if isinstance(statement, Apart):
        return ";\n".join(numbered(one, names) for one in APART[statement.name])
    if not isinstance(statement, Each):
        return numbered(statement, names)
    columns = ", ".join(statement.procedure.parameters)
    rows = numbered(statement.rows, names)
    return (
        f"PERFORM pg_temp.{statement.procedure.name}({columns}) FROM ({rows}) AS each ({columns})"
    )
