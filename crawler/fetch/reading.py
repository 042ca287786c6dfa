"""An answer read to its end: what its status means for its body, and the body as it comes."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from crawler.config import Job
from crawler.fetch.body import at_most, drain, read_body
from crawler.fetch.checking import digests_of
from crawler.fetch.declared import Declared
from crawler.fetch.decode import Decoder, decoder_for
from crawler.fetch.failures import EXCHANGE_ERRORS
from crawler.fetch.intake import Intake
from crawler.fetch.judging import AnswerJudge, search_of
from crawler.fetch.limits import Limits
from crawler.fetch.rates import Rates
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.policy import robots
from crawler.policy.codings import is_gzip_file
from crawler.policy.resume import check_range, keepable
from crawler.store import Files, Measured
from crawler.transport.adapter import Answer
from crawler.transport.body_framing import Pour
from crawler.transport.memory import Memory, Share
from crawler.transport.response_head import Headers

MAX_SEARCHED_BYTES = 65_536
"""Bytes of an error's body that are searched for words of a ban, on the wire or decoded."""
MAX_SEARCH_S: Seconds = 5.0
"""Longest time for that."""
_RESET_CONTENT = 205
"""Its body, if it has one, is none (RFC 9110, section 15.3.6)."""


class Visit(NamedTuple):
    """What a reader has to know of the visit."""

    task: Task
    job: Job
    part: Callable[[], str]
    """Returns the name of the part of a body that is too long for memory."""
    deadline: Seconds
    answered_at: Seconds
    jar: str | None = None
    """Of a redirect: the cookies that go on with the visit, packed."""


