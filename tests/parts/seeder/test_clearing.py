"""Files of retired URLs are removed by a process that stores where they lie."""

from dataclasses import replace

import pytest

from crawler.config import Job
from crawler.model import Kind
from crawler.records import Done
from crawler.seeder.clearing import clear
from crawler.stored_files import Stayed
from crawler.threads import Native
from tests.parts.frontiers import NOW, settled, take
from tests.parts.ledgers import listed, sync_tools
from tests.parts.logs import Records

EVERY_ENGINE = True

JOB = Job(name="job", urls=("http://a/0",), on_remove="delete")


@pytest.fixture
def machines(open_one):
    """Two processes with folders of their own, and the paths that each was told to remove."""
    with Native(1) as native:
        found = []
        for folder in ("here", "there"):
            frontier, removed = open_one(), []
            tools = sync_tools(frontier, native, Records())
            frontier.store_in(tools.owner, folder, f"/srv/{folder}")

            def remove(files, removed=removed):
                removed.extend(file.path for file in files)
                return Stayed([], [])

            found.append((replace(tools, remove=remove), removed))
        yield found


def test_each_process_removes_what_lies_in_its_own_folder(machines):
    (here, of_here), (there, of_there) = machines
    listed(here.frontier, "a/0")
    (host,) = take(there.frontier, there.owner, NOW).values()
    (task,) = host.tasks
    there.frontier.claim([(task.id, "a/0", "b/0")], there.owner)
    stored = settled(task, Kind.STORED, Done(), digest="ab" * 32, path="a/0", size=3)
    there.frontier.settle(there.owner, [stored], [])
    listed(here.frontier)
    clear(here, JOB)
    assert of_here == []
    clear(there, JOB)
    assert of_there == ["a/0"]
    clear(there, JOB)
    assert of_there == ["a/0"], "the ledger knows that it is gone"
