"""Rows of temporary tables, all of a verb in one statement.

They come as one JSON text: a COPY would be two round trips for each table.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from crawler.frontier.postgres.schema import TEMPORARY

_NEXT = re.compile(r", (?![^(]*\))")
_COLUMN = re.compile(r"(\w+) (bigint|double precision|boolean|text|bytea)\b")
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""A NUL in JSON, not a backslash before `u0000`: no text of PostgreSQL holds one."""


def function() -> str:
    """Return the statement that makes the function which fills the tables that it is given."""
    body = " ".join(map(_part, TEMPORARY))
    return (
        "CREATE FUNCTION pg_temp.stage(jsonb) RETURNS void LANGUAGE plpgsql "
        f"AS $body$ BEGIN {body} END $body$"
    )


def packed(tables: Mapping[str, Sequence[Sequence[Any]]]) -> str:
    """Return the rows of tables as that function takes them; these are emptied before."""
    text = json.dumps(tables, default=bytes.hex, separators=(",", ":"))
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


def _part(table: str) -> str:
    values = ", ".join(_value(at, kind) for at, (_, kind) in enumerate(_columns(TEMPORARY[table])))
    return (
        f"IF $1 ? '{table}' THEN DELETE FROM {table}; INSERT INTO {table} "
        f"SELECT {values} FROM jsonb_array_elements($1 -> '{table}') AS each (one); END IF;"
    )


def _value(at: int, kind: str) -> str:
    text = f"(one ->> {at})"
    return f"decode({text}, 'hex')" if kind == "bytea" else f"{text}::{kind}"


def _columns(text: str) -> list[tuple[str, str]]:
    """Return the names and types of the columns of a temporary table."""
    found = (_COLUMN.match(one) for one in _NEXT.split(text))
    return [(match[1], match[2]) for match in found if match]
