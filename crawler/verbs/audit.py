"""`crawler audit`: are the files what the ledger says of them?"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from crawler.config import Settings
from crawler.daemon.identity import check_same, check_there
from crawler.errors import UsageError
from crawler.frontier import open_frontier
from crawler.store.mark import NAME, ledger_named
from crawler.threads import Native
from crawler.verbs.auditing import THREADS, Audit, Fault
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.stores import Stores
from crawler.verbs.words import as_json, counted, print_lines


def audit(
    ledger: Ledger,
    *,
    job: str | None,
    fix: bool,
    rename: bool,
    orphans: bool,
    adopts: bool,
    dry: bool,
    as_json_: bool,
) -> int:
    """Do what `crawler audit` says; its options are in `crawler/verbs/commands/`."""
    settings, write = ledger.settings, not dry and any((fix, rename, adopts))
    assert settings is not None  # it names the output folder
    with _audit(ledger, settings, job, write=write) as audit:
        adopted = _tell_adopted(audit, dry=dry, as_json_=as_json_) if adopts else None
        names = audit.renamed(dry=dry) if rename else None
        faults = _tell_faults(audit, fix=fix and write, as_json_=as_json_)
        lost = _tell_orphans(audit, as_json_=as_json_) if orphans else None
    elsewhere = audit.elsewhere if audit.stores.several else None
    found = _Found(audit.looked_at, faults, audit.due, names, lost, elsewhere, adopted)
    print_lines([as_json(found.document())] if as_json_ else found.lines(dry=dry))
    return int(faults.total() > audit.due)


def _tell_adopted(audit: Audit, *, dry: bool, as_json_: bool) -> int:
    number = 0
    for entry, path in audit.adoption.found(dry=dry):
        number += 1
        told = {"event": "adopted", "path": path, "job": entry.job, "url": entry.url}
        line = f"{'adopted':<10}{path}  {entry.job}  {entry.url}"
        print_lines([as_json(told) if as_json_ else line])
    return number


def _tell_faults(audit: Audit, *, fix: bool, as_json_: bool) -> "Counter[str]":
    faults: Counter[str] = Counter()
    for fault in audit.faults(fix=fix):
        faults[fault.what.partition(":")[0]] += 1
        print_lines([_told(fault, as_json_=as_json_)])
    return faults


def _tell_orphans(audit: Audit, *, as_json_: bool) -> int:
    number = 0
    for path in audit.lost():
        number += 1
        line = {"event": "orphan", "path": path}
        print_lines([as_json(line) if as_json_ else f"{'orphan':<10}{path}"])
    return number


@contextmanager
def _audit(ledger: Ledger, settings: Settings, job: str | None, *, write: bool) -> Iterator[Audit]:
    """Open the ledger and see that it and the output folder are this configuration's, and there.

    Raises:
        UsageError: they are not: where a disk is not mounted all files seem to be gone.
    """
    options = settings.crawler
    named = ledger_named(options.output)
    check_there(options.state, options.output, named)
    with opened_by(ledger, acts=write) as desk:
        sums = desk.sums()
    check_same(options.state, options.output, named, sums.uid)
    if job is not None and job not in {one.name for one in sums.jobs}:
        raise UsageError(f"--job {job}: the ledger has no such job")
    if not options.output.is_dir():
        raise UsageError(f"crawler.output: {options.output} is not there; is its disk mounted?")
    if write and not named:
        raise UsageError(
            f"crawler.output: {options.output} has no {NAME} that names its ledger; is its disk "
            "mounted? The daemon writes it when it starts"
        )
    durable = options.durability == "full"
    with (
        open_frontier(options.state, durable=durable, readonly=not write) as frontier,
        Native(THREADS) as native,
    ):
        yield Audit(frontier, settings, native, job, Stores(sums.stores, options.output))


def _told(fault: Fault, *, as_json_: bool) -> str:
    file, what = fault
    if as_json_:
        return as_json({
            "event": "fault", "fault": what, "path": file.path, "job": file.job, "url": file.url,
        })  # fmt: skip
    return f"{what:<10}{file.path}  {file.job}  {file.url}"


class _Found(NamedTuple):
    """What an audit came to, in numbers."""

    files: int
    faults: "Counter[str]"
    due: int
    """URLs that were made due again."""
    renamed: "Counter[str] | None"
    orphans: int | None
    elsewhere: int | None
    """Files that lie in other stores, where there are others."""
    adopted: int | None

    def document(self) -> dict[str, Any]:
        """Return it for programs; what was not asked for is left away."""
        told = {"event": "sums", **self._asdict()}
        return {name: value for name, value in told.items() if value is not None}

    def lines(self, *, dry: bool) -> Iterator[str]:
        """Return it for people."""
        number = self.faults.total()
        kinds = ", ".join(f"{n:,} {what}" for what, n in self.faults.most_common())
        if not number:
            yield f"{counted(self.files, 'file')} as the ledger has them"
        else:
            yield f"{number:,} of {counted(self.files, 'file')} not as the ledger has them: {kinds}"
        if self.due:
            yield f"{counted(self.due, 'URL')} due again"
        if left := number - self.due:
            yield f"{counted(left, 'URL')} not due again; --fix makes those due that are listed"
        if self.adopted is not None:
            yield f"{counted(self.adopted, 'file')} {'to be adopted' if dry else 'adopted'}"
        if self.renamed is not None:
            yield from self._names(self.renamed, dry=dry)
        if self.orphans is not None:
            yield f"{counted(self.orphans, 'file')} of no URL"
        if self.elsewhere:
            yield f"{counted(self.elsewhere, 'file')} in other output folders, not looked at"

    def _names(self, names: "Counter[str]", *, dry: bool) -> Iterator[str]:
        yield f"{counted(names['renamed'], 'file')} {'to be renamed' if dry else 'renamed'}"
        if names["unknown"]:
            yield (
                f"{counted(names['unknown'], 'file')} left under their names: `path` needs what a "
                "line of the list binds"
            )
        for what in sorted(name for name in names if name.startswith("failed")):
            yield f"{counted(names[what], 'file')} not renamed: {what.partition(': ')[2]}"
