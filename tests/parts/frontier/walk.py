"""A random walk over the verbs of a frontier, as several processes and their operator take it.

Every step is one verb, with arguments that a process could have; what the processes hold in memory
is kept beside it, and `invariants.broken` compares. Now and then the reply of a verb is lost, and
it is asked again. A walk is told by its number alone. The wall clocks of some machines are wrong by
ten minutes, now this way and now that, and nobody goes by them.
"""

import random
from collections import Counter
from dataclasses import replace

import pytest

from crawler.errors import PassLostError
from crawler.frontier import (
    BEFORE_ALL,
    Due,
    Forget,
    ForgetUnused,
    LetGo,
    ReadChunk,
    Refit,
    Rename,
    Retire,
    Retry,
    Revisit,
    SourceState,
    Still,
    Unnamed,
    Unneeded,
    Wake,
    Wanted,
    Watched,
    Weigh,
)
from crawler.frontier.process import Process
from crawler.model import Kind, Outcome
from crawler.policy.naming import path_key
from crawler.records import (
    Again,
    Dead,
    Done,
    Health,
    Hop,
    HostRecord,
    JobTerms,
    Rest,
    Robots,
    Settlement,
)
from tests.parts.desk import change, number, rows, stored
from tests.parts.frontier.operator import Operator
from tests.parts.frontiers import beat, done, move, put, reclaim, seed
from tests.parts.ledgers import execute

JOBS = ("one", "two", "three")
HOSTS = tuple(f"h{number}.example" for number in range(4))
GUESTS = tuple(f"g{number}.example" for number in range(8))
"""Hosts to which redirects lead, and of a URL each: they come and go."""
ADDRESSES = ("192.0.2.7", "192.0.2.8")
URLS = 24
MAX_PROCESSES = 3
LOST = 0.2
"""Share of the replies that are lost."""
SKEW_S = 600.0
STEPS = {
    "begin": 2, "put": 5, "end": 1.5, "weigh": 0.5, "retire": 2, "join": 1, "lease": 6,
    "settle": 8, "crash": 0.5, "release": 0.4, "refit": 2, "retry": 0.5, "forget": 1, "wait": 2,
    "configure": 0.7, "audit": 0.7, "clear": 0.7, "rename": 1,
    "move": 2, "unused": 2,
}  # fmt: skip
"""How often each step is taken, beside the others."""


