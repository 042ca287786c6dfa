"""A list is read by one machine: what another one has under its name, or has not, is no news."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from crawler import sources
from crawler.config import Job
from crawler.frontier.process import Process
from crawler.records import JobTerms
from crawler.seeder.elsewhere import Elsewhere
from crawler.seeder.spool import Spool
from crawler.seeder.sync import Sync
from crawler.sources.inbox import Inbox
from crawler.threads import Native
from tests.parts.desk import times_listed
from tests.parts.frontiers import NOW, join
from tests.parts.ledgers import sync_tools
from tests.parts.logs import Records

EVERY_ENGINE = True


class Machine:
    """A process of a machine with files of its own; all see their lists in a folder `lists`."""

    def __init__(self, frontier, native, folder, name):
        self.frontier, self.name, self.folder = frontier, name, folder / name
        self.folder.mkdir()
        self.log = Records()
        tools = sync_tools(frontier, native, self.log)
        frontier.leave(tools.owner, [], NOW)
        self.tools = replace(tools, owner=join(frontier, NOW, Process(f"{name} boot", 1, "1")))
        self.sync = None

    def job(self, **options):
        return Job(name="j", **{"url_file": self.folder / "list.txt"} | options)

    def write(self, *names, file="list.txt"):
        (self.folder / file).write_text("".join(f"http://h/{name}\n" for name in names))

    def read(self, job=None):
        """Read the lists as a job of this machine says, under names that all machines share."""
        job = job or self.job()
        found = sources.of(job, Path("/nowhere"), None)
        for one in found:
            one.name = one.name.replace(str(self.folder), "/lists")
        self.sync = Sync(self.tools, job)
        self.sync.run(found)
        return self.sync.sums

    def leave(self):
        self.frontier.leave(self.tools.owner, [], NOW)


@pytest.fixture
def machines(open_one, tmp_path):
    with Native(1) as native:
        found = [Machine(open_one(), native, tmp_path, name) for name in ("one", "two")]
        found[0].frontier.configure([JobTerms("j")], NOW)
        yield found


def urls(machine):
    """How many URLs the lists name."""
    return sum(times_listed(machine.frontier).values())


def test_who_read_a_list_last_goes_on_while_it_lives(machines):
    one, two = machines
    one.write("a", "b", "c")
    two.write("x")
    one.read()
    two.read()
    assert (urls(one), two.sync.elsewhere) == (3, {"url_file:/lists/list.txt": "one"})
    one.write("a", "b", "c", "d")
    one.read()
    assert (urls(one), one.sync.elsewhere) == (4, {})
    one.leave()
    two.read()
    assert (urls(two), two.sync.elsewhere) == (1, {})


def test_a_file_that_is_missing_on_one_machine_is_no_loss(machines):
    one, two = machines
    one.write("a", "b", "c")
    one.read()
    assert two.read().failed == []
    assert urls(one) == 3


def test_a_pattern_that_matches_fewer_files_elsewhere_loses_none(machines):
    one, two = machines
    for number in range(3):
        one.write(number, file=f"list{number}.txt")
    two.write(1, file="list1.txt")
    one.read(one.job(url_file=one.folder / "list*.txt"))
    sums = two.read(two.job(url_file=two.folder / "list*.txt"))
    assert (urls(one), sums.removed, sums.held, sums.listed) == (3, 0, False, 3)


def test_a_file_that_its_reader_has_no_more_is_read_by_another_machine(machines):
    one, two = machines
    one.write("a", "b", "c")
    two.write("a", "b", "c", "d")
    one.read()
    (one.folder / "list.txt").unlink()
    assert one.read().failed
    two.read()
    assert (urls(two), two.sync.elsewhere) == (4, {})
    assert one.read().failed == [], "it is no loss from then on"


def test_a_file_that_is_missing_everywhere_is_a_loss_as_of_one_machine(machines):
    one, two = machines
    one.write("a", "b", "c")
    one.read()
    (one.folder / "list.txt").unlink()
    assert one.read().failed
    assert two.read().failed
    assert urls(one) == 3, "a list that cannot be read retires nothing"


def test_a_list_that_has_not_changed_is_claimed_by_the_machine_that_looked(machines):
    one, two = machines
    one.write("a")
    one.read()
    one.leave()
    again = replace(one.tools, owner=join(one.frontier, NOW, Process("one boot", 2, "2")))
    one.tools = again
    one.read()
    two.write("x", "y")
    two.read()
    assert (urls(two), two.sync.elsewhere) == (1, {"url_file:/lists/list.txt": "one"})


def test_the_words_of_the_configuration_are_read_by_whoever_has_it_in_force(machines):
    one, two = machines
    one.read(one.job(url_file=None, urls=("http://h/a",)))
    two.read(two.job(url_file=None, urls=("http://h/a", "http://h/b")))
    assert (urls(two), two.sync.elsewhere) == (2, {})


def test_lines_that_mean_something_else_here_are_read_here(machines):
    one, two = machines
    one.write("a")
    two.write("a", "b")
    one.read()
    two.read(two.job(path="{host}/new/{name}", headers={"X": "{url}"}))
    assert two.sync.elsewhere == {}
    assert urls(two) == 2


def test_it_is_told_once_and_asked_now_and_then(machines, monkeypatch):
    one, two = machines
    one.write("a")
    one.read()
    two.read()
    there = Elsewhere(two.tools)
    assert not there
    for _ in range(2):
        there.note(two.job(), two.sync.elsewhere)
    (told,) = two.log.told("list.elsewhere")
    assert (told["list"], told["machine"]) == ("url_file:/lists/list.txt", "one")
    one.leave()
    assert not there.is_given_up(two.job()), "not yet"
    monkeypatch.setattr("crawler.seeder.elsewhere.ASK_S", 0.0)
    there.note(two.job(), two.sync.elsewhere)
    assert there.is_given_up(two.job())


def test_files_of_one_name_in_the_inboxes_of_two_machines_are_both_taken_in(machines):
    for machine, name in zip(machines, ("a", "b"), strict=True):
        inbox = machine.folder / "inbox"
        inbox.mkdir()
        (inbox / "new.txt").write_text(f"http://h/{name}\n")
        os.utime(inbox / "new.txt", (NOW, NOW))
        job = machine.job(url_file=None, urls=(), inbox=inbox)
        spool = Spool(machine.tools, job, Inbox(inbox, job))
        spool.empty()
        assert spool.sums.added == 1
        assert [file.name for file in (inbox / "done").iterdir()]
    assert urls(machines[0]) == 2
