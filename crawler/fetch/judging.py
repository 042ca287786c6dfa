"""What a job says of one answer, as it is read: of its head, of its body, of its length."""

import time
from collections.abc import Callable

import gevent

from crawler.config import Job
from crawler.config.answer_options import acceptance_of, ban_rules_of
from crawler.fetch.checking import BodyCheck
from crawler.model import Kind, Seconds, Trouble
from crawler.policy.acceptance import contains
from crawler.policy.body_search import BodySearch
from crawler.store import Measured
from crawler.transport.response_head import Headers

_SLICE_BYTES = 65_536
"""Bytes that are looked through at once: whatever they and the texts are, that takes some 10 ms."""
_TURN_S: Seconds = 0.02
"""Longest stretch of looking without a pause for the other greenlets, but for a slice."""


class AnswerJudge:
    """Ends a visit as soon as its answer is known not to be wanted."""

    def __init__(self, job: Job, status: int, checks: str = "") -> None:
        """`checks` is what the list of the URL says of its body."""
        self._job = job
        self._checks = checks
        self._check: BodyCheck | None = None
        self._accept = acceptance_of(job.accept) if job.accept else None
        self._ban = ban_rules_of(job.ban) if job.ban else None
        self._status = status
        self.refused = ""
        """What of an answer that is no file is a refusal, beside its status."""

    def head(self, headers: Headers) -> None:
        """Judge a head, before anything of the body is read.

        Raises:
            Trouble: `unwanted`.
        """
        is_file = 200 <= self._status < 300
        if self._ban:
            self.refused = self._ban.refusal_in(headers)
            if self.refused and is_file:
                self._object(self.refused, refused=True)
        if self._accept and is_file:
            said = headers.get("content-type")
            self._object(self._accept.objection_to_head(self._status, said))

    def looking(
        self,
        take: Callable[[bytes], None],
        had: Measured | None,
        length: int | None = None,
        *,
        coded: bool = False,
    ) -> Callable[[bytes], None]:
        """Return what looks into the pieces of a body before `take` takes them.

        `had` is what an earlier visit left of it, and is looked through. `length` is what is
        declared of the rest, before a coding is undone.

        Raises:
            Trouble: `mismatch`; it is declared of another length than the listed one.
        """
        if self._checks:
            self._check = BodyCheck(self._checks, had, self._status)
            self._check.declared(None if coded else length)
            take = self._check.taking(take)
        search = had.search if had else search_of(self._job)
        if search is None:
            return take

        def look(piece: bytes) -> None:
            if found := _look_through(search, piece):
                refused = self._ban is not None and found in self._ban.texts
                said = contains(found)
                self._object(f"refused: {said}" if refused else said, refused=refused)
            take(piece)

        return look

    def refusals(self) -> Callable[[bytes], None] | None:
        """Return what looks for a refusal in an error's body; None where nothing is to be found."""
        if self.refused or not self._ban or not self._ban.texts or self._status < 400:
            return None
        search = BodySearch(self._ban.texts)

        def look(piece: bytes) -> None:
            if found := _look_through(search, piece):
                self.refused = f"refused: {contains(found)}"

        return look

    def whole(self, size: int, sha256: str) -> None:
        """Judge a body that is there; one that is none by its status is another matter.

        Raises:
            Trouble: `unwanted`, or `mismatch`.
        """
        if self._check:
            self._check.whole(size, sha256)
        if self._accept and self._status != 204:
            self._object(self._accept.objection_to_size(size))

    def _object(self, objection: str, *, refused: bool | None = None) -> None:
        if objection:
            raise Trouble(Kind.UNWANTED, objection, status=self._status, refused=refused)


def _look_through(search: BodySearch, piece: bytes) -> bytes | None:
    """Look through a piece, slice by slice; others run where that takes long."""
    began = time.monotonic()
    for at in range(0, len(piece), _SLICE_BYTES):
        if at and time.monotonic() - began > _TURN_S:
            gevent.sleep(0.001)
            began = time.monotonic()
        if found := search.feed(piece[at : at + _SLICE_BYTES]):
            return found
    return None


def search_of(job: Job) -> BodySearch | None:
    """Return a search for what no body may contain; None where everything may be there."""
    refusals = ban_rules_of(job.ban).texts if job.ban else ()
    others = acceptance_of(job.accept).texts if job.accept else ()
    return BodySearch((*refusals, *others)) if refusals or others else None
