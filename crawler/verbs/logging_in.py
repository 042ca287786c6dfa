"""What a job waits for that logs in, in words."""

from crawler.frontier.answers import Login
from crawler.model import Seconds
from crawler.verbs.words import counted, when


def login_in_words(job: str, login: Login, now: Seconds) -> str:
    """Say why a job has no session, and when the next login is tried."""
    if login.failures:
        why = login.reason or "its session is refused"
        failed = f" ({counted(login.failures, 'failure')} in a row)"
        return f"the login of job {job}: {why}{failed}, next attempt at {when(login.next_at, now)}"
    over = "its session is over" if login.made_at else "none was made yet"
    return f"the login of job {job}: {over}"