class AnswerReader:
    """Reads the answers of all visits; `note` is called with every part that may be continued."""

    def __init__(
        self, files: Files, note: Callable[[int, Kept], None], memory: Memory, windows: Memory
    ) -> None:
        """`memory` is for what answers hold themselves, `windows` for what their decoders hold."""
        self._files = files
        self._memory = memory
        self._windows = windows
        self._note = note
        self.declared = Declared()
        self.rates = Rates()
        self.intakes: dict[int, Intake] = {}
        """The bodies that are coming in, by the numbers of their tasks."""

    def measured(self, task: Task, job: Job) -> tuple[Task, Measured | None]:
        """Look at what an earlier visit left of a body, once through: a big one takes its time.

        What cannot be continued is removed, and the task starts over.
        """
        if (kept := task.kept) is None:
            return task, None
        had = self._files.measure(kept.part, kept.total, search_of(job), digests_of(task.checks))
        sound = had and not (had.search and had.search.found)
        if had and sound and kept.validators.strong():
            return task, had
        self._files.discard([kept.part])
        return replace(task, kept=None), None

    def read(self, visit: Visit, answer: Answer, had: Measured | None) -> Fetched:
        """Take in what an answer brings; `had` is what an earlier visit left of its body.

        1. A part of a body (206) has to be the rest of what is there. An answer that there is no
           such part (416) never is, so that the next visit starts over.
        2. Any other success brings the whole body: it changed, and what is there is void.
        3. Nothing else has a body that is kept.

        An answer that its job does not want is left as soon as that is known.

        Raises:
            Trouble: what came is not whole, too big, too slow, undecodable, not what was asked, or
                not wanted.
            OSError: the connection broke, or the part cannot be written.
        """
        status, headers = answer.status_code, answer.head.headers
        judge = _judge(visit, status)
        try:
            if judge:
                judge.head(headers)
            if status == 206 or (had and status == 416):
                had = self._continued(visit.task.kept, had, answer)
                return self._stored(visit, answer, had, judge)
            if 200 <= status < 300 and status != _RESET_CONTENT:
                return self._stored(visit, answer, None, judge)
        except Trouble as trouble:
            if trouble.kind in {Kind.UNWANTED, Kind.MISMATCH}:
                drain(answer.body, (visit.deadline - time.monotonic()) / 2)
            raise
        refused = self._refused(visit, answer, judge) if judge else ""
        drain(answer.body, (visit.deadline - time.monotonic()) / 2)
        differing = headers.differing()
        return Fetched(
            status, headers, visit.answered_at, differing=differing, refused=refused, jar=visit.jar
        )

    def _refused(self, visit: Visit, answer: Answer, judge: AnswerJudge) -> str:
        """Return what of an answer without a file is a refusal, beside its status; '' if nothing.

        Of its body only the beginning is looked into, and not for long.
        """
        if (search := judge.refusals()) is not None:
            left = visit.deadline - time.monotonic()
            limits = Limits(MAX_SEARCHED_BYTES, visit.deadline, cut=True)
            with suppress(Trouble, *EXCHANGE_ERRORS), at_most(min(MAX_SEARCH_S, left / 2)):
                decoder = _decoder(visit.task, visit.job, answer.head.headers)
                read_body(answer.body, decoder, limits, search, self._windows)
        return judge.refused

    def _continued(self, kept: Kept | None, had: Measured | None, answer: Answer) -> Measured:
        """See that a partial answer is the rest of what is there; on any doubt start over."""
        if kept is None or had is None:
            raise Trouble(Kind.PROTOCOL, "a part came where the whole was asked for")
        try:
            check_range(kept, had.size, answer.headers)
        except Trouble:
            self._files.discard([kept.part])
            raise
        return had

    def _stored(
        self, visit: Visit, answer: Answer, had: Measured | None, judge: AnswerJudge | None
    ) -> Fetched:
        """Read a body to its end, to memory or to its part, after what is there already."""
        task, job, part, deadline, answered_at, _ = visit
        headers = answer.head.headers
        if task.robots:
            limits = Limits(robots.MAX_BYTES, deadline, job.min_speed, cut=True)
        else:
            pace = self.rates.pace(job, deadline, task.host)
            had_size = had.size if had else 0
            limits = Limits(job.max_size, deadline, job.min_speed, had_size, pace=pace)
            limits.declared(answer.head.length)
        media_type = headers.get("content-type") or ""
        decoder = _decoder(task, job, headers)
        page = "html" in media_type.lower() and not job.raw
        begun = partial(self._begun, task, job, answer)
        share = Share(self._memory)
        intake = Intake(
            self._files,
            part,
            task.kept if had else None,
            begun,
            had,
            share,
            self.declared.body(None if task.robots else answer.head.length),
            page=page,
            stays=task.robots,
        )
        self.intakes[task.id] = intake
        try:
            with intake:
                take: Callable[[bytes], None] = intake.take
                if judge:
                    take = judge.looking(take, had, answer.head.length, coded=decoder is not None)
                pour = _pour(intake, judge, limits)
                read_body(answer.body, decoder, limits, take, self._windows, pour)
                content, written, size, digest = intake.finish()
                if judge:
                    judge.whole(size, digest)
        finally:
            self.intakes.pop(task.id, None)  # lists share a number: who ends first takes it away
        return Fetched(
            answer.status_code,
            headers,
            answered_at,
            body=content,
            part=written,
            size=size,
            digest=digest,
            unverified=not (answer.body.framed or decoder),
            robots_tags=tuple(headers.getlist("x-robots-tag")),
            head=intake.head,
            differing=headers.differing(),
        )

    def _begun(self, task: Task, job: Job, answer: Answer, part: str) -> Kept | None:
        """Note what may be continued of a body that has become too long for memory."""
        if job.method != "GET" or task.robots:
            return None
        kept = keepable(part, answer.status_code, answer.headers)
        if kept:
            self._note(task.id, kept)
        return kept


def _judge(visit: Visit, status: int) -> AnswerJudge | None:
    """Return what judges an answer by the options of its job, if these say anything of it."""
    job, task = visit.job, visit.task
    said = job.accept is not None or job.ban is not None or task.checks
    return AnswerJudge(job, status, task.checks) if said and not task.robots else None


def _pour(intake: Intake, judge: AnswerJudge | None, limits: Limits) -> Pour | None:
    """Return what takes a body from its socket, if nobody looks into it and it has no rate."""
    return None if judge or limits.paced else intake.pour


def _decoder(task: Task, job: Job, headers: Headers) -> Decoder | None:
    """Return what undoes the codings of a body, as far as they are to be undone."""
    if job.raw and not task.robots:
        return None
    coding = headers.get("content-encoding")
    if not coding:  # as of most files
        return None
    gzip_file = is_gzip_file(task.location, headers.get("content-type") or "")
    return decoder_for(coding, gzip_file=gzip_file)
