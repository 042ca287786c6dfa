"""What is found of the server that has the ledger."""

from dataclasses import replace

import pytest

from crawler.frontier import ServerAccount
from crawler.state_address import state_address
from crawler.verbs.doctor.server import findings, written_secret

WELL = ServerAccount("15.18", 0.0012, 8_200_000, 12, 97, (), encrypted=True, denied=())


def told(**changes):
    return [(one.level, one.check, one.found) for one in findings(replace(WELL, **changes))]


def test_of_a_server_that_is_well_all_is_well():
    assert told() == [
        ("ok", "server", "PostgreSQL 15.18, 1.2 ms away; the ledger has 8.2 MB"),
        ("ok", "connections", "12 of 97 connections are taken"),
    ]


@pytest.mark.parametrize(("changes", "level", "check", "words"), [
    ({"round_trip": 0.2}, "warn", "server", "PostgreSQL 15.18, 200.0 ms away"),
    ({"used": 88}, "warn", "connections", "88 of 97 connections are taken"),
    ({"denied": ("DELETE on task",)}, "bad", "rights", "this user has no DELETE on task"),
    ({"denied": ("a", "b", "c")}, "bad", "rights", "this user has no a, and 2 more"),
    ({"off": ("fsync",)}, "warn", "durability", "fsync is off: a crash of the server loses what"),
    ({"encrypted": False}, "warn", "tls", "who listens reads what is said"),
])  # fmt: skip
def test_what_is_not_well_is_told_with_its_remedy(changes, level, check, words):
    (found,) = [one for one in findings(replace(WELL, **changes)) if one.level != "ok"]
    assert (found.level, found.check) == (level, check)
    assert found.found.startswith(words)
    assert found.remedy


URL = "postgresql://me:h1dden%40@db.example/x"


@pytest.mark.parametrize(("text", "mode", "number"), [
    (f"state: {URL}", 0o644, 1), (f"state: {URL}", 0o640, 0),
    ("state: postgresql://me:${file:p}@db.example/x", 0o644, 0),
])  # fmt: skip
def test_a_password_that_everybody_may_read_is_told_of_and_not_told(tmp_path, text, mode, number):
    file = tmp_path / "crawler.yaml"
    file.write_text(text)
    file.chmod(mode)
    found = list(written_secret(state_address(URL), file))
    assert [one.level for one in found] == ["bad"] * number
    assert "h1dden" not in str(found)
    assert not list(written_secret(tmp_path, file))
