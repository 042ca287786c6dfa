import os

import gevent
import pytest
import yaml

from crawler.config import load
from crawler.daemon import reloading
from crawler.daemon.configuration import Configuration
from crawler.daemon.reloading import ConfigWatch, Reloader
from crawler.errors import LocalFaultError, UsageError
from crawler.frontier.wishes import Scope, Subject, Verb, Wish, Wisher

NOW = 1_000_000.0


class Events(list):
    """A log that remembers the names of events."""

    def info(self, event: str, **_: object) -> None:
        self.append(event)

    error = warning = info


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


def test_what_was_prepared_is_put_in_force_and_a_removed_job_stays_for_its_visits(file):
    configuration, log, steps = Configuration(load(file)), Events(), []

    def prepare(settings, text, found):
        steps.append(("prepared", found.added, found.removed, list(configuration.jobs)))
        return lambda: configuration.take_up(configuration.coming(settings, text))

    reloader = Reloader(file, configuration, prepare, log, lambda: NOW)
    write(file, "b", watch=True)
    reloader.reload()
    assert steps == [("prepared", ("b",), ("a",), ["a"])]
    assert [job.name for job in configuration.listed_jobs()] == ["b"]
    assert list(configuration.jobs) == ["a", "b"]
    assert log == ["config.reloaded"]
    assert configuration.reloaded[0] == NOW, "by the clock of the ledger, in which it is told"


def test_a_job_that_cannot_be_prepared_leaves_everything_as_it_is(file):
    configuration, log = Configuration(load(file)), Events()

    def refuse(settings, text, found):
        raise UsageError("b: no certificate in it")

    reloader = Reloader(file, configuration, refuse, log, lambda: NOW)
    write(file, "a", "b", watch=True)
    reloader.reload()
    assert list(configuration.jobs) == ["a"]
    assert log == ["config.rejected"]


def test_a_reload_that_meets_a_fault_of_this_machine_is_tried_again_with_what_the_file_says_then(
    file, monkeypatch
):
    monkeypatch.setattr(reloading, "FIRST_WAIT_S", 0.01)
    configuration, log, tried = Configuration(load(file)), Events(), []

    def prepare(settings, text, found):
        tried.append([job.name for job in settings.jobs])
        if len(tried) < 3:
            write(file, "c", watch=True)
            raise LocalFaultError("the ledger is held by another program")
        return lambda: configuration.take_up(configuration.coming(settings, text))

    write(file, "b", watch=True)
    Reloader(file, configuration, prepare, log, lambda: NOW).reload()
    assert tried == [["b"], ["c"], ["c"]]
    assert [job.name for job in configuration.listed_jobs()] == ["c"]
    assert log == ["config.postponed", "config.reloaded"]


def test_reloads_that_are_asked_for_during_one_are_one_reload_after_it(file):
    configuration, log, tried = Configuration(load(file)), Events(), []

    def prepare(settings, text, found):
        tried.append([job.name for job in settings.jobs])
        if len(tried) == 1:
            write(file, "b", watch=True)
            for _ in range(3):
                reloader.reload()
        return lambda: configuration.take_up(configuration.coming(settings, text))

    reloader = Reloader(file, configuration, prepare, log, lambda: NOW)
    reloader.reload()
    assert tried == [["a"], ["b"]]


def test_a_fault_of_ours_that_a_file_shows_rejects_it_and_ends_nothing(file):
    configuration, log = Configuration(load(file)), Events()

    def breaks(settings, text, found):
        raise RecursionError("too deep")

    reloader = Reloader(file, configuration, breaks, log, lambda: NOW)
    reloader.reload()
    assert log == ["config.rejected"]
    reloader.reload()
    assert log == ["config.rejected"] * 2


def test_what_an_operator_set_is_in_force_although_the_file_is_rejected_meanwhile(file):
    configuration, log = Configuration(load(file)), Events()

    def prepare(settings, text, found):
        return lambda: configuration.take_up(configuration.coming(settings, text))

    reloader = Reloader(file, configuration, prepare, log, lambda: NOW)
    subject = Subject(Scope.JOB, "a")
    wish = Wish(1, Verb.SET, subject, "delay", "30s", Wisher(), NOW, None)
    reloader.wishes = [wish]
    file.write_text("jobs: nonsense")
    reloader.reload()
    assert log == ["config.rejected", "config.reloaded"]
    assert configuration.jobs["a"].delay == 30.0


def test_a_pipe_in_the_place_of_the_file_is_rejected_and_blocks_no_later_reload(file):
    configuration, log = Configuration(load(file)), Events()

    def prepare(settings, text, found):
        return lambda: configuration.take_up(configuration.coming(settings, text))

    reloader = Reloader(file, configuration, prepare, log, lambda: NOW)
    file.unlink()
    os.mkfifo(file)
    with gevent.Timeout(10):
        reloader.reload()
    file.unlink()
    write(file, "b", watch=True)
    reloader.reload()
    assert log == ["config.rejected", "config.reloaded"]
