import pytest
import yaml

from crawler.config import load
from crawler.daemon.configuration import Configuration
from crawler.daemon.reloading import ConfigWatch, Reloader
from crawler.errors import UsageError


class Events(list):
    """A log that remembers the names of events."""

    def info(self, event: str, **_: object) -> None:
        self.append(event)

    error = info


def write(file, *names, **crawler):
    jobs = [{"name": name, "urls": ["http://h/"]} for name in names]
    new = file.with_suffix(".new")
    new.write_text(yaml.safe_dump({"crawler": crawler, "jobs": jobs}))
    new.rename(file)


@pytest.fixture
def file(tmp_path):
    write(tmp_path / "crawler.yaml", "a", watch=True)
    return tmp_path / "crawler.yaml"


def test_a_changed_file_is_reported_once_and_lists_are_watched(file):
    changes = []
    watch = ConfigWatch(file, Configuration(load(file)), lambda: changes.append(1))
    assert watch.look()
    assert not changes
    write(file, "a", "b", watch=True)
    assert watch.look()
    assert watch.look()
    assert len(changes) == 1


def test_without_the_option_nothing_is_watched(file):
    write(file, "a", watch=False)
    watch = ConfigWatch(file, Configuration(load(file)), lambda: pytest.fail("reported"))
    write(file, "b", watch=False)
    assert not watch.look()


def test_what_is_applied_is_in_force_already_and_a_removed_job_stays_for_its_visits(file):
    configuration, log, applied = Configuration(load(file)), Events(), []

    def apply(found):
        applied.append((found.added, found.removed, list(configuration.jobs)))

    reloader = Reloader(file, configuration, lambda _: None, apply, log)
    write(file, "b", watch=True)
    reloader.reload()
    assert applied == [(("b",), ("a",), ["a", "b"])]
    assert [job.name for job in configuration.listed_jobs()] == ["b"]
    assert log == ["config.reloaded"]


def test_a_job_that_cannot_be_opened_leaves_everything_as_it_is(file):
    configuration, log = Configuration(load(file)), Events()

    def refuse(job):
        raise UsageError(job.name)

    reloader = Reloader(file, configuration, refuse, lambda _: pytest.fail("applied"), log)
    write(file, "a", "b", watch=True)
    reloader.reload()
    assert list(configuration.jobs) == ["a"]
    assert log == ["config.rejected"]
