"""URLs that wait at a silent host are led on to their mirrors, slice by slice."""

import json

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import BEFORE_ALL, LeadOn
from crawler.frontier.sql.visits import leading
from crawler.model import Kept, Kind, Validators
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.policy.checksums import BOUND
from crawler.records import Again, Done, Health, HostRecord, Rest
from crawler.state_address import state_address
from tests import postgres
from tests.parts.frontiers import NOW, done, join, seed, settled, take
from tests.parts.ledgers import assert_sums, execute

EVERY_ENGINE = True

AT = NOW + 100
SILENT = Health(failures=FAILURES_TO_REST, failing_since=NOW, silent=True)
RESTS = Rest(NOW, NOW + 900)


@pytest.fixture
def file(request, tmp_path):
    """Where the ledger of the engine is."""
    on_server = request.node.callspec.params["engine"] == "postgres"
    return state_address(postgres.url_of(tmp_path)) if on_server else tmp_path / "state.sqlite"


def mirrored(number, *mirrors, **said):
    """A URL of host `a` with mirrors."""
    checks = json.dumps({**said, "mirrors": [f"http://{host}/{number}" for host in mirrors]})
    return seed(f"http://a/{number}")._replace(extra=json.dumps({BOUND: checks}))


def silenced(frontier, owner, *hosts):
    """Have hosts leave their owner while they are silent; return the number of the first."""
    held = take(frontier, owner)
    back = [task.id for host in held.values() for task in host.tasks]
    idle = [HostRecord(held[f"{key}:80"].id, NOW + 900, health=SILENT, rest=RESTS) for key in hosts]
    idle += [HostRecord(one.id, NOW) for key, one in held.items() if key[:-3] not in hosts]
    take(frontier, owner, new=0, back=back, idle=idle)
    return idle[0].id


def places(file):
    """Return where each URL waits, its failures and its due time."""
    rows = execute(
        file,
        "SELECT url, ifnull(location, url), key, entry.failures, due_at, hops FROM entry"
        " JOIN host ON host.id = entry.host WHERE job != 0 ORDER BY url",
    )
    return {url: tuple(others) for url, *others in rows}


def test_what_waits_at_a_silent_host_waits_at_its_next_mirror_and_the_rest_stays(frontier, file):
    owner = join(frontier)
    frontier.add("job", [mirrored(0, "b"), seed("http://a/1"), mirrored(2, "b", "c")], NOW)
    host = silenced(frontier, owner, "a")
    assert sum(done(frontier, owner, LeadOn(host, "job"), AT)) == 2
    assert places(file) == {
        "http://a/0": ("http://b/0", "b:80", 1, AT, 0),
        "http://a/1": ("http://a/1", "a:80", 0, NOW, 0),
        "http://a/2": ("http://b/2", "b:80", 1, AT, 0),
    }
    assert sum(done(frontier, owner, LeadOn(host, "job"), AT)) == 0
    assert {task.location for task in take(frontier, owner, AT)["b:80"].tasks} == {
        "http://b/0", "http://b/2",
    }  # fmt: skip
    assert_sums(file)


def test_mirrors_at_silent_hosts_are_passed_by_and_none_is_asked_twice_so(frontier, file):
    owner = join(frontier)
    listed = [mirrored(0, "b", "c"), mirrored(1, "b"), seed("http://b/9")]
    frontier.add("job", listed, NOW)
    host = silenced(frontier, owner, "a", "b")
    assert sum(done(frontier, owner, LeadOn(host, "job"), AT)) == 1
    assert places(file)["http://a/0"] == ("http://c/0", "c:80", 2, AT, 0)
    assert places(file)["http://a/1"][0] == "http://a/1"
    (at_c,) = execute(file, "SELECT id FROM host WHERE key = 'c:80'")
    execute(
        file,
        "UPDATE host SET silent = TRUE, failures = ?, failing_since = 1 WHERE key = 'c:80'",
        FAILURES_TO_REST,
    )
    assert sum(done(frontier, owner, LeadOn(at_c[0], "job"), AT)) == 0


