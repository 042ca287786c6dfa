from contextlib import ExitStack

import pytest

from tests import postgres
from tests.parts.frontiers import ENGINES
from tests.parts.ledgers import write_many


def pytest_generate_tests(metafunc):
    """Run the tests of the contract on every engine, and those that look into a file on its own."""
    if "engine" in metafunc.fixturenames:
        engines = ENGINES if getattr(metafunc.module, "EVERY_ENGINE", False) else ["sqlite"]
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def engine(request, tmp_path):
    """The engine whose turn it is, on the one ledger of this test."""
    yield ENGINES[request.param].at(tmp_path)
    postgres.forget(tmp_path)


@pytest.fixture
def open_one(engine):
    """Open a frontier on the one ledger of this test; any number of times."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(engine.frontier())


@pytest.fixture
def frontier(open_one):
    return open_one()


@pytest.fixture
def file(tmp_path):
    """The state file of the SQLite engine; it is there once `frontier` is asked for as well."""
    return tmp_path / "state.sqlite"


@pytest.fixture(scope="session")
def big(tmp_path_factory):
    """A ledger of many URLs: its file, and how many there are. It is not to be written to."""
    file = tmp_path_factory.mktemp("big") / "state.sqlite"
    return file, write_many(file)
