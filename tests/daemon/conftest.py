"""The engine that has the ledgers of a test of the program."""

import pytest

from tests import postgres, program


@pytest.fixture(autouse=True)
def engine(request, tmp_path, monkeypatch):
    """Have `write_config` name a ledger of this engine, one for each folder of a configuration."""
    found = getattr(request, "param", "sqlite")
    if found == "postgres":
        monkeypatch.setattr(program, "state_of", postgres.url_of)
    yield found
    postgres.forget(tmp_path)
