"""Whose turn it is on a host: its robots.txt first, then its jobs in fair shares.

The shares are by stride scheduling, as those of `classes`: a visit costs a job the inverse of its
weight, and the next one is of the job that has paid least. So the n-th visit of a job has its place
in the queue of a host before any is taken, and one statement finds the next visits of all hosts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from crawler.frontier.sql.connection import Connection, require_alone
from crawler.frontier.sql.procedures import OWN, Each, Procedure
from crawler.frontier.sql.rows import leased
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.pauses import HOST_PAUSED, JOB_PAUSED
from crawler.frontier.sql.rows.robots import ask, ask_known, known_from
from crawler.frontier.sql.rows.tasks import COLUMNS, task_of
from crawler.frontier.sql.rows.terms import Terms, Visitor, ask_terms, terms_from
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.states import LEASED, RANKS, ROBOTS_JOB, USUAL, WAITING
from crawler.frontier.values import LeasedHost
from crawler.model import Task
from crawler.policy.robots import url_of
from crawler.urls import host_of

MANY_JOBS = 16
"""Jobs with due URLs on one host, beyond which fewer of these are looked at at once."""
TASKS_OF_MANY = 64
"""URLs that are then taken of the host at the most, and looked at for each of as many jobs."""
FEW = 2
SIZES = (FEW, 8, 32, 128, 512)
"""Bounds to which the number of tasks that are wanted of a host is rounded up."""
MOST = SIZES[-1]
"""Tasks of one host that one lease takes at the most."""
UPTO = {n: next(size for size in SIZES if size >= n) for n in range(MOST + 1)}
_RANKS = ", ".join(map(str, RANKS))
_EACH_RANK = ", ".join(f"({rank})" for rank in RANKS)
LOOKED_AT = 100
"""URLs that are looked at for one that is listed on the host, among those that a redirect led."""
MINE = f"""
(:all_jobs OR EXISTS (
    SELECT 1 FROM temp.my_job WHERE my_job.name = job.name AND my_job.digest = job.digest))
AND NOT EXISTS (SELECT 1 FROM temp.held_job WHERE held_job.name = job.name)
AND NOT {JOB_PAUSED}"""
"""Condition on a job: the process visits it."""
_HERE = "CROSS JOIN host_job ON host_job.host = host.id CROSS JOIN job ON job.id = job AND active"
_UNKNOWN = f"""
SELECT host.id, job.id FROM temp.wanted CROSS JOIN host ON host.id = wanted.host {_HERE}
WHERE (rules_until <= :now OR refresh_at <= :now) AND asked_until <= :now AND {OWN}
    AND NOT {HOST_PAUSED} AND ifnull(host.obeys, job.obeys) AND {MINE}"""
"""Hosts whose rules are old, with the jobs that need them."""
_FIRST = f"""
SELECT url, location FROM {TASKS} WHERE host = ? AND job = ? AND state = {WAITING}
AND rank IN ({_RANKS}) AND due_at <= ? LIMIT {LOOKED_AT}"""
_OF_RANK = f"""FROM task WHERE task.host = {{host}} AND task.job = {{job}} AND state = {WAITING}
    AND rank = {{rank}} AND due_at <= :now"""
_IS_DUE = f"EXISTS (SELECT 1 {_OF_RANK})"
_DUE = " OR ".join(
    f"({_IS_DUE}{'' if rank == USUAL else ' AND ranked'})".replace("{rank}", str(rank))
    for rank in sorted(RANKS, key=lambda one: one != USUAL)
)
"""Condition: a job has a due task on a host. Tasks of other ranks are apart in the index."""
_USUAL = f"(SELECT id {_OF_RANK} ORDER BY due_at, id LIMIT 1{{offset}})".replace(
    "{rank}", str(USUAL)
)
_FIRST_USUAL = _USUAL.replace("{offset}", "")
_SECOND_USUAL = _USUAL.replace("{offset}", " OFFSET 1").format(host="taken.host", job="taken.job")
_FIRST_DUE = f"ifnull({_FIRST_USUAL}, CAST(ranked AND ({_DUE}) AS INTEGER))".format(
    host="host.id", job="job.id"
)
"""Number of the first due task of a job on a host; 0: none is, 1: some are of another rank."""
_TURNS = f"""
INSERT INTO turn
SELECT host.id, job.id, served, weight, ranked, {_FIRST_DUE}
FROM temp.wanted CROSS JOIN host ON host.id = wanted.host
    {_HERE} WHERE {OWN} AND NOT {HOST_PAUSED} AND {MINE}
    AND (rules_until > :now OR NOT ifnull(host.obeys, job.obeys))
