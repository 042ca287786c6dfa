"""On which engines a test of the program runs: on SQLite, and where it says so on a server too."""

import pytest

on_every_engine = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
