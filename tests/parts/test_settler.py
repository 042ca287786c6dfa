"""The settler: in which order a visit's end becomes durable, and what may wait for that."""

import errno
import time
from dataclasses import replace
from hashlib import sha256

import gevent
import pytest
from gevent.queue import Queue

from crawler import rounds, settler
from crawler.config import Job, ScheduleOptions, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.errors import LocalFaultError
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import RobotsOf, open_frontier
from crawler.frontier.process import current
from crawler.model import Kept, Kind, Outcome, Trouble, Validators, Visited
from crawler.policy.retry import verdict_on_good
from crawler.records import Again, Dead, Done
from crawler.settler import Settler
from crawler.store import Files, part_name
from crawler.worker.ends import Ends
from crawler.worker.guard import Guard
from crawler.worker.judge import Judge
from crawler.worker.robots_rules import Rulebook
from crawler.worker.visit import Visits
from tests.parts.feeder.test_feeder import Silence
from tests.parts.frontiers import seed
from tests.parts.logs import Records

BODY = b"a whole file"
DIGEST = sha256(BODY).hexdigest()


class Scene:
    """A settler with a frontier, a store and a feeder; visits are the test's own."""

    def __init__(self, folder, frontier, files) -> None:
        job = Job(name="job", urls=("http://a/",), delay=0, per_host=8, path="{name}")
        hosts, jobs = HostOverrides(Settings(jobs=(job,))), {"job": job}
        owner = frontier.join(current()).owner
        frontier.configure(hosts.job_terms(), obeys={"*": False})
        frontier.add("job", [seed(f"http://a/{number}") for number in range(4)])
        self.folder, self.frontier, self.jobs, self.files = folder, frontier, jobs, files
        self.handoff: Queue = Queue(8)
        self.feeder = Feeder(
            frontier,
            owner,
            self.handoff,
            8,
            OwnHosts(hosts, None, Silence()),
            deliver=self.handoff.put,
        )
        rules = Rulebook(frontier, hosts, jobs, "crawlerd", Silence())
        self.told = []
        self.log = Records()
        judge = Judge(jobs, rules, self.feeder.given_up, Guard(self.log))
        self.settler = Settler(
            frontier, owner, jobs, files, self.feeder, judge,
            self.told.append, Ends(),
        )  # fmt: skip

    def visited(self) -> Visited:
        """Make a visit that brought a file."""
        return self.ended(Outcome(Kind.STORED, 200, len(BODY), DIGEST), BODY)

    def ended(self, outcome: Outcome, content: bytes | None = None, **known: object) -> Visited:
        """Make a visit that ended so, of a task of which this is known."""
        task = self.handoff.get(timeout=5)
        assert self.feeder.begun(task)
        return Visited(replace(task, **known), outcome, time.monotonic(), content)

    def settle(self, *visits: Visited) -> list[Kind]:
        """Settle visits, and return how they are told."""
        for visited in visits:
            self.settler.deliver(visited)
        self.settler.shut()
        self.settler.run()
        return [settled.outcome.kind for settled in self.told]


@pytest.fixture
def scene(tmp_path):
    with (
        open_frontier(tmp_path / "state.sqlite", durable=False) as frontier,
        Files(tmp_path / "files", durable=False) as files,
    ):
        scene = Scene(tmp_path / "files", frontier, files)
        running = [gevent.spawn(scene.feeder.run), gevent.spawn(scene.feeder.leaser.run)]
        yield scene
        gevent.killall(running)


def test_a_file_is_whole_before_its_visit_is_settled_and_that_before_it_is_told(scene, monkeypatch):
    visited, settle = scene.visited(), scene.frontier.settle
    file = scene.folder / visited.task.url.rpartition("/")[2]
    order = []

    def settles(*arguments, **named):
        order.append(("settling", file.read_bytes(), list(scene.told)))
        has = settle(*arguments, **named)
        order.append(("settled", scene.frontier.sums().counts.finished))
        return has

    monkeypatch.setattr(scene.frontier, "settle", settles)
    assert not file.exists()
    assert scene.settle(visited) == [Kind.STORED]
    assert order == [("settling", BODY, []), ("settled", {"stored": 1})]


