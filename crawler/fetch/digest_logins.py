"""Challenges of the origins that a job logs in to by Digest, and how often each nonce was used."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence

from crawler.policy.digest_auth import Challenge, Login, answer, challenge_in

MAX_ORIGINS = 1000
"""Origins whose challenge is remembered: others ask again."""


class DigestLogins:
    """Answers the challenges of one job's origins; visits to one share its nonce."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._known: OrderedDict[str, tuple[Challenge, int]] = OrderedDict()

    def heard(self, origin: str, fields: Sequence[str], sent: str | None) -> bool:
        """Take in what an origin asks for; tell whether it is worth another request.

        One that refuses what was `sent`, and not for its age, refuses user or password.
        """
        challenge = challenge_in(fields)
        if challenge is None or (sent is not None and not challenge.stale):
            self._known.pop(origin, None)
            return False
        self._known[origin] = challenge, 0
        if len(self._known) > MAX_ORIGINS:
            self._known.popitem(last=False)
        return True

    def headers(self, origin: str, method: str, url: str) -> dict[str, str]:
        """Return the Authorization field of a request; none where no challenge is known."""
        if origin not in self._known:
            return {}
        target = url.removeprefix(origin)
        target = target if target.startswith("/") else f"/{target}"
        challenge, used = self._known[origin]
        self._known[origin] = challenge, used + 1
        own = secrets.token_hex(8)
        said = answer(challenge, self._login, method, target, count=used + 1, own_nonce=own)
        return {"Authorization": said}
