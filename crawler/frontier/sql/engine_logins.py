"""Verbs about logins of jobs; `engine` has the others."""

from collections.abc import Callable, Collection, Sequence

from crawler.cookie import SetCookies
from crawler.frontier.answers import Login
from crawler.frontier.clock import Clock
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.held import Held
from crawler.frontier.sql.rows import logins
from crawler.frontier.sql.rows.terms import Visitor
from crawler.frontier.sql.visits.owners import renew
from crawler.frontier.sql.visits.reserving import reserve
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds


class SqlLogins:
    """The verbs of `LoginVerbs`, on the file of the frontier that they are a part of."""

    _file: Held
    now: Callable[[], Seconds]
    _visitor: Visitor
    _clock: Clock

    def logins(self, jobs: Collection[str]) -> dict[str, Login]:
        return self._file.read(logins.known, jobs)

    def reserve(self, owner: int, key: str, job: str) -> LeasedHost | None:
        def take(db: Connection) -> LeasedHost | None:
            renew(db, owner, 0.0)
            return reserve(db, self._file.names, self._visitor, owner, key, job, self.now())

        host = self._file.write(take)
        return host.moved(self._clock.stepped) if host else None

    def take_login(self, owner: int, job: str) -> bool:
        def take(db: Connection) -> bool:
            renew(db, owner, 0.0)
            return logins.take(db, self._file.names, owner, job, self.now())

        return self._file.write(take)

    def end_login(
        self,
        owner: int,
        job: str,
        cookies: Sequence[SetCookies],
        *,
        failed: str = "",
        refused: bool = False,
        wait: Seconds = 0.0,
    ) -> None:
        def end(db: Connection) -> None:
            renew(db, owner, 0.0)
            names, now = self._file.names, self.now()
            logins.end(db, names, owner, job, cookies, failed, now, wait, refused=refused)

        self._file.write(end)

    def lose_session(
        self, owner: int, job: str, made_at: Seconds, *, good: bool, wait: Seconds
    ) -> bool:
        def lose(db: Connection) -> bool:
            renew(db, owner, 0.0)
            return logins.lose(db, self._file.names, job, made_at, self.now(), wait, good=good)

        return self._file.write(lose)