def test_a_folder_that_is_back_when_it_is_looked_at_costs_no_attempt(scene, monkeypatch):
    away, save = scene.folder.with_name("away"), scene.files.save

    def saved(bodies):
        scene.folder.rename(away)
        try:
            return save(bodies)
        finally:
            away.rename(scene.folder)

    (scene.folder / ".crawlerd").write_text('{"ledger": "one"}')
    scene.files.keep_to("one")
    monkeypatch.setattr(scene.files, "save", saved)
    assert scene.settle(scene.visited(), scene.visited()) == [Kind.LOCAL_IO] * 2
    assert scene.files.fault() is None
    for settled in scene.told:
        assert settled.outcome.ours
        assert settled.verdict == Again(settled.verdict.at, charged=False)


@pytest.mark.parametrize("away", [False, True])
def test_an_answer_without_content_is_no_end_while_the_folder_of_its_file_is_away(scene, away):
    (scene.folder / ".crawlerd").write_text('{"ledger": "one"}')
    scene.files.keep_to("one")
    empty = scene.ended(Outcome(Kind.EMPTY, 204), path="gone", digest=DIGEST)
    if away:
        scene.folder.rename(scene.folder.with_name("away"))
    scene.settle(empty)
    (settled,) = scene.told
    assert settled.outcome.kind is (Kind.LOCAL_IO if away else Kind.EMPTY)
    assert isinstance(settled.verdict, Again if away else Dead)
    assert settled.outcome.ours is away


def test_what_may_be_the_folders_fault_is_not_charged_once_and_then_is(scene, monkeypatch):
    kept = [scene.visited(), scene.visited()]
    refused = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(scene.files, "save", lambda bodies: [refused] * len(bodies))
    again = [replace(one, task=replace(one.task, failures=4)) for one in kept]
    assert scene.settle(*again) == [Kind.LOCAL_IO] * 2
    assert not any(settled.outcome.ours for settled in scene.told)
    assert [settled.verdict.charged for settled in scene.told] == [False, False]
    scene.settler._bodies._end(again[0], refused, None)  # of a later batch
    assert not again[0].spared


def test_a_name_that_is_too_long_is_charged_at_once_and_to_its_url_alone(scene):
    long, good = scene.visited(), scene.visited()
    long = replace(long, wanted="x" * 300, task=replace(long.task, failures=4))
    assert scene.settle(long, good) == [Kind.LOCAL_IO, Kind.STORED]
    assert isinstance(scene.told[0].verdict, Dead)
    assert not scene.told[0].outcome.ours


def test_a_worker_waits_while_too_many_bytes_wait_for_the_disk(scene, monkeypatch):
    monkeypatch.setattr("crawler.worker.ends.MAX_BYTES_WAITING", 2 * len(BODY))
    workers = [gevent.spawn(scene.settler.deliver, scene.visited()) for _ in range(4)]
    gevent.joinall(workers[:2], timeout=5)
    gevent.idle()
    assert [worker.dead for worker in workers] == [True, True, False, False]
    settling = gevent.spawn(scene.settler.run)
    gevent.joinall(workers, timeout=5)
    assert all(worker.dead for worker in workers)
    scene.settler.shut()
    settling.join(5)
    assert len(scene.told) == 4


def test_the_same_content_once_more_is_unchanged_and_its_file_left_alone(scene):
    file = scene.folder / "same"
    file.write_bytes(BODY)
    before = file.stat()
    outcome = Outcome(Kind.STORED, 200, len(BODY), DIGEST)
    again = scene.ended(outcome, BODY, path="same", digest=DIGEST)
    gone = scene.ended(outcome, BODY, path="gone", digest=DIGEST)
    assert scene.settle(again, gone) == [Kind.UNCHANGED, Kind.STORED]
    assert file.stat() == before
    assert (scene.folder / "gone").read_bytes() == BODY