@pytest.mark.parametrize("mirrors", [(), ("b",)])
def test_each_slice_goes_on_where_the_one_before_ended_whether_its_urls_stayed_or_went(
    frontier, file, monkeypatch, mirrors
):
    monkeypatch.setattr(leading, "ROWS_AT_ONCE", 3)
    owner = join(frontier)
    listed = [mirrored(n, *mirrors) if n % 2 else seed(f"http://a/{n}") for n in range(20)]
    frontier.add("job", listed, NOW)
    host = silenced(frontier, owner, "a")
    execute(file, "UPDATE task SET rank = id % 3")
    found = done(frontier, owner, LeadOn(host, "job"), AT)
    assert max(found) <= 3
    assert len(found) <= 14, "each URL is looked at about once"
    assert sum(found) == (10 if mirrors else 0)
    assert sum(failures for *_, failures, _, _ in places(file).values()) == sum(found)


def test_what_is_not_due_and_what_belongs_to_others_stays(frontier, file):
    owner = join(frontier)
    frontier.add("job", [mirrored(n, "b") for n in range(3)], NOW)
    frontier.add("other", [seed("http://a/9", "other")], NOW)
    host = silenced(frontier, owner, "a")
    execute(file, "UPDATE task SET due_at = ? WHERE url = 'http://a/0'", AT + 1)
    execute(file, "UPDATE task SET state = 1 WHERE url = 'http://a/1'")
    assert sum(done(frontier, owner, LeadOn(host, "other"), AT)) == 0
    assert sum(done(frontier, owner, LeadOn(host, "job"), AT)) == 1
    assert [url for url, place in places(file).items() if place[1] == "b:80"] == ["http://a/2"]


@pytest.mark.parametrize(("said", "key"), [({}, "a:80"), ({"md5": "0" * 32}, "b:80")])
def test_a_part_goes_to_another_server_only_where_a_digest_proves_it(frontier, file, said, key):
    owner = join(frontier)
    frontier.add("job", [mirrored(0, "b", **said)], NOW)
    (host,) = take(frontier, owner).values()
    part = Kept("a/0.part", Validators('"x"'), 100)
    again = settled(host.tasks[0], Kind.TIMEOUT, Again(NOW + 1, charged=False))
    frontier.settle(owner, [], [], kept={host.tasks[0].id: part})
    frontier.settle(owner, [again], [])
    idle = [HostRecord(host.id, NOW + 900, health=SILENT, rest=RESTS)]
    take(frontier, owner, new=0, idle=idle)
    done(frontier, owner, LeadOn(host.id, "job"), AT)
    assert places(file)["http://a/0"][1] == key


def test_of_a_host_that_is_well_or_is_not_there_nothing_is_led_on(frontier, file):
    owner = join(frontier)
    frontier.add("job", [mirrored(0, "b")], NOW)
    (host,) = take(frontier, owner).values()
    ended = settled(host.tasks[0], Kind.STORED, Done(NOW + 1))
    frontier.settle(owner, [ended], [HostRecord(host.id, NOW, health=Health(failures=9))])
    take(frontier, owner, new=0, idle=[HostRecord(host.id, NOW, health=Health(failures=9))])
    for number in (host.id, 12345):
        assert done(frontier, owner, LeadOn(number, "job"), AT) == [0]
    assert places(file)["http://a/0"][1] == "a:80"


def test_a_process_that_was_taken_for_dead_leads_nothing_on(frontier, file):
    owner = join(frontier)
    frontier.add("job", [mirrored(0, "b")], NOW)
    host = silenced(frontier, owner, "a")
    execute(file, "DELETE FROM process")
    with pytest.raises(LeaseLostError):
        frontier.tidy(owner, LeadOn(host, "job"), AT, BEFORE_ALL)
    assert places(file)["http://a/0"][1] == "a:80"
