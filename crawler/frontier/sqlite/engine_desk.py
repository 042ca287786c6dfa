"""The embedded frontier's verbs for what is asked and changed from outside."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from crawler.frontier.actions import Action
from crawler.frontier.answers import START, Changed, Cursor, Page
from crawler.frontier.queries import Query
from crawler.frontier.questions import Question
from crawler.frontier.sqlite.desk import asking, changing, overview
from crawler.frontier.sqlite.file.backup import backup
from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.frontier.sums import Sums
from crawler.model import Seconds
from crawler.threads import Native

Answer = TypeVar("Answer")


class SqliteDesk:
    """The verbs of `desk_verbs.Desk`, on the file of the frontier that they are a part of."""

    _file: Transactions
    now: Callable[[], Seconds]

    def sums(self, give_up: Seconds | None = None) -> Sums:
        return self._file.read(overview.sums, self.now(), give_up)

    def page(self, query: Query[Answer], after: int = 0) -> Page[Answer]:
        return self._file.read(asking.page, query, after)

    def entry(self, question: Question[Answer]) -> Answer:
        return self._file.read(asking.entry, question)

    def change(self, action: Action, after: Cursor = START) -> Changed:
        return self._file.stage(changing.change, action, self.now(), after)

    def backup(self, target: Path, *, force: bool = False) -> int:
        with Native(1) as native:  # the thread of the connection is the daemon's
            return native.call(backup, self._file.state, target, force=force)
