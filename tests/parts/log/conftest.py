import os

import pytest

from tests.parts.log.pipes import Pipe


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    for descriptor in (pipe.reader, pipe.writer):
        os.close(descriptor)