def test_a_file_that_lies_elsewhere_is_stored_here_though_it_is_the_same(scene):
    """Under a name that is free here; an answer without content leaves it where it is."""
    scene.frontier.claim([(99, "same", "x")])
    (scene.folder / "same").write_bytes(b"another URL's")
    elsewhere = {"path": "same", "digest": DIGEST, "here": False}
    outcome = Outcome(Kind.STORED, 200, len(BODY), DIGEST)
    again = scene.ended(outcome, BODY, **elsewhere)
    empty = scene.ended(Outcome(Kind.EMPTY, 204, reason="empty"), **elsewhere)
    assert scene.settle(again, empty) == [Kind.STORED, Kind.EMPTY]
    stored = scene.told[0].outcome.path
    assert (scene.folder / stored).read_bytes() == BODY
    assert (scene.folder / "same").read_bytes() == b"another URL's"
    assert isinstance(scene.told[1].verdict, Done), "its file is believed to be there"


def test_a_schedule_that_adapts_takes_the_same_content_elsewhere_for_no_change(scene):
    schedule = ScheduleOptions(every="1h", adaptive={"min": "10m", "max": "1d"})
    scene.jobs["job"] = scene.jobs["job"].model_copy(update={"schedule": schedule})
    elsewhere = {"digest": DIGEST, "here": False, "every": 3600.0}
    outcome = Outcome(Kind.STORED, 200, len(BODY), DIGEST)
    other = replace(outcome, digest="ab" * 32)
    scene.settle(*(scene.ended(one, BODY, **elsewhere) for one in (outcome, other)))
    same, changed = (settled.verdict.every for settled in scene.told)
    assert same > 3600 > changed


def test_a_part_goes_with_the_end_of_its_task_and_stays_while_it_may_be_continued(scene):
    ends = [("ended", Kind.NOT_FOUND), ("again", Kind.TIMEOUT)]
    visits = []
    for name, kind in ends:
        (scene.folder / f"{name}.part").write_bytes(b"half")
        kept = Kept(f"{name}.part", Validators('"1"'), 10)
        visits.append(scene.ended(Outcome(kind, reason="so"), kept=kept))
    scene.settle(*visits)
    assert [file.name for file in scene.folder.glob("*.part")] == ["again.part"]
    (scene.folder / "again.part").unlink()


def test_a_visit_that_broke_off_leaves_no_part_of_its_own(scene):
    visits = [scene.ended(Outcome(Kind.TRUNCATED, reason="so", final=True)) for _ in range(2)]
    names = [part_name("w", visited.task.fingerprint, scene.settler._owner) for visited in visits]
    visits = [replace(one, wanted="w") for one in visits]
    for name in names:
        (scene.folder / name).write_bytes(b"half")
    scene.settle(*visits)
    assert not list(scene.folder.glob("*.part"))


def test_a_batch_that_the_ledger_refuses_once_leaves_no_part_either(scene, monkeypatch):
    visited = replace(scene.visited(), wanted="w")
    visited = replace(visited, task=replace(visited.task, failures=4))
    part = scene.folder / part_name("w", visited.task.fingerprint, scene.settler._owner)
    refused = OSError(errno.ENAMETOOLONG, "so")
    monkeypatch.setattr(scene.files, "save", lambda bodies: [refused] * len(bodies))

    def refuses(*arguments, **named):
        raise LocalFaultError("full")

    with monkeypatch.context() as patched:
        patched.setattr(scene.frontier, "settle", refuses)
        with pytest.raises(LocalFaultError):
            scene.settle(visited)
    part.write_bytes(b"half")
    scene.settler.run()
    assert [settled.outcome.kind for settled in scene.told] == [Kind.LOCAL_IO]
    assert not part.exists()


def test_what_came_to_its_end_is_due_again_by_the_schedule_of_its_job(scene):
    schedule = ScheduleOptions(every="1h")
    scene.jobs["job"] = scene.jobs["job"].model_copy(update={"schedule": schedule})
    missing, silent = Outcome(Kind.NOT_FOUND, 404, reason="so"), Outcome(Kind.TIMEOUT, reason="so")
    visits = [scene.visited(), scene.ended(missing), scene.ended(silent)]
    scene.settle(*visits)
    verdicts = [settled.verdict for settled in scene.told]
    assert [type(one) for one in verdicts] == [Done, Dead, Again]
    for visited, one in zip(visits[:2], verdicts[:2], strict=True):
        assert one.next_at == visited.task.due_at + 3600


