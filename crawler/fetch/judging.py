"""What a job says of one answer, as it is read: of its head, of its body, of its length."""

from collections.abc import Callable

from crawler.config import Job
from crawler.config.answer_options import acceptance_of
from crawler.model import Kind, Trouble
from crawler.policy.acceptance import Acceptance, contains
from crawler.policy.body_search import BodySearch
from crawler.store import Measured
from crawler.transport.response_head import Headers


class AnswerJudge:
    """Ends a visit as soon as its answer is known not to be wanted."""

    def __init__(self, job: Job, status: int) -> None:
        self._accept: Acceptance | None = acceptance_of(job.accept) if job.accept else None
        self._status = status

    def head(self, headers: Headers) -> None:
        """Judge a head, before anything of the body is read.

        Raises:
            Trouble: `unwanted`.
        """
        if self._accept and 200 <= self._status < 300:
            said = headers.get("content-type")
            self._object(self._accept.objection_to_head(self._status, said))

    def looking(
        self, take: Callable[[bytes], None], had: Measured | None
    ) -> Callable[[bytes], None]:
        """Return what looks into the pieces of a body before `take` takes them.

        `had` is what an earlier visit left of it, and is looked through.
        """
        search = had.search if had else search_of(self._accept)
        if search is None:
            return take

        def look(piece: bytes) -> None:
            if found := search.feed(piece):
                self._object(contains(found))
            take(piece)

        return look

    def whole(self, size: int) -> None:
        """Judge a body by its length; one that is none by its status is another matter.

        Raises:
            Trouble: `unwanted`.
        """
        if self._accept and self._status != 204:
            self._object(self._accept.objection_to_size(size))

    def _object(self, objection: str) -> None:
        if objection:
            raise Trouble(Kind.UNWANTED, objection, status=self._status)


def search_of(accept: Acceptance | None) -> BodySearch | None:
    """Return a search for what no body may contain; None where everything may be there."""
    return BodySearch(accept.texts) if accept and accept.texts else None