class Walk:
    """A frontier, its processes and a clock of their own."""

    def __init__(self, frontier, file, number, *, obeying=0.5, others=(), wishes=False):
        self.random = random.Random(number)
        self.now = 1_800_000_000.0
        self.held = {}
        """Tasks by number of host, by owner: what the processes have in memory."""
        self.passes = []
        """Readings under way, as the processes have them."""
        self.trace = []
        self.forgotten = Counter()
        """What nothing referred to."""
        self._frontier = frontier
        self._frontiers = (frontier, *others)
        """As many as there are machines; each process asks one of them."""
        self._file = file
        self._obeying = obeying
        self._seen = []
        """Files that an audit looked up some steps ago."""
        self._refits = []
        """Walks over due times that are not at their end."""
        self._unused = []
        """Walks over hosts and lists that nothing refers to, likewise: their cursors."""
        self._pids = 0
        self.active = set(JOBS)
        self._obeys = dict.fromkeys(JOBS, False)
        self._operator = Operator(self, frontier, file, number, JOBS, 4 * HOSTS + GUESTS)
        self._wishes = wishes
        """Whether somebody wishes something now and then."""
        self._configure()

    def of(self, owner):
        """Return the frontier that a process asks."""
        return self._frontiers[owner % len(self._frontiers)]

    def _asked(self, verb, *arguments, **named):
        """Ask once, or twice for the first reply was lost; return the last one."""
        if self.random.random() < LOST:
            verb(*arguments, **named)
        return verb(*arguments, **named)

    def step(self):
        """Take one step; its name and result are the last of the trace."""
        names, weights = zip(*STEPS.items(), strict=True)
        (name,) = self.random.choices(names, weights)
        for one in self._frontiers[1:]:
            one.skew = self.random.choice([SKEW_S, -SKEW_S])
        for owner in self.held:
            beat(self.of(owner), owner, self.now, watched=Watched())
            assert self.of(owner).now() == self.now, "it went by a wall clock that is wrong"
        self.trace.append((name, None))
        self.trace[-1] = name, getattr(self, f"_step_{name}")()
        if self._wishes:
            self._operator.step()

    def _configure(self):
        terms = [
            JobTerms(name, delay=self.random.choice([0.0, 1.0]), obeys=self._obeys[name])
            for name in JOBS
            if name in self.active
        ]
        said = {f"{host}:80": self.random.choice([True, False, None]) for host in HOSTS[:2]}
        obeys = self.random.choice([{}, {}, said])
        for frontier in self._frontiers:
            self._asked(frontier.configure, terms, self.now, obeys=obeys)

    def _step_configure(self):
        self.active = {name for name in JOBS if self.random.random() < 0.7}
        self._obeys = {name: self.random.random() < self._obeying for name in JOBS}
        self._configure()
        if not self.held:
            self._step_join()
        done(self._frontier, self.random.choice(sorted(self.held)), Wake(), self.now)
        return sorted(self.active), self._obeys

    def _chunk(self, job, anchor):
        numbers = [self.random.randrange(URLS) for _ in range(self.random.randint(0, 5))]
        hosts = (HOSTS * URLS)[: URLS - len(GUESTS)] + GUESTS
        urls = [f"http://{hosts[number]}/{number}" for number in numbers]
        key = self.random.randrange(10**9)
        return ReadChunk(anchor, key, [seed(url, job) for url in urls])

    def _step_begin(self):
        if not self.held:
            return None
        owner = self.random.choice(sorted(self.held))
        job, name = self.random.choice(JOBS), f"list {self.random.randrange(2)}"
        one = self._asked(self.of(owner).begin_pass, owner, job, name)
        others = {each for each in self.passes if each.owner in self.held and each.owner != owner}
        read = any(each.source == one.source for each in others) if one else True
        assert one or others, "a list that nobody reads can be read"
        assert not (one and read), "two processes read one list"
        if one:
            self.passes = [each for each in self.passes if each.source != one.source] + [one]
        return one

    def _pass(self):
        """Choose a pass; one whose process is dead is over."""
        self.passes = [one for one in self.passes if one.owner in self.held]
        return self.random.choice(self.passes) if self.passes else None

    def _step_put(self):
        one = self._pass()
        if one is None:
            return None
        anchors = self.random.sample(range(4), self.random.randint(1, 2))
        read = [self._chunk(one.job, anchor) for anchor in anchors]
        self._asked(put, self.of(one.owner), one, read, self.now)
        return one, [(each.anchor, [seed.url for seed in each.seeds]) for each in read]

    def _step_end(self):
        """End a pass, whole or by some of its slices, each asked for once or twice."""
        one = self._pass()
        if one is None:
            return None
        read = self.random.choice([None, SourceState(one.source, "read", 3, 0)])
        gone = self.random.choice(
            [None, (), self.random.sample(range(4), self.random.randint(1, 4))]
        )
        after = 0
        while after is not None and self.random.random() < 0.9:
            for _ in range(self.random.randint(1, 2)):
                last = self.of(one.owner).end_pass(one, read, self.now, gone, after)
            after = last
        if after is None:
            self.passes.remove(one)
            with pytest.raises(PassLostError):
                put(self._frontier, one, [], self.now)
        return one, read, gone, after

    def _step_weigh(self):
        if not self.held:
            return None
        owner, job = self.random.choice(sorted(self.held)), self.random.choice(JOBS)
        work = Weigh(job, self.random.randrange(9), 0.5)
        return work, done(self._frontier, owner, work, self.now)

    def _step_retire(self):
        if not self.active or not self.held:
            return None
        job, owner = self.random.choice(sorted(self.active)), self.random.choice(sorted(self.held))
        return job, done(self._frontier, owner, Retire(job), self.now)

    def _step_join(self):
        return self.join() if len(self.held) < MAX_PROCESSES else None

    def join(self):
        """Let a process come."""
        self._pids += 1
        owner = self._frontier.join(Process(f"machine {self._pids}", 1, "1"), self.now).owner
        self.held[owner] = {}
        machine = owner % len(self._frontiers)
        self.of(owner).store_in(owner, f"folder {machine}", f"/srv/{machine}")
        return owner

    def _step_lease(self):
        if not self.held:
            return None
        owner = self.random.choice(sorted(self.held))
        mine = self.held[owner]
        back, idle = self._given_back(mine)
        others = [host for host in mine if host not in idle and self.random.random() < 0.5]
        lease = self._leased(
            owner,
            new=self.random.randint(0, 3),
            refills={host: self.random.randint(1, 3) for host in others},
            idle=[self._rest(host) for host in idle],
            back=back,
        )
        for host in idle:
            del mine[host]
        if self._wishes:
            self._assert_not_paused(lease, mine)
        for leased in lease.hosts:
            mine.setdefault(leased.id, []).extend(leased.tasks)
        return owner, idle, back, [(one.id, [t.url for t in one.tasks]) for one in lease.hosts]

    def _assert_not_paused(self, lease, mine):
        """See that nothing comes of what a wish pauses."""
        paused = self._operator.paused()
        for host in lease.hosts:
            assert host.id in mine or not paused.has_host(host.key), f"{host.key} is paused"
            for task in host.tasks:
                assert not paused.has(host.key, task.job), f"{task.url} of {task.job} is paused"

    def _leased(self, owner, **wants):
        """Lease; where the answer cannot be read, the process has none of it, and asks again."""
        frontier = self.of(owner)
        if self.random.random() < LOST:
            frontier.lease(owner, self.now, **wants)
            frontier._file.unanswered = True
        return frontier.lease(owner, self.now, **wants)

    def _step_move(self):
        if not any(self.held.values()):
            return None
        owner = self.random.choice([owner for owner in sorted(self.held) if self.held[owner]])
        mine = self.held[owner]
        hosts = [host for host in mine if self.random.random() < 0.5]
        found = [
            HostRecord(host, self.now, address=self.random.choice(ADDRESSES)) for host in hosts
        ]
        refused = move(self.of(owner), owner, found, self.now)
        for host in refused:
            del mine[host]
        return owner, hosts, refused

    def _given_back(self, mine):
        """Choose tasks that were not begun, and hosts that have nothing more to do."""
        idle = [host for host, tasks in mine.items() if not tasks and self.random.random() < 0.6]
        back = []
        for host, tasks in mine.items():
            if tasks and self.random.random() < 0.15:
                back += [task.id for task in tasks]
                mine[host] = []
                idle.append(host)
        return back, idle

    def _rest(self, host):
        opens_at = self.random.choice([0.0, 0.0, self.now + 50])
        rest = self.random.choice([0, 5])
        return self._record(host, rest, opens_at=opens_at)

    def _record(self, host, rest, **more):
        """Return what a host is owed that rests so long, for its failures where some are wished."""
        if not (self._wishes and rest):
            return HostRecord(host, self.now + rest, **more)
        until, health = self.now + 20 * rest, Health(20.0 * rest, 3, self.now)
        return HostRecord(host, until, **more, health=health, rest=Rest(self.now, until))

    def _step_settle(self):
        busy = [owner for owner in sorted(self.held) if any(self.held[owner].values())]
        if not busy:
            return None
        owner = self.random.choice(busy)
        task = self.random.choice([task for tasks in self.held[owner].values() for task in tasks])
        settled = self._of_robots(task) if task.robots else self._of_page(owner, task)
        self.held[owner][task.host_id].remove(task)
        host = self._record(task.host_id, self.random.choice([0, 2]))
        self._asked(self.of(owner).settle, owner, [settled], [host])
        return owner, task.url, task.robots, settled.verdict

    def _of_robots(self, task):
        verdict = self.random.choice([
            Done(),
            Again(self.now + self.random.choice([5, 60]), charged=False),
            Hop(f"http://{self.random.choice(HOSTS)}/robots.txt"),
        ])  # fmt: skip
        if isinstance(verdict, Hop):
            return Settlement(task, Outcome(Kind.REDIRECTED), verdict, self.now)
        well = isinstance(verdict, Done)
        until = self.now + (100 if well else 0)
        origin = f"http://{task.url.split('/')[2]}:80"
        record = Robots(origin, b"", 200, self.now, until, self.now + 50)
        kind = Kind.STORED if well else Kind.TIMEOUT
        return Settlement(task, Outcome(kind), verdict, self.now, record)

    def _of_page(self, owner, task):
        now, choice = self.now, self.random.choice
        digest = f"{self.random.randrange(4):02x}" * 32
        stored = Outcome(Kind.STORED, 200, 3, digest)
        missing = Outcome(Kind.NOT_FOUND, 404)
        same = Outcome(Kind.UNCHANGED, 304, path=task.path) if task.ended and task.here else stored
        robots = f"http://{task.host.split(':')[0]}/robots.txt"
        outcome, verdict = choice([
            (stored, Done()),
            (stored, Done(next_at=now + choice([5, 500]))),
            (same, Done()),
            (Outcome(Kind.TIMEOUT), Again(now + choice([1, 30]))),
            (Outcome(Kind.MISMATCH), Again(now, location=f"http://{choice(HOSTS + GUESTS)}/m")),
            (missing, Dead("x")),
            (missing, Dead("x", next_at=now + 50)),
            (Outcome(Kind.REDIRECTED, 302), Hop(f"http://{choice(HOSTS + GUESTS)}/hop")),
            (
                Outcome(Kind.ROBOTS, asked=False, needs_robots=robots),
                Again(now + 3, charged=False),
            ),
        ])  # fmt: skip
        if outcome is stored:
            first = task.path or f"p{self.random.randrange(URLS)}"
            (path,) = self.of(owner).claim([(task.id, first, f"p-{task.id}")])
            outcome = replace(stored, path=path)
        return Settlement(task, outcome, verdict, now)

    def _step_crash(self):
        if not self.held:
            return None
        owner = self.random.choice(sorted(self.held))
        del self.held[owner]
        execute(self._file, "UPDATE process SET lease_until = 0 WHERE id = ?", owner)
        reclaim(self._frontier, self.now, "another machine")
        return owner

    def _step_release(self):
        if not self.held:
            return None
        owner = self.random.choice(sorted(self.held))
        hosts = [HostRecord(host, self.now + 1) for host in self.held.pop(owner)]
        self._asked(self.of(owner).leave, owner, hosts, self.now)
        return owner

    def _step_refit(self):
        """Do a slice of a walk over due times, a new one or one that was begun some steps ago."""
        self._refits = [walk for walk in self._refits if walk[0] in self.held]
        if self.held and (not self._refits or self.random.random() < 0.3):
            owner, job = self.random.choice(sorted(self.held)), self.random.choice(JOBS)
            at = self.random.choice([None, self.now + self.random.choice([0, 100])])
            text = "" if at is None else "x"
            self._refits.append((owner, Refit({job: text}), BEFORE_ALL, at))
        if not self._refits:
            return None
        walk = self._refits.pop(self.random.randrange(len(self._refits)))
        owner, work, after, at = walk
        for _ in range(self.random.randint(1, 2)):  # the first reply was lost
            found = self._frontier.tidy(owner, work, self.now, after)
        if found.after is not None:
            due = [Due(task.id, task.due_at, at) for task in found.found]
            self._refits.append((owner, replace(work, due=due), found.after, at))
        return walk, found

    def _step_retry(self):
        return self._from_outside(Retry(Wanted()))

    def _step_forget(self):
        until = self.now - self.random.choice([0, 100])
        return self._from_outside(Forget(until))

    def _step_unused(self):
        """Do some slices of a walk, a new one or one that was begun some steps ago."""
        if not self._unused or self.random.random() < 0.1:
            self._unused.append(((0, 0), self.random.choice([0.0, 0.0, 50.0])))
        cursor, idle = self._unused.pop(self.random.randrange(len(self._unused)))
        found = Counter()
        for _ in range(self.random.randint(1, 9)):
            if cursor is None:
                break
            frontier = self.random.choice(self._frontiers)
            frontier.time = self.now
            change = self._asked(frontier.change, ForgetUnused(idle), cursor)
            cursor, found = change.after, found + change.counts
        if cursor is not None:
            self._unused.append((cursor, idle))
        self.forgotten += found
        return cursor, dict(found)

    def _from_outside(self, action):
        """Make a change as a verb of the command line does, or by the daemon's own frontier."""
        if len(self.trace) % 2:
            return change(self._file, action, self.now).total()
        return self._changed(action)

    def _files(self):
        """Return all stored files, as an audit reads them."""
        return stored(self._frontier)

    def _changed(self, action):
        return number(self._frontier, action, self.now)

    def _unnamed(self, paths, store):
        return self._frontier.entry(Unnamed(paths, store=store))

    def _some(self, files):
        """Choose some files, and some that were looked up long ago."""
        fresh = self.random.sample(files, self.random.randint(0, min(3, len(files))))
        old, self._seen = self._seen, fresh
        return fresh, [file for file in old if file.task not in {one.task for one in fresh}]

    def _step_audit(self):
        files = self._files()
        assert self._frontier.entry(Still(files)) == files, "what was just read is still so"
        some, old = self._some(files)
        again = [file for file in some if file.active and not file.retired]
        assert self._changed(Revisit(some)) == len(again)
        self._changed(Revisit(old))
        left = self._files()
        assert not {file.task for file in left} & {file.task for file in again}
        kept = {file for file in files if file not in again and file not in old}
        assert kept <= set(left), "a file that was not meant is gone from the ledger"
        return some, old

    def _step_clear(self):
        job, store = self.random.choice(JOBS), self.random.randint(1, len(self._frontiers))
        files = rows(self._frontier, Unneeded(job, store))
        assert {file.store for file in files} <= {store}
        some, old = self._some(files)
        assert all(file.retired for file in files)
        assert self._changed(LetGo(some)) == len(some)
        self._changed(LetGo(old))
        assert not {file.task for file in self._files()} & {file.task for file in some}
        paths = [file.path for file in some]
        assert self._unnamed(paths, store) == paths, "a name that was let go is free"
        return job, some, old

    def _step_rename(self):
        files = self._files()
        if not files:
            return None
        file = self.random.choice(files)
        number = self.random.randrange(URLS)
        first = self.random.choice([f"p{number}", f"P{number}", file.path.swapcase()])
        store = file.store
        (path,) = self._frontier.claim([(file.task, first, f"P-{file.task}")], store=store)
        if path == file.path:
            return None
        assert self._changed(Rename(file, path))
        assert self._changed(Rename(file, path)), "two processes may rename the same file"
        assert not self._changed(Rename(file, f"{path}-")), "the ledger says something else by now"
        assert self._unnamed([path], store) == []
        if path_key(path, store) != path_key(file.path, store):
            assert self._unnamed([file.path], store) == [file.path]
        return file, path

    def _step_wait(self):
        self.now += self.random.choice([1, 10, 100, 100])
        return self.now
