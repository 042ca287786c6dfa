import pytest

from crawler.store import Files
from tests.parts.feeder.work import Work


@pytest.fixture
def hosts_at_work(frontier, tmp_path):
    """Make processes that own hosts of one frontier, on made-up clocks."""
    with Files(tmp_path / "files", durable=False) as files:
        yield lambda **options: Work(frontier, files, **options)