UNION ALL
SELECT host.id, {ROBOTS_JOB}, -1e300, 1, FALSE,
    ifnull({_FIRST_USUAL.format(host="host.id", job=ROBOTS_JOB)}, 0)
FROM temp.wanted CROSS JOIN host ON host.id = wanted.host
WHERE {OWN} AND NOT {HOST_PAUSED} AND EXISTS (
        SELECT 1 FROM task WHERE task.host = host.id AND job = {ROBOTS_JOB} AND state = {WAITING})
    AND EXISTS (SELECT 1 FROM host_job CROSS JOIN job ON job.id = job AND active
        WHERE host_job.host = host.id AND {MINE})"""
_OF_MANY = f"""
UPDATE wanted SET tasks = {TASKS_OF_MANY}, upto = {UPTO[TASKS_OF_MANY]}
WHERE tasks > {TASKS_OF_MANY} AND host IN (
    SELECT host FROM temp.turn WHERE due > 0 GROUP BY host HAVING count(*) > {MANY_JOBS})"""
_LAST_OF_MANY = f"""
DELETE FROM turn WHERE due > 0 AND host IN (
    SELECT host FROM temp.turn WHERE due > 0 GROUP BY host HAVING count(*) > {TASKS_OF_MANY})
AND {TASKS_OF_MANY} <= (SELECT count(*) FROM temp.turn AS before WHERE before.host = turn.host
    AND before.due > 0 AND (before.served, before.job) < (turn.served, turn.job))"""
_ALONE = """
FROM wanted CROSS JOIN turn ON turn.host = wanted.host
WHERE due > 0 AND NOT ranked AND NOT EXISTS (/* each */
    SELECT 1 FROM temp.turn AS other
    WHERE other.host = turn.host AND other.job != turn.job AND other.due > 0)"""
"""Jobs that alone have due tasks on a host: as these are due, so they stand in its queue."""
_ONE = f"""
INSERT INTO taken SELECT turn.host, turn.job, 1, due {_ALONE} AND upto = {FEW}"""
_ANOTHER = f"""
INSERT INTO taken SELECT host, job, 2, id FROM (
    SELECT taken.host, job, {_SECOND_USUAL} AS id
    FROM taken CROSS JOIN wanted ON wanted.host = taken.host WHERE tasks = {FEW}
) AS second WHERE id IS NOT NULL"""
_LINE = f"""
INSERT INTO taken SELECT :host, :job, due_at, id {_OF_RANK}
ORDER BY due_at, id LIMIT :tasks""".format(host=":host", job=":job", rank=USUAL)
LINE = Procedure("line", "host job tasks now", _LINE)
_LINES = f"SELECT turn.host, turn.job, tasks, CAST(:now AS REAL) {_ALONE} AND upto > {FEW}"
_FIRST_OF_EACH = f"""
SELECT turn.host, turn.job, task.id, tasks, served + (row_number() OVER (
    PARTITION BY turn.host, turn.job ORDER BY task.rank, due_at, task.id) - 1.0) / weight AS place
FROM temp.wanted CROSS JOIN temp.turn ON turn.host = wanted.host
CROSS JOIN (VALUES {_EACH_RANK}) AS ranks ON ranked OR ranks.column1 = {USUAL} CROSS JOIN task
WHERE upto = :upto AND due > 0
    AND NOT EXISTS (SELECT 1 FROM temp.taken WHERE taken.host = wanted.host)
    AND task.id IN (/* few */ SELECT id FROM task
    WHERE host = turn.host AND job = turn.job AND state = {WAITING} AND rank = ranks.column1
    AND due_at <= :now ORDER BY due_at, id LIMIT :upto)"""
_QUEUE = f"""
INSERT INTO taken SELECT host, job, nth, id FROM (
    SELECT *, row_number() OVER (PARTITION BY host ORDER BY place, job, id) AS nth
    FROM ({_FIRST_OF_EACH}) AS first
) AS queue WHERE nth <= tasks"""
QUEUE = Procedure("queue", "upto now", _QUEUE)
_SIZES = """
SELECT DISTINCT upto, CAST(:now AS REAL) FROM wanted
WHERE EXISTS (SELECT 1 FROM temp.turn WHERE turn.host = wanted.host AND due > 0)
AND NOT EXISTS (SELECT 1 FROM temp.taken WHERE taken.host = wanted.host)"""
_LEASE = f"""
UPDATE task SET state = {LEASED}, attempt = attempt + 1
WHERE id IN (/* few */ SELECT id FROM temp.taken)"""
_SHARED = f"SELECT host FROM temp.turn WHERE job != {ROBOTS_JOB} GROUP BY host HAVING count(*) > 1"
_PAY = f"""
UPDATE turn SET served = served + (
    SELECT count(*) FROM temp.taken WHERE taken.host = turn.host AND taken.job = turn.job
) / CAST(weight AS REAL) WHERE job != {ROBOTS_JOB} AND host IN ({_SHARED})"""
_PASS_BY = f"""
UPDATE turn SET served = max(turn.served, least.served) FROM (
    SELECT host, min(served) AS served FROM temp.turn
    WHERE job != {ROBOTS_JOB} AND host IN ({_SHARED})
    AND ({_DUE.format(host="turn.host", job="turn.job")}) GROUP BY host
) AS least WHERE turn.host = least.host AND turn.job != {ROBOTS_JOB}"""
"""A job without a waiting task loses the turns that went by."""
_NOTE = f"""
UPDATE host_job SET served = turn.served FROM temp.turn
WHERE turn.host = host_job.host AND turn.job = host_job.job AND turn.served != host_job.served
    AND turn.host IN ({_SHARED})"""
_TAKEN = f"""
SELECT {COLUMNS} FROM temp.taken CROSS JOIN task ON task.id = taken.id
LEFT JOIN visited ON visited.task = task.id ORDER BY taken.host, place, taken.id"""
SHARE = Procedure("share_turns", "now", _PAY, _PASS_BY, _NOTE)
TAKE = Procedure(
    "take_tasks",
    "owner now all_jobs",
    _TURNS,
    _OF_MANY,
    _LAST_OF_MANY,
    _ONE,
    _ANOTHER,
    Each(LINE, _LINES),
    Each(QUEUE, _SIZES),
    _LEASE,
    leased.more("temp.taken"),
    Each(SHARE, f"SELECT CAST(:now AS REAL) WHERE EXISTS ({_SHARED})"),
)
"""Takes the next tasks of the wanted hosts.

