"""Verbs about logins of jobs; `engine` has the others."""

from collections.abc import Callable, Collection, Sequence

from crawler.cookie import SetCookies
from crawler.frontier.answers import Login
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.held import Held
from crawler.frontier.sql.rows import logins
from crawler.frontier.sql.visits.owners import renew
from crawler.model import Seconds


class SqlLogins:
    """The verbs of `LoginVerbs`, on the file of the frontier that they are a part of."""

    _file: Held
    now: Callable[[], Seconds]

    def logins(self, jobs: Collection[str]) -> dict[str, Login]:
        return self._file.read(logins.known, jobs)

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
