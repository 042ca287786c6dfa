"""`crawler add`: URLs that stand on no list become known, and are due at once.

They are a list of their own that only adds, as an inbox's are; `intake` takes them in.
"""

from collections.abc import Sequence
from contextlib import closing

import click

from crawler.config import Job
from crawler.errors import UsageError
from crawler.policy import naming
from crawler.records import Seed
from crawler.seeder.seeds import seed_of
from crawler.verbs.answer import Answer
from crawler.verbs.commands.declaring import ENDED_BY_INT
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.given import Bad, BetweenBatches, given, in_words
from crawler.verbs.urls.intake import Count, Intake
from crawler.verbs.words import as_json, counted, print_lines


def add(ledger: Ledger, *, name: str, urls: Sequence[str], dry: bool) -> Answer:
    """Make a few URLs known to a job.

    Raises:
        UsageError: there is no such job, or it needs more than a URL.
    """
    job = _job(ledger, name)
    with opened_by(ledger, acts=not dry):
        pass  # it is there, and not another configuration's
    seeds, refused = _seeds(job, urls)
    with closing(Count() if dry else Intake(ledger, job.name)) as intake:
        intake.take_in(seeds)
    told = {**intake.sums(), "bad": len(refused)}
    code = UsageError.exit_code if refused else 0
    return Answer([_words(job.name, told)], lambda: {"job": job.name, **told}, code, refused)


def _seeds(job: Job, urls: Sequence[str]) -> tuple[list[Seed], list[str]]:
    """Return what URLs are for a job, and what is wrong with those that are none."""
    seeds, refused = [], []
    for url in urls:
        try:
            seeds.append(seed_of(job, url, {}))
        except ValueError as error:
            refused.append(in_words(url, error))
    return seeds, refused


def add_typed(
    ledger: Ledger, *, name: str, urls: tuple[str, ...], dry: bool, as_json_: bool
) -> int:
    """Do what `crawler add` says; its options are in `crawler/verbs/commands/`."""
    job = _job(ledger, name)
    with opened_by(ledger, acts=not dry):
        pass  # it is there, and not another configuration's
    bad, code = Bad(ledger.mask), 0
    intake = Count() if dry else Intake(ledger, job.name)
    with BetweenBatches() as between:
        try:
            for seeds in given(urls, lambda text: seed_of(job, text, {}), bad, between):
                intake.take_in(seeds)
        except KeyboardInterrupt:
            code = ENDED_BY_INT
        finally:
            intake.close()
            _tell(job.name, {**intake.sums(), "bad": bad.number}, as_json_=as_json_)
            bad.tell_rest()
    return code or (UsageError.exit_code if bad.number else 0)


def _tell(job: str, told: dict[str, int], *, as_json_: bool) -> None:
    if as_json_:
        return click.echo(as_json({"job": job, **told}, indent=2))
    return print_lines([_words(job, told)])


def _words(job: str, told: dict[str, int]) -> str:
    if "read" in told:
        return f"{counted(told['read'], 'URL')} for {job}, {told['bad']:,} bad"
    words = [f"{counted(told['new'], 'URL')} added to {job}"]
    return ", ".join(words + [f"{told[word]:,} {_WORDS[word]}" for word in _WORDS if told[word]])


_WORDS = {"back": "came back that were retired", "known": "known already", "bad": "bad"}


def _job(ledger: Ledger, name: str) -> Job:
    """Return the job of a name.

    Raises:
        UsageError: there is none, or its paths need what only the lines of a list have.
    """
    jobs = {job.name: job for job in ledger.settings.jobs} if ledger.settings else {}
    if name not in jobs:
        raise UsageError(f"the configuration has no job {name}; it has {', '.join(jobs)}")
    needs = [one for one in naming.fields_of(jobs[name].path) if one not in naming.FIELDS]
    if needs:
        raise UsageError(
            f"the `path` of {name} needs {{{needs[0]}}}, which only a line of a list has: "
            "put the URL on one, or into the job's inbox"
        )
    return jobs[name]
