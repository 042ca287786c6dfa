"""Budgets of jobs: what visits spend is summed with them, and a job that has spent it all pauses.

The pause is a row of `wish` of its own verb, so leases and processes heed it as an operator's, and
neither takes the other one back. Times here are those of the frontier's clock without its steps.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.wished import have_told, note_change
from crawler.model import Seconds
from crawler.records import NO_BUDGET, Budget, JobTerms

_SPEND = """
UPDATE budget SET bytes = budget.bytes + spent.size, urls = budget.urls + spent.ends,
    began_at = ifnull(began_at, CAST(:now AS REAL))
FROM (SELECT task.job, sum(size) AS size, count(final) AS ends
    FROM temp.settled CROSS JOIN task ON task.id = settled.id GROUP BY task.job) AS spent
WHERE spent.job = budget.job"""
_REACHED = """
CASE WHEN max_bytes <= bytes THEN 'max_bytes' WHEN max_urls <= urls THEN 'max_urls'
    WHEN began_at + max_time <= CAST(:now AS REAL) THEN 'max_time' ELSE '' END"""
_CAP = "CASE WHEN max_bytes <= bytes THEN max_bytes WHEN max_urls <= urls THEN max_urls END"
_OTHERWISE = f"""
SELECT name, {_REACHED}, {_CAP}, max_time FROM budget CROSS JOIN job ON job.id = budget.job
LEFT JOIN wish ON verb = 'cap' AND scope = 'job' AND subject = name
WHERE active AND {_REACHED} != ifnull(option, '')"""
_OF_SETTLED = f"""{_OTHERWISE} AND budget.job IN (/* few */
    SELECT task.job FROM temp.settled CROSS JOIN task ON task.id = settled.id)"""
DIFFERS = f"EXISTS ({_OTHERWISE})"
"""Whether a job is at its cap, at `:now`, and does not pause, or the other way round."""
_PAUSE = """
INSERT INTO wish (verb, scope, subject, option, value, who, machine, why, made_at)
VALUES ('cap', 'job', ?, ?, ?, '', '', '', ?)"""
_GO_ON = "DELETE FROM wish WHERE verb = 'cap' AND scope = 'job' AND subject = ?"
_KNOWN = """
SELECT job, max_bytes, max_time, max_urls, schedule FROM budget"""
_SET = """
INSERT INTO budget (job, max_bytes, max_time, max_urls, schedule) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (job) DO UPDATE SET max_bytes = excluded.max_bytes, max_time = excluded.max_time,
    max_urls = excluded.max_urls, schedule = excluded.schedule, ends_at = NULL"""
_RENAME = """
UPDATE budget SET job = :new WHERE job = (SELECT id FROM job WHERE name = :old)
    AND NOT EXISTS (SELECT 1 FROM budget AS one WHERE one.job = :new)"""
_FORGET = "DELETE FROM budget WHERE job = ?"
_NAMES = "SELECT name FROM job WHERE id IN (SELECT value FROM json_each(?))"


def spend(db: Connection, now: Seconds, stepped: Seconds) -> None:
    """Add what the staged settlements have spent; jobs that are at their caps then pause.

    `now` is a wall time.
    """
    db.execute(_SPEND, {"now": now - stepped})
    _judge(db, _OF_SETTLED, now, stepped)


def judge(db: Connection, now: Seconds, stepped: Seconds) -> int:
    """Have jobs pause that are at their caps, and no others; return for how many that is news."""
    return _judge(db, _OTHERWISE, now, stepped)


def _judge(db: Connection, which: str, now: Seconds, stepped: Seconds) -> int:
    """Judge the jobs that a statement selects which are to be judged otherwise."""
    found = db.execute(which, {"now": now - stepped}).fetchall()
    for name, option, cap, max_time in found:
        db.execute(_GO_ON, (name,))
        if option:
            value = json.dumps(max_time if cap is None else cap)
            db.execute(_PAUSE, (name, option, value, now))
        have_told(db, name)
    if found:
        note_change(db)
    return len(found)


def set_budgets(
    db: Connection,
    jobs: Mapping[int, JobTerms],
    renamed: Mapping[int, str],
    now: Seconds,
    stepped: Seconds,
) -> None:
    """Make the budgets of jobs, by number, those of the configuration; what is spent stays so.

    A job takes what it has spent along to another name. One that has no budget any more forgets it,
    and one that the configuration has no more does not.
    """
    db.executemany(_RENAME, [{"new": job, "old": old} for job, old in renamed.items()])
    changed = _changed(db, jobs)
    _let_go_on(db, changed)
    db.executemany(_SET, [(job, *_caps(one)) for job, one in changed.items() if one])
    db.executemany(_FORGET, [(job,) for job, one in changed.items() if not one])
    judge(db, now, stepped)


def _changed(db: Connection, jobs: Mapping[int, JobTerms]) -> dict[int, Budget]:
    """Return the budgets that are others than the ledger has."""
    before = {job: Budget(*caps) for job, *caps in db.execute(_KNOWN).fetchall()}
    budgets = {job: terms.budget for job, terms in jobs.items()}
    return {job: one for job, one in budgets.items() if before.get(job, NO_BUDGET) != one}


def _let_go_on(db: Connection, jobs: Collection[int]) -> None:
    """Let jobs go on, as far as their other caps do."""
    names = db.execute(_NAMES, (json.dumps(list(jobs)),)).fetchall()
    for (name,) in names:
        if db.execute(_GO_ON, (name,)).rowcount:
            have_told(db, name)
            note_change(db)


def _caps(budget: Budget) -> tuple[Any, ...]:
    return budget.max_bytes, budget.max_time, budget.max_urls, budget.schedule
