"""What the copier knows of tables is what the engine makes of them."""

import sqlite3
from contextlib import closing

from crawler.frontier.copying.tables import tables, without_rows
from crawler.frontier.postgres.schema import tables as on_server
from crawler.frontier.sql.tables.ledger import TABLES
from crawler.frontier.sqlite.file.database import statements
from tests.parts.copies import names


def test_every_table_is_known_with_its_columns_and_its_key():
    found = {
        one.name: ([*map(plain, one.columns)], [*map(plain, one.key)], {*map(plain, one.integers)})
        for one in tables()
    }
    assert found == {
        name: (
            [column for column, *_ in columns],
            [column for column, *_, key in sorted(columns, key=lambda one: one[-1]) if key],
            {column for column, kind, *_ in columns if kind == "INTEGER"},
        )
        for name, columns in names().items()
    }


def plain(column):
    return column.strip('"')


def test_the_tables_that_never_give_a_number_again_are_known():
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        sql = "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'"
        assert {one.name for one in tables() if one.counts} == {name for (name,) in db.execute(sql)}


def test_an_empty_ledger_without_its_rows_is_made_in_two_parts_of_which_the_later_is_repeatable():
    begin, end = without_rows(statements(TABLES))
    with closing(sqlite3.connect(":memory:")) as db, closing(sqlite3.connect(":memory:")) as whole:
        whole.executescript(TABLES)
        for statement in (*begin, *end, *end):
            db.execute(statement)
        schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
        assert db.execute(schema).fetchall() == whole.execute(schema).fetchall()
        for table in tables():
            assert not db.execute(f"SELECT 1 FROM {table.name}").fetchall()  # noqa: S608


def test_a_server_keeps_what_says_how_new_its_tables_are():
    begin, end = without_rows(on_server())
    assert [one for one in begin if one.startswith("INSERT")] == [
        one for one in on_server() if one.startswith("INSERT INTO gate")
    ]
    assert any("TRIGGER" in one for one in end)
    assert not any(one.startswith(("CREATE INDEX", "CREATE TRIGGER")) for one in begin)
