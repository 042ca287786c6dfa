"""The embedded frontier: one SQLite file in WAL mode, shared by the processes of one machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from crawler.frontier import values
from crawler.frontier.clock import Clocks
from crawler.frontier.questions import Integrity, Question
from crawler.frontier.sql.engine import PROCEDURES, SqlFrontier
from crawler.frontier.sql.engine_desk import Answer
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.visits import beats, hearing
from crawler.frontier.sqlite.file.backup import backup
from crawler.frontier.sqlite.file.damage import soundness
from crawler.frontier.sqlite.file.database import is_moved, is_newer
from crawler.frontier.sqlite.file.listening import Ear
from crawler.frontier.sqlite.file.transactions import Transactions
from crawler.policy.course import Reading
from crawler.threads import Native


def _beat(
    db: Any,
    names: Names,
    owner: int,
    pulse: values.Pulse,
    read: Callable[[], Reading],
    watched: values.Watched | None,
) -> values.Beat:
    """Beat, unless a newer crawler has migrated the file, or it was moved: it is not ours."""
    if is_newer(db) or is_moved(db):
        return values.Beat()
    return beats.beat(db, names, owner, pulse, read, watched)


class SqliteFrontier(SqlFrontier):
    """A frontier in a file."""

    _file: Transactions
    _beat = staticmethod(_beat)

    def __init__(
        self, state: Path, *, durable: bool, readonly: bool = False, clocks: Clocks
    ) -> None:
        file = Transactions(state, PROCEDURES, durable=durable, readonly=readonly)
        super().__init__(file, Ear(state, hearing.hear), clocks)

    def beat(
        self,
        owner: int,
        pulse: values.Pulse,
        watched: values.Watched | None = None,
    ) -> values.Beat:
        self._file.look()
        return super().beat(owner, pulse, watched)

    def entry(self, question: Question[Answer]) -> Answer:
        if isinstance(question, Integrity):
            return cast("Answer", self._file.read(soundness, question))
        return super().entry(question)

    def backup(self, target: Path, *, force: bool = False) -> int:
        with Native(1) as native:  # the thread of the connection is the daemon's
            return native.call(backup, self._file.state, target, force=force)
