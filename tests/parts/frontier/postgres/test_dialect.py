"""Statements in SQLite's dialect as PostgreSQL takes them."""

import pytest

from crawler.frontier.postgres.dialect import translated


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("SELECT a FROM t WHERE b = ? AND c = :c", "SELECT a FROM t WHERE b = %s AND c = %(c)s"),
        ("SELECT a::text FROM t", "SELECT a::text FROM t"),
        ("SELECT ':a ?' FROM t -- :b", "SELECT ':a ?' FROM t"),
        ("SELECT a FROM t WHERE a LIKE 'x:%'", "SELECT a FROM t WHERE a LIKE 'x:%%'"),
        ("DELETE FROM temp.t", "DELETE FROM pg_temp.t"),
        ("SELECT 1 FROM a CROSS JOIN b ON b.c = a.c", "SELECT 1 FROM a JOIN b ON b.c = a.c"),
        ("SELECT 1 FROM a CROSS JOIN b WHERE a.c", "SELECT 1 FROM a CROSS JOIN b WHERE a.c"),
        (
            "SELECT 1 FROM a CROSS JOIN (SELECT 1 FROM c JOIN d ON x) AS e WHERE a.c",
            "SELECT 1 FROM a CROSS JOIN (SELECT 1 FROM c JOIN d ON x) AS e WHERE a.c",
        ),
        ("INSERT OR IGNORE INTO t VALUES (?)", "INSERT INTO t VALUES (%s) ON CONFLICT DO NOTHING"),
        (
            "INSERT OR IGNORE INTO t VALUES (1) RETURNING a",
            "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING RETURNING a",
        ),
        ("INSERT OR FAIL INTO t VALUES (1)", "INSERT INTO t VALUES (1)"),
        ("SELECT a IS :b, a IS NULL", "SELECT a IS NOT DISTINCT FROM %(b)s, a IS NULL"),
        ("SELECT value FROM json_each(?)", "SELECT value FROM each_number(%s)"),
        ("SELECT value FROM json_each(/* texts */ ?)", "SELECT value FROM each_text( %s)"),
        (
            "SELECT count(*) FROM (SELECT 1 FROM t LIMIT 3)",
            "SELECT count(*) FROM (SELECT 1 FROM t LIMIT 3) AS nameless_21",
        ),
        ("SELECT 1 FROM (SELECT 1) AS t", "SELECT 1 FROM (SELECT 1) AS t"),
        ("SELECT CAST(a AS REAL)", "SELECT CAST(a AS double precision)"),
        (
            "DELETE FROM t WHERE a IN (/* few */ SELECT (b) FROM s) AND c",
            "DELETE FROM t WHERE a = ANY (ARRAY( SELECT (b) FROM s)) AND c",
        ),
        (
            "SELECT 1 FROM t WHERE NOT EXISTS (/* each */ SELECT 1 FROM s WHERE (a))",
            "SELECT 1 FROM t WHERE NOT EXISTS ( SELECT 1 FROM s WHERE (a) OFFSET 0)",
        ),
        (
            "SELECT id FROM host LIMIT 3 /* free */",
            "SELECT id FROM host LIMIT 3 FOR NO KEY UPDATE OF host SKIP LOCKED",
        ),
        ("SELECT 9e999", "SELECT 'infinity'::double precision"),
    ],
)  # fmt: skip
def test_a_statement_is_translated(given, made):
    assert " ".join(translated(given).split()) == made