def test_what_comes_for_a_robots_txt_is_its_rules_and_no_file(scene):
    body = b"User-agent: *\nDisallow: /a"
    outcome = Outcome(Kind.STORED, 200, len(body))
    url = "http://a/robots.txt"
    scene.settle(scene.ended(outcome, body, robots=True, url=url, location=url))
    assert scene.frontier.entry(RobotsOf("http://a:80")).body == body
    assert not list(scene.folder.iterdir())


def assert_one_bug(scene, culprit: Visited, kinds: list[Kind]) -> None:
    """Assert that the first of three visits is a bug, told once with its trace."""
    assert kinds == [Kind.BUG, Kind.STORED, Kind.STORED]
    assert scene.told[0].task.id == culprit.task.id
    (told,) = scene.log.told("visit.bug")
    assert told["url"] == culprit.task.url
    assert told["exc_info"] is not None
    assert scene.frontier.sums().counts.finished.get("stored") == 2


def test_a_body_whose_path_cannot_be_made_is_a_bug_of_its_own(scene):
    job = scene.jobs["job"].model_copy(update={"path": "{cc}/{name}"})
    visits = [scene.visited() for _ in range(3)]
    fixed = [replace(one, task=replace(one.task, path=f"fixed/{one.task.id}")) for one in visits]
    scene.jobs["job"] = job
    assert_one_bug(scene, visits[0], scene.settle(visits[0], *fixed[1:]))
    assert not list(scene.folder.rglob("*.part"))


def test_an_end_that_cannot_be_judged_is_a_bug_of_its_own(scene, monkeypatch):
    visits = [scene.visited() for _ in range(3)]

    def breaks(task, *arguments, **options):
        if task.id == visits[0].task.id:
            raise ZeroDivisionError("a verdict")
        return verdict_on_good(task, *arguments, **options)

    monkeypatch.setattr("crawler.worker.judge.verdict_on_good", breaks)
    kinds = scene.settle(*visits)
    told, scene.log.events = scene.log.events, scene.log.events[:1]
    assert len(told) == 2  # the second: not even the bug could be judged
    assert_one_bug(scene, visits[0], kinds)


def test_a_settlement_that_the_ledger_does_not_take_is_a_bug_of_its_own(scene):
    unfit = scene.ended(Outcome(Kind.NOT_FOUND, 1 << 70, reason="so"))
    others = [scene.visited() for _ in range(2)]
    assert_one_bug(scene, unfit, scene.settle(unfit, *others))


def test_a_line_that_cannot_be_told_is_told_as_a_bug_and_the_others_are_told(scene, monkeypatch):
    told = []

    def tell(settled):
        if not told and not scene.log.events:
            raise KeyError("host")
        told.append(settled)

    monkeypatch.setattr(scene.settler, "_tell", tell)
    scene.settle(*[scene.visited() for _ in range(3)])
    assert len(told) == 2
    assert len(scene.log.told("visit.bug")) == 1


def test_a_long_batch_lets_others_run_while_it_is_told(scene, monkeypatch):
    monkeypatch.setattr(settler, "AT_ONCE", 1)
    monkeypatch.setattr(rounds, "ROUND_S", 0.0)  # each has been long
    seen = []

    def tell(settled):
        if not scene.told:
            gevent.spawn(lambda: seen.append(len(scene.told)))
        scene.told.append(settled)

    monkeypatch.setattr(scene.settler, "_tell", tell)
    scene.settle(*[scene.visited() for _ in range(3)])
    assert seen == [1]


