"""Verbs for what is asked and changed from outside."""

from collections.abc import Callable
from typing import TypeVar

from crawler.frontier.actions import Action
from crawler.frontier.answers import START, Changed, Cursor, Page
from crawler.frontier.queries import Query
from crawler.frontier.questions import Question
from crawler.frontier.sql.desk import asking, changing, overview
from crawler.frontier.sql.held import Held
from crawler.frontier.sums import Sums
from crawler.model import Seconds

Answer = TypeVar("Answer")


class SqlDesk:
    """The verbs of `desk_verbs.Desk`, on the file of the frontier that they are a part of."""

    _file: Held
    now: Callable[[], Seconds]

    def sums(self, give_up: Seconds | None = None) -> Sums:
        return self._file.read(overview.sums, self.now(), give_up)

    def page(self, query: Query[Answer], after: int = 0) -> Page[Answer]:
        return self._file.read(asking.page, query, after)

    def entry(self, question: Question[Answer]) -> Answer:
        return self._file.read(asking.entry, question)

    def change(self, action: Action, after: Cursor = START) -> Changed:
        return self._file.stage(changing.change, action, self.now(), after)
