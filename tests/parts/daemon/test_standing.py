"""Whether the text that a process has in force is the newest one, after each heartbeat."""

import pytest

from crawler.config import load
from crawler.config.digests import job_digests, text_digest
from crawler.daemon.configuration import Configuration
from crawler.daemon.standing import Standing
from crawler.frontier import Beat, InForce
from tests.parts.daemon.test_reloading import Events, write


class Looking:
    """A process whose file is looked at after heartbeats."""

    def __init__(self, file):
        self.log, self.reloads = Events(), []
        self.configuration = Configuration(load(file))
        self.standing = Standing(
            file, self.configuration, self.log, stop=pytest.fail,
            reload=lambda: self.reloads.append(1), give_back=lambda: None,
        )  # fmt: skip

    def beat(self, settings):
        digests = job_digests(settings)
        name = self.configuration.settings.crawler.name
        self.standing.look(Beat(in_force=InForce(name, 2, text_digest(digests), digests)))


@pytest.fixture
def file(tmp_path):
    write(tmp_path / "crawler.yaml", "a")
    return tmp_path / "crawler.yaml"


def test_a_reload_that_takes_longer_than_a_heartbeat_is_asked_for_once_and_is_not_outdated(file):
    looking = Looking(file)
    write(file, "a", "b")
    for _ in range(3):
        looking.beat(load(file))
    assert looking.reloads == [1]
    assert looking.log == []


def test_a_file_that_is_older_is_outdated_until_it_yields_the_newest_text(file, tmp_path):
    looking = Looking(file)
    write(tmp_path / "other.yaml", "a", "b")
    newest = load(tmp_path / "other.yaml")
    for _ in range(3):
        looking.beat(newest)
    assert (looking.log, looking.reloads) == (["config.outdated"], [])
    assert looking.configuration.superseded
    write(file, "a", "b")
    for _ in range(3):
        looking.beat(newest)
    assert (looking.log, looking.reloads) == (["config.outdated"], [1])