def test_a_settler_that_is_ended_amid_its_lines_writes_them_all(scene, monkeypatch):
    monkeypatch.setattr(settler, "AT_ONCE", 1)
    running = gevent.spawn(scene.settle, *[scene.visited() for _ in range(3)])

    def tell(settled):
        scene.told.append(settled)
        running.kill(block=False)

    monkeypatch.setattr(scene.settler, "_tell", tell)
    running.join(5)
    assert running.dead
    assert len(scene.told) == 3


def test_a_fault_of_the_ledger_is_nobodys_bug_and_the_batch_is_settled_later(scene, monkeypatch):
    settle, refusals = scene.frontier.settle, iter([True])

    def full(*arguments, **named):
        if next(refusals, False):
            raise LocalFaultError("no room")
        return settle(*arguments, **named)

    monkeypatch.setattr(scene.frontier, "settle", full)
    visits = [scene.visited() for _ in range(3)]
    with pytest.raises(LocalFaultError):
        scene.settle(*visits)
    assert not scene.told
    scene.settler.run()
    assert [settled.outcome.kind for settled in scene.told] == [Kind.STORED] * 3
    assert not scene.log.events


def test_files_of_visits_that_come_meanwhile_are_reserved_with_the_batch(scene, monkeypatch):
    first, *others = [replace(scene.visited(), wanted=f"w{number}") for number in range(4)]
    save, claim, claims = scene.settler._files.save, scene.frontier.claim, []
    waiting = iter(others)

    def saves(bodies):
        for visited in waiting:
            scene.settler.deliver(visited)
        scene.settler.shut()
        return save(bodies)

    def claimed(choices, owner, **named):
        claims.append([choice for _, choice, _ in choices])
        return claim(choices, owner, **named)

    monkeypatch.setattr(scene.settler._files, "save", saves)
    monkeypatch.setattr(scene.frontier, "claim", claimed)
    scene.frontier.claim([(99, "w2", "x")], None)
    claims.clear()
    scene.settler.deliver(first)
    scene.settler.run()
    assert [settled.outcome.kind for settled in scene.told] == [Kind.STORED] * 4
    assert claims == [["w0"], ["w2"]], "w2 is another's"
    stored = [settled.outcome.path for settled in scene.told]
    assert (stored[:2], stored[3:]) == (["w0", "w1"], ["w3"])
    assert stored[2] not in {None, "w2"}
    assert all((scene.folder / path).read_bytes() == BODY for path in stored)


def test_a_file_that_an_answer_names_is_reserved_with_its_body_and_not_ahead(scene, monkeypatch):
    named = replace(scene.visited(), wanted="w1", named="of its server")
    usual = replace(scene.visited(), wanted="w2")
    claims = []
    monkeypatch.setattr(
        scene.frontier, "settle", lambda *given, **_: claims.append(given[3]) or set()
    )
    scene.settler.reservations.record([], [], [named, usual])
    assert [sorted(one.values()) for one in claims] == [["w2"]]


def test_the_part_of_a_last_visit_goes_though_the_path_became_another_one_meanwhile(scene):
    """Lists were read again before the visit, and once more while it went on."""
    leased = replace(scene.handoff.get(timeout=5), failures=99, extra={"id": "leased"})
    assert scene.feeder.begun(leased)
    by_id = scene.jobs["job"].model_copy(update={"path": "{id}"})
    scene.jobs["job"] = by_id
    parts = []

    def breaks_off(task, job, *, part, deadline, had):
        parts.append(scene.folder / part())
        parts[0].write_bytes(b"half")
        scene.jobs["job"] = by_id.model_copy(update={"path": "other/{id}"})
        raise Trouble(Kind.TRUNCATED, "so")

    visits = Visits(
        scene.jobs,
        breaks_off,
        scene.settler._owner,
        scene.log,
        fresh=lambda task: (replace(task, extra={"id": "fresh"}), None),
    )
    ended = visits.visit(leased, time.monotonic() + 5)
    assert (ended.task.extra, ended.wanted) == ({"id": "fresh"}, "fresh")
    assert parts[0].exists()
    scene.settle(ended)
    assert isinstance(scene.told[0].verdict, Dead)
    assert not list(scene.folder.rglob("*.part"))
