"""What docs/ledger.md says of the tables, against a state file as it is made."""

import re
import sqlite3
from contextlib import closing

import pytest

from tests.parts.frontiers import Timed
from tests.typed import ROOT, blocks

PAGE = (ROOT / "docs" / "ledger.md").read_text()


@pytest.fixture
def state(tmp_path):
    """A new state file."""
    file = tmp_path / "state.sqlite"
    with Timed(file, durable=False):
        pass
    with closing(sqlite3.connect(file)) as db:
        yield db


def test_the_ledger_page_has_every_table_with_its_columns(state):
    names = [
        name
        for (name,) in state.execute("SELECT name FROM sqlite_schema WHERE type IN "
                                     "('table', 'view') AND name NOT LIKE 'sqlite_%'")
    ]  # fmt: skip
    made = {name: sorted(row[1] for row in state.execute(f"PRAGMA table_info({name})"))
            for name in names}  # fmt: skip
    assert tables() == made


@pytest.mark.parametrize("query", blocks(PAGE, "sql"))
def test_the_queries_of_the_ledger_page_run(state, query):
    state.execute(query)


def tables() -> dict[str, list[str]]:
    """Return the tables of the page, those with a heading and those in the last table."""
    text = PAGE.partition("\n## Tables\n")[2].partition("\n## ")[0]
    headed = re.findall(r"^### (\w+)$(.*?)(?=^###|\Z)", text, re.MULTILINE | re.DOTALL)
    found = {
        name: [column for cell in re.findall(r"^\| (`.*?) \|", body, re.MULTILINE)
               for column in re.findall(r"`(\w+)`", cell)]
        for name, body in headed
    }  # fmt: skip
    short = re.findall(r"^\| (\w+) \| (`[^|]*) \|", text, re.MULTILINE)
    found |= {name: re.findall(r"`(\w+)`", cell) for name, cell in short}
    return {name: sorted(columns) for name, columns in found.items()}
