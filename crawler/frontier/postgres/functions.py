"""Functions that the statements of `crawler.frontier.sql` use, and SQLite alone has.

They are a part of the schema of a ledger. A scalar `min` or `max` is NULL where one of its
arguments is, which `least` and `greatest` are not.
"""

_FUNCTIONS = """
CREATE FUNCTION ifnull(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce($1, $2) $$;
CREATE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN $1 THEN $2 ELSE $3 END $$;
CREATE FUNCTION each_number(text) RETURNS TABLE (key bigint, value bigint)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 64 AS $$ SELECT at - 1, one::bigint
    FROM json_array_elements_text($1::json) WITH ORDINALITY AS each (one, at) $$;
CREATE FUNCTION each_text(text) RETURNS TABLE (key bigint, value text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 64 AS $$ SELECT at - 1, one
    FROM json_array_elements_text($1::json) WITH ORDINALITY AS each (one, at) $$;
CREATE FUNCTION each_pair(text) RETURNS TABLE (key bigint, value json)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 64 AS $$ SELECT at - 1, one
    FROM json_array_elements($1::json) WITH ORDINALITY AS each (one, at) $$;
CREATE FUNCTION json_extract(json, text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT ($1 ->> substr($2, 3, 1)::integer)::bigint $$;
CREATE FUNCTION json_patch(text, text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ($1::jsonb || $2::jsonb)::text $$;
CREATE FUNCTION instr(bytea, bytea) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT position($2 IN $1) $$;
CREATE AGGREGATE max(boolean) (sfunc = boolor_statefunc, stype = boolean)"""
_KINDS = ("double precision", "bigint", "text")
_MOST = 5
"""Arguments of a scalar `min` or `max`."""


def _extreme(name: str, best: str, kind: str, number: int) -> str:
    places = [f"${one}" for one in range(1, number + 1)]
    null = " OR ".join(f"{one} IS NULL" for one in places)
    kinds = ", ".join([kind] * number)
    return (
        f"CREATE FUNCTION {name}({kinds}) RETURNS {kind} LANGUAGE sql IMMUTABLE PARALLEL SAFE "
        f"AS $$ SELECT CASE WHEN {null} THEN NULL ELSE {best}({', '.join(places)}) END $$"
    )


FUNCTIONS = (
    *_FUNCTIONS.split(";"),
    *(
        _extreme(name, best, kind, number)
        for name, best in (("min", "least"), ("max", "greatest"))
        for kind in _KINDS
        for number in range(2, _MOST + 1)
    ),
)
"""Statements that make them, in this order."""
