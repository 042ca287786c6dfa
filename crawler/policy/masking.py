"""What is secret in URLs, taken out of texts for people: logs, reports, answers of verbs. Pure."""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from crawler.urls import masked

REDACTED = (
    "sig", "*signature", "*token", "auth", "authorization", "key", "*_key", "api*key", "*password",
    "passwd", "pwd", "*secret", "session", "session_id", "*sessionid", "phpsessid", "sid", "jwt",
    "credential*", "hmac", "key-pair-id", "*accesskeyid", "googleaccessid", "x-amz-*", "x-goog-*",
    "x-oss-*",
)  # fmt: skip
"""Names of query parameters whose values are secret, if the configuration does not say."""
_STARS = "***"
_NAME = re.compile(r"(?<=[?&;@])([^=&#;?@\s\"'<>]{1,128}+)=(?=[^&#\s\"'<>])")
"""Name of a query parameter with a value; in the name of a file the query follows an @."""
_END = re.compile(r"[&#\s\"'<>]|\Z")
_BROKEN = re.compile(r"(?<!\S)(https?:[/\\]*)?\S*@", re.IGNORECASE)
"""What may be user and password in a text that is no URL."""


class Mask:
    """Takes passwords of URLs, and the values of query parameters, out of texts.

    The parameters are given as names in any case, with * for any characters.
    """

    def __init__(self, names: Iterable[str] = REDACTED) -> None:
        patterns = "|".join(translate(name.lower()) for name in names)
        matches = re.compile(patterns).match if patterns else lambda _: None
        self._secret = lru_cache(maxsize=4096)(lambda name: bool(matches(unquote(name).lower())))

    def __call__(self, text: str) -> str:
        """Return a text without its secrets."""
        text = masked(text)
        return self._without_values(text) if "=" in text else text

    def within(self, value: Any) -> Any:
        """Return a value with all texts in it masked; those that are keys stay."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {name: self.within(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.within(one) for one in value]
        return value

    def _without_values(self, text: str) -> str:
        pieces, at = [], 0
        for found in _NAME.finditer(text):
            if found.start() < at or not self._secret(found.group(1)):
                continue
            end = _END.search(text, found.end())
            assert end is not None
            pieces += [text[at : found.end()], _STARS]
            at = end.start()
        return "".join((*pieces, text[at:])) if pieces else text


NOTHING = Mask(())
"""The mask that leaves query parameters as they are."""
USUAL = Mask()
"""The mask where no configuration says which names are secret."""


def masked_line(text: str) -> str:
    """Return a text that is no URL, and may hold a password all the same, without it."""
    return _BROKEN.sub(lambda found: f"{found[1] or ''}{_STARS}@", text) if "@" in text else text
