"""An answer read to its end: what its status means for its body, and the body as it comes."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import gevent

from crawler.config import Job
from crawler.fetch.declared import Declared
from crawler.fetch.decode import Decoder, decoded, decoder_for
from crawler.fetch.failures import EXCHANGE_ERRORS
from crawler.fetch.intake import Intake
from crawler.fetch.limits import Limits
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.policy import robots
from crawler.policy.codings import is_gzip_file
from crawler.policy.resume import check_range, keepable
from crawler.store import Files, Measured
from crawler.transport.adapter import Answer
from crawler.transport.body_framing import Body
from crawler.transport.memory import SMALL_WINDOW_BYTES, Memory, Share
from crawler.transport.response_head import Headers

MAX_DRAINED_BYTES = 16_384
"""An error's body up to this size is read to its end, so that the connection can be used again."""
MAX_DRAIN_S: Seconds = 0.25
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
        self.intakes: dict[int, Intake] = {}
        """The bodies that are coming in, by their tasks."""

    def measure(self, kept: Kept) -> Measured | None:
        """Look at what an earlier visit left; what cannot be continued is removed."""
        had = self._files.measure(kept.part)
        if had and 0 < had.size < kept.total and kept.validators.strong():
            return had
        self._files.discard([kept.part])
        return None

    def read(self, visit: Visit, answer: Answer, had: Measured | None) -> Fetched:
        """Take in what an answer brings; `had` is what an earlier visit left of its body.

        1. A part of a body (206) has to be the rest of what is there. An answer that there is no
           such part (416) never is, so that the next visit starts over.
        2. Any other success brings the whole body: it changed, and what is there is void.
        3. Nothing else has a body that is kept.

        Raises:
            Trouble: what came is not whole, too big, too slow, undecodable, or not what was asked.
            OSError: the connection broke, or the part cannot be written.
        """
        status = answer.status_code
        if status == 206 or (had and status == 416):
            return self._stored(visit, answer, self._continued(visit.task.kept, had, answer))
        if 200 <= status < 300 and status != _RESET_CONTENT:
            return self._stored(visit, answer, None)
        drain(answer.body, (visit.deadline - time.monotonic()) / 2)
        headers = answer.head.headers
        return Fetched(status, headers, visit.answered_at, differing=headers.differing())

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

    def _stored(self, visit: Visit, answer: Answer, had: Measured | None) -> Fetched:
        """Read a body to its end, to memory or to its part, after what is there already."""
        task, job, part, deadline, answered_at = visit
        headers = answer.head.headers
        if task.robots:
            limits = Limits(robots.MAX_BYTES, deadline, job.min_speed, cut=True)
        else:
            limits = Limits(job.max_size, deadline, job.min_speed, had.size if had else 0)
            limits.declared(answer.head.length)
        decoder = _decoder(task, job, headers)
        page = "html" in (headers.get("content-type") or "").lower() and not job.raw
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
                read_body(answer.body, decoder, limits, intake.take, self._windows)
                content, written, size, digest = intake.finish()
        finally:
            del self.intakes[task.id]
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


def _decoder(task: Task, job: Job, headers: Headers) -> Decoder | None:
    """Return what undoes the codings of a body, as far as they are to be undone."""
    if job.raw and not task.robots:
        return None
    gzip_file = is_gzip_file(task.location, headers.get("content-type") or "")
    return decoder_for(headers.get("content-encoding") or "", gzip_file=gzip_file)


def read_body(
    body: Body,
    decoder: Decoder | None,
    limits: Limits,
    take: Callable[[bytes], None],
    windows: Memory,
) -> None:
    """Read a body to its end, or as far as it may be read.

    Its pieces are handed on as they came, however little, so that deadlines are looked at in time.

    Raises:
        Trouble: `too_big`, `timeout`, `decode`, or `truncated` where the body or its coding had no
            end; `protocol` where all decoders together hold more than the `windows` may.
        OSError: the connection broke.
    """
    share = Share(windows, SMALL_WINDOW_BYTES)
    try:
        _read(
            body,
            decoder,
            limits,
            partial(_decode, decoder, limits, take, share) if decoder else take,
        )
    finally:
        share.hold(0)


def _read(
    body: Body, decoder: Decoder | None, limits: Limits, stage: Callable[[bytes], None]
) -> None:
    began = False
    while piece := body.read_some():
        began = True
        limits.received(piece)
        stage(piece)
        if limits.cut and limits.enough(coded=decoder is not None):
            return
        del piece  # or it would be held, uncounted, while the next one is waited for
    if decoder and began and not decoder.finished():
        raise Trouble(Kind.TRUNCATED, "the compressed body ends before its own end mark")


def drain(body: Body, left: Seconds) -> None:
    """Read a short body to its end; one that is long, late or broken costs only the connection."""
    if not body.framed or (body.left or 0) > MAX_DRAINED_BYTES:
        return
    with suppress(Trouble, *EXCHANGE_ERRORS), _at_most(max(0.0, min(MAX_DRAIN_S, left))):
        taken = 0
        while taken <= MAX_DRAINED_BYTES and (piece := body.read_some()):
            taken += len(piece)


def _decode(
    decoder: Decoder, limits: Limits, take: Callable[[bytes], None], window: Share, piece: bytes
) -> None:
    """Hand on what a piece decodes to: the stage between the pieces as they came and as stored."""
    for output in decoded(decoder, piece):
        limits.decoded(output)
        window.hold(decoder.window())
        if window.is_short:
            raise Trouble(
                Kind.PROTOCOL,
                f"a window of {decoder.window()} bytes while the memory of decoders is used up",
            )
        if output:
            take(output)


def _at_most(seconds: Seconds) -> gevent.Timeout:
    """Return a context that ends silently when its time is over."""
    return gevent.Timeout(seconds, False)  # type: ignore[arg-type]  # noqa: FBT003