Of most hosts few tasks are wanted, and one job has any that are due: these need no queue. Nor does
a host of one such job of which many are wanted: the index has them in their order. Of the others
those are done together of which about as many are wanted: so few are looked at.
"""


def take(db: Connection, values: Mapping[str, Any]) -> None:
    """Lease tasks of the wanted hosts, as far as the caller owns these; `Answer` has them.

    `values` has the `owner`, the time `now`, and whether it visits `all_jobs`.
    """
    unknown = db.execute(_UNKNOWN, values)
    if db.alone:
        _ask(db, values, unknown.fetchall())
        db.run(TAKE, values)
    else:
        db.run(TAKE, values)
        if unknown.fetchall():
            require_alone(db)


def _ask(db: Connection, values: Mapping[str, Any], unknown: Sequence[tuple[int, int]]) -> None:
    """Make the robots.txt of the first URL that waits for it due, where rules are old."""
    asked = set[int]()
    for host, job in unknown:
        if host in asked:
            continue
        first = db.execute(_FIRST, (host, job, values["now"])).fetchall()
        if first:
            asked.add(host)
            listed = any(there is None or host_of(url) == host_of(there) for url, there in first)
            there = first[0][1] or first[0][0]
            ask(db, url_of(there), host, job, values["now"], listed=listed)


class Answer:
    """The hosts that were wanted, each with its tasks; asked for at once, and read then."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._wanted = db.execute("SELECT host, tasks FROM temp.wanted ORDER BY nth")
        self._terms = ask_terms(db, "SELECT host FROM temp.wanted")
        self._tasks = db.execute(_TAKEN)
        self._rules = ask_known(db, "SELECT host FROM temp.wanted WHERE new")

    def read(self, names: Names, visitor: Visitor) -> tuple[LeasedHost, ...]:
        """Return them in the order in which they were wanted."""
        terms = terms_from(self._terms, visitor)
        tasks = self._read_tasks(names, visitor, terms)
        rules = known_from(self._rules)
        return tuple(
            terms[host].leased(
                tuple(tasks[host]), number, rules.get(host, ()) if terms[host].obeying else ()
            )
            for host, number in self._wanted.fetchall()
        )

    def _read_tasks(
        self, names: Names, visitor: Visitor, terms: Mapping[int, Terms]
    ) -> dict[int, list[Task]]:
        tasks: dict[int, list[Task]] = defaultdict(list)
        for number, rows in groupby(self._tasks.fetchall(), itemgetter(3)):
            here, store = terms[number], visitor.store
            key, version = here.host.key, here.host.rules_version
            tasks[number] = [
                task_of(row, _job_of(self._db, names, row, here), key, version, store)
                for row in rows
            ]
        return tasks


def _job_of(db: Connection, names: Names, row: Any, terms: Terms) -> str:
    """Return the job whose options a visit has; for a robots.txt that is any job of ours."""
    job = names.job_name(db, row[-1] or row[2])
    if row[2] != ROBOTS_JOB:
        return job
    here = [one.name for one in terms.mine]
    return job if job in here or not here else here[0]
