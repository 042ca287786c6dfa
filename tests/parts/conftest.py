from contextlib import ExitStack

import pytest

from tests.parts.frontiers import ENGINES


@pytest.fixture(params=ENGINES)
def open_one(request, tmp_path):
    """Open a frontier on the one state of this test; any number of times."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(ENGINES[request.param](tmp_path))


@pytest.fixture
def frontier(open_one):
    return open_one()
