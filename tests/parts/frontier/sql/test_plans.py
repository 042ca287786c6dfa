"""No verb reads a whole table of hosts or URLs, by the plans of SQLite for its statements."""

import re

from crawler.frontier.sql.engine import PROCEDURES
from crawler.frontier.sql.procedures import Apart
from crawler.frontier.sqlite.file.temporary import TABLES
from tests.parts.desk import assert_answers_agree
from tests.parts.frontier.walk import Walk
from tests.parts.frontiers import Timed

STEPS, WALKS = 150, 3
SHORT = {
    *(f"temp.{name}" for name in TABLES), "json_each", "job", "process", "ledger", "clock",
    "looked", "under_way", "sweep", "tally", "source", "store", "wish", "woken", "ordered",
    "budget", "login", "hook", "begun", "counter", "counted", "sample", "leased", "CONSTANT",
    "sqlite_schema", *TABLES,
}  # fmt: skip
"""Tables that are as long as a configuration, or as one call of a verb."""
DERIVED = {
    "first", "line", "queue", "ends", "ranks", "least", "found", "part", "bound",
    "open", "older", "newest", "each", "living", "3",
}  # fmt: skip
"""Names within statements for rows that were found by an index, with a limit."""
BOUNDED = {
    "SELECT count(*) FROM recent": "once for thousands of URLs, and never of more rows",
}
"""Statements that read a whole table, and why they may."""
AT_HAND = {
    "host USING INDEX host_parked": "hosts that wait for an address, counted as far as a bound",
    "host USING COVERING INDEX host_parked": "likewise",
}
"""Indexes of a few rows that may be read from one end to the other, and what these are."""
VALUE = re.compile(r"'(?:[^']|'')*'|\b[xX]'\w*'|-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b")


def asked(frontier, file, number):
    """Return the statements of a random walk, one of each kind."""
    seen = {}

    def note(statement):
        seen.setdefault(VALUE.sub("?", statement), statement)

    within = frontier._file._native.call
    within(frontier._file.db.set_trace_callback, note)
    walk = Walk(frontier, file, number)
    for _ in range(STEPS):
        walk.step()
    assert_answers_agree(frontier, walk.now)
    within(frontier._file.db.set_trace_callback, None)
    return [
        one
        for one in seen.values()
        if one.lstrip().split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
    ]


def within_procedures():
    """Return the statements of the procedures, which SQLite does not tell of as it runs them."""
    return [
        re.sub(r":\w+", "1", getattr(statement, "rows", statement))
        for one in PROCEDURES
        for statement in one.statements
        if not isinstance(statement, Apart)
    ]


def scanned(frontier, statement):
    """Return what the plan of a statement reads from one end to the other."""
    plan = frontier._file._native.call(
        lambda: frontier._file.db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    )
    scans = {match.group(1) for *_, detail in plan if (match := re.match(r"SCAN (.+)", detail))}
    names = {scan.split()[0] for scan in scans - AT_HAND.keys()}
    return {name for name in names - SHORT - DERIVED if not name.startswith("(subquery")}


def looped(frontier, statement):
    """Return the staged tables that a statement reads again for every row of another one."""
    plan = frontier._file._native.call(
        lambda: frontier._file.db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    )
    inner = {number for number, _, _, detail in plan if detail.startswith("CORRELATED")}
    found = set()
    for _, parent, _, detail in plan:
        if not detail.startswith(("SCAN", "SEARCH")):
            continue
        table = detail.split()[1].removeprefix("temp.")
        if detail.startswith("SCAN") and parent in inner and table in TABLES:
            found.add(table)
        inner.add(parent)
    return found


def test_no_procedure_reads_a_staged_table_again_for_every_row(tmp_path):
    with Timed(tmp_path / "state.sqlite", durable=False) as frontier:
        found = {one: looped(frontier, one) for one in within_procedures()}
    assert not {one: tables for one, tables in found.items() if tables}


def test_no_statement_reads_a_whole_table_of_hosts_or_urls(tmp_path):
    found = {}
    for number in range(WALKS):
        file = tmp_path / f"{number}.sqlite"
        with Timed(file, durable=False) as frontier:
            for statement in [*asked(frontier, file, number), *within_procedures()]:
                kind = " ".join(VALUE.sub("?", statement).split())
                if kind not in BOUNDED and (names := scanned(frontier, statement)):
                    found[kind] = names
    assert not found, "\n".join(f"{names}: {statement}" for statement, names in found.items())
