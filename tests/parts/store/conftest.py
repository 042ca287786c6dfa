import pytest

from crawler.store import Files


@pytest.fixture
def root(tmp_path):
    return tmp_path / "output"


@pytest.fixture
def files(root):
    with Files(root, durable=False) as files:
        yield files
