"""The pages of docs/ against the source: options, events, kinds, columns; none less, none more."""

import re
from dataclasses import fields
from typing import get_args

import pytest

from crawler.config import Settings
from crawler.config.text.reading import read
from crawler.frontier import LEASE_S, STATES, Entry
from crawler.frontier.postgres.opening import CONNECT_S, SESSION
from crawler.frontier.sql.held import MAX_WAIT_S
from crawler.policy.log_events import EVENTS
from crawler.policy.retry import KINDS
from crawler.verbs.record import record
from crawler.verbs.stores import Stores
from tests.events import events, services
from tests.option_table import COMMAND, PAGE, tables, written
from tests.typed import ROOT

LOG = (ROOT / "docs" / "log.md").read_text()
LEDGER = (ROOT / "docs" / "ledger.md").read_text()


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the table that follows a heading, without its head."""
    text = page.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [re.split(r" ?\| ", line) for line in lines[1:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_tables_of_options_are_those_of_the_settings():
    page = PAGE.read_text()
    assert page == written(page), f"docs/configuration.md is out of date; run `{COMMAND}`"


def test_the_tables_of_options_have_every_option():
    page = PAGE.read_text()
    crawler = Settings.model_fields["crawler"].annotation
    (job,) = (one for one in get_args(Settings.model_fields["jobs"].annotation) if one is not ...)
    for prefix, model in (("crawler.", crawler), ("jobs[].", job)):
        for name in model.model_fields:
            assert f"| `{prefix}{name}" in page


def test_the_log_page_has_every_event_and_no_other():
    assert sorted(row[0] for row in rows(LOG, "## All events")) == sorted(
        f"`{name}`" for name in events()
    )


def test_options_know_every_event_and_no_other():
    """`crawler/policy/log_events.py` is what `log.levels` and `crawler tail` are checked by."""
    named = {
        name.replace("SERVICE", service)
        for name in events()
        for service in (services() if "SERVICE" in name else [""])
    }
    assert named == EVENTS


@pytest.mark.parametrize("event", sorted(events()))
def test_the_log_page_has_the_levels_and_fields_of_an_event(event):
    logged = events()[event]
    (row,) = (row for row in rows(LOG, "## All events") if row[0] == f"`{event}`")
    _, levels, shown, _ = row
    if event == "visit":  # its fields have a table of their own
        shown = " ".join(name for name, _ in rows(LOG, "## A visit"))
    assert set(levels.split(", ")) == logged.levels
    assert set(named(shown)) == logged.fields


def test_the_log_page_has_every_kind_with_the_word_of_reports():
    shown = {named(kind)[0]: word for kind, _, word in rows(LOG, "## Kinds")}
    assert shown == {kind.value: row.word for kind, row in KINDS.items()}


def test_the_log_page_names_the_services_that_are_started_anew():
    (sentence,) = re.findall(r"`SERVICE` is one of (.*)\.", LOG)
    assert set(named(sentence)) == services()


def test_the_ledger_page_has_the_columns_of_export_in_their_order():
    entry = Entry(**{one.name: None for one in fields(Entry)} | {"state": 0, "due_at": 0.0})
    columns = [named(row[0])[0] for row in rows(LEDGER, "## Columns of `export`")]
    assert columns == list(record(entry, Stores(())))


def test_the_ledger_page_has_the_states_of_a_url():
    (row,) = (row for row in rows(LEDGER, "## Columns of `export`") if row[0] == "`state`")
    assert named(row[1]) == list(STATES)
    (row,) = (row for row in rows(LEDGER, "### task") if row[0] == "`state`")
    assert row[1] == ", ".join(f"{number} {state}" for number, state in enumerate(STATES))


EXAMPLE = ROOT / "config" / "crawler.yaml"
OWN_VALUES = {"user_agent", "state", "output", "headers"}
"""Options of the annotated example whose values are not the defaults; it says so above them."""


@pytest.mark.parametrize("section", ["crawler", "job_defaults"])
def test_the_annotated_example_shows_the_defaults(section):
    model = Settings.model_fields[section].annotation
    shown = model.model_validate(read(EXAMPLE, {}).value[section])
    default = model()
    set_here = shown.model_fields_set
    other = {name for name in set_here if getattr(shown, name) != getattr(default, name)}
    assert other == OWN_VALUES & model.model_fields.keys()
    for name in other:
        above = EXAMPLE.read_text().partition(f"\n  {name}:")[0].rpartition("\n\n")[2]
        assert "(default: " in above, f"what is the default of {name}?"


def test_the_annotated_example_has_every_option():
    text = EXAMPLE.read_text()
    options = re.findall(r"^\| `\S+?(\w+)` \|", "".join(tables().values()), re.MULTILINE)
    assert options
    assert not [name for name in options if not re.search(rf"\b{name}\b", text)]


def test_the_page_of_servers_has_the_times_that_a_session_sets():
    page = (ROOT / "docs" / "postgresql.md").read_text()
    for name, value in SESSION.items():
        if name.endswith("_timeout"):
            assert f"`{name}` ({value.replace('s', ' s')})" in page
    assert f"`connect_timeout` is {CONNECT_S:.0f} s" in page
    assert f"for {MAX_WAIT_S:.0f} s is given up" in page
    assert f"end {LEASE_S:.0f} s later" in page
