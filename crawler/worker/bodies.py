"""The bodies of a batch of visits: which become files, and what is wrong with those that cannot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from operator import attrgetter, not_

from crawler.config import Job
from crawler.model import Kind, Outcome, Visited
from crawler.policy import naming
from crawler.policy.outcome import bug
from crawler.policy.pardons import Pardons
from crawler.store import Body, Files, part_name, wanted_path
from crawler.store.faults import is_folders, may_be_folders
from crawler.worker.ends import Ends, size_of
from crawler.worker.guard import Guard
from crawler.worker.reservations import Reservations, has_body

MAX_NAMES = 1000
"""Names that are tried for a file whose name an answer says."""
_KNOWN = attrgetter("task.path")
_NAMED = attrgetter("named")
_NUMBER = attrgetter("task.id")


class Bodies:
    """Writes what visits brought, batch by batch; what is on the disk takes no memory any more."""

    def __init__(
        self,
        owner: int,
        jobs: Mapping[str, Job],
        files: Files,
        guard: Guard,
        ends: Ends,
        reservations: Reservations,
        pardons: Pardons,
    ) -> None:
        self._owner = owner
        self._jobs = jobs
        self._files = files
        self._guard = guard
        self._ends = ends
        self._reservations = reservations
        self._pardons = pardons
        self.compared: Mapping[str, Collection[tuple[str, ...]]] = {}
        """What is ignored where changes are looked for, by the jobs whose hooks want to know."""

    def store(self, batch: Sequence[Visited]) -> None:
        """Write the bodies of a batch; its visits then carry the path, or the fault."""
        if known := list(filter(_KNOWN, batch)):
            self._miss_gone_files(known)
            self._pass_over_same(known)
        visits, choices = self._chosen(list(filter(has_body, batch)))
        if not visits:
            return
        named = set(map(_NUMBER, filter(_NAMED, visits)))
        paths = self._reservations.files(choices, named)
        bodies = list(map(self._body, visits, paths))
        if self.compared:
            self._compare(visits)
        results = self._files.save(bodies)
        fault = self._fault_of([one for one in results if not isinstance(one, str)])
        on_disk = size_of(visits)
        for visited, stored in zip(visits, results, strict=True):
            self._end(visited, stored, fault)
        self._ends.freed(on_disk)

    def _fault_of(self, refused: list[OSError]) -> OSError | None:
        """Return what is wrong with the whole folder, where bodies were refused."""
        return self._files.fault() if any(map(_of_one_place, refused)) else None

    def _end(self, visited: Visited, stored: str | OSError, fault: OSError | None) -> None:
        """End a visit with its file, or with what is wrong with that or with the whole folder.

        The folder may be well again when it is looked at, so that the first fault of a URL that may
        have been the folder's is not charged.
        """
        task, outcome = visited.task, visited.outcome
        if isinstance(stored, str):
            if self._pardons.pardoned:
                self._pardons.stored(task.id)
            if stored != outcome.path:
                outcome = replace(outcome, path=stored)
            return _take_body_off(visited, outcome)
        error = _cause(stored, fault)
        ours = error is fault or is_folders(error)
        reason = f"cannot be stored: {error.strerror or error}"
        lost = replace(outcome, kind=Kind.LOCAL_IO, digest="", size=0, path=None, reason=reason)
        spared = not ours and may_be_folders(error) and self._pardons.pardon(task.id)
        return _take_body_off(visited, replace(lost, ours=ours), spared=spared)

    def _miss_gone_files(self, visits: Sequence[Visited]) -> None:
        """See that an answer without content is no good end where the file is gone."""
        for visited in visits:
            task = visited.task
            if visited.outcome.kind is not Kind.EMPTY or not task.digest or not task.here:
                continue
            if not self._files.exists(task.path or ""):
                if fault := self._files.fault():  # then nothing is known of the file
                    self._end(visited, fault, fault)
                else:
                    visited.task = replace(task, digest="")

    def _pass_over_same(self, visits: Sequence[Visited]) -> None:
        """Keep the file of a visit that brought the same content again, as long as it is there."""
        for visited in visits:
            task, outcome = visited.task, visited.outcome
            if not task.path or not task.here or outcome.digest != task.digest:
                continue
            path = task.path if has_body(visited) else None
            if path is None or not self._guard.step(task, self._files.exists, path):
                continue
            self._drop(visited)
            visited.outcome = replace(outcome, kind=Kind.UNCHANGED, path=path)
            visited.content = visited.part = None

    def _drop(self, visited: Visited) -> None:
        """Let go of a body that will not be stored."""
        if visited.part:
            self._files.discard([visited.part])
        self._ends.freed(size_of([visited]))

    def _compare(self, visits: Sequence[Visited]) -> None:
        """Note how much bodies differ from the files that they are to replace."""
        for visited in visits:
            task = visited.task
            ignored, body = self.compared.get(task.job), visited.part or visited.content
            if ignored and body is not None and task.path and task.digest and task.here:
                step, differences = self._guard.step, self._files.differences
                found = step(task, differences, task.path, body, ignored)
                visited.outcome = replace(visited.outcome, differences=found or ())

    def _chosen(
        self, visits: Sequence[Visited]
    ) -> tuple[list[Visited], list[tuple[int, str, int]]]:
        """Return visits with the choices for their bodies; one without is dropped as a bug."""
        choices = self._guard.each(self._choices, visits)
        for visited in compress(visits, map(not_, choices)):
            self._drop(visited)
            _take_body_off(visited, bug(ValueError("its path cannot be made")))
        return list(compress(visits, choices)), list(filter(None, choices))

    def _choices(self, visited: Visited) -> tuple[int, str, int]:
        task = visited.task
        path = self._free(visited) if visited.named else visited.wanted
        path = path or wanted_path(task, self._jobs[task.job])
        return task.id, path, task.fingerprint

    def _free(self, visited: Visited) -> str:
        """Return the file that an answer names, or another one where something is.

        Such a name is a stranger's word, and takes no file's place.
        """
        path, fingerprint = visited.named, visited.task.fingerprint
        for number in range(MAX_NAMES):
            if not self._files.taken(path):
                break
            path = naming.suffixed(visited.named, fingerprint + number)
        return path

    def _body(self, visited: Visited, path: str) -> Body:
        task = visited.task
        wanted = visited.wanted or path
        part = visited.part or part_name(wanted, task.fingerprint, self._owner)
        modified, versions = visited.outcome.last_modified, self._jobs[task.job].on_change
        return Body(path, part, task.fingerprint, visited.content, modified, versions)


def _take_body_off(visited: Visited, outcome: Outcome, *, spared: bool = False) -> None:
    """Leave a visit without its body, on the disk or lost; what names its part goes on with it."""
    visited.outcome, visited.spared = outcome, spared
    visited.content = visited.part = None


def _of_one_place(stored: str | OSError) -> bool:
    """Tell whether a body was refused for a fault that may be its file's, or the whole folder's."""
    return isinstance(stored, OSError) and not is_folders(stored)


def _cause(error: OSError, fault: OSError | None) -> OSError:
    """Return why a body was refused: the fault of the whole folder, where there is one."""
    return fault if fault and _of_one_place(error) else error
