"""What a job's hooks are: of which events a program, a web server or a function is told."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictInt, StrictStr, model_validator

from crawler.config.options import Options
from crawler.config.units import Duration
from crawler.policy import differences
from crawler.policy.webhooks import key_of

PLACEHOLDERS = ("at", "digest", "event", "host", "id", "job", "kind", "path", "status", "url")
"""What an argument of a program may have in braces. No value of these begins with a dash."""
MAX_HOOKS = 20
"""Hooks of one occasion: each of them gets a copy."""
MAX_IGNORED = 50
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def argument(text: str) -> str:
    """Return an argument of a program.

    Raises:
        ValueError: it has braces around something else than a placeholder, or a NUL.
    """
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"{{{name}}} is no placeholder: {known} are")
    if "\0" in text:
        raise ValueError("an argument holds no NUL")
    return text


def function(text: str) -> str:
    """Return the name of a function.

    Raises:
        ValueError: it is not `module:function`.
    """
    if not _FUNCTION.fullmatch(text):
        raise ValueError("is no function: `module:function` is")
    return text


def receiver(text: str) -> str:
    """Return the URL of a receiver; no message repeats it, for it may be a secret as a whole.

    Raises:
        ValueError: it is none.
    """
    plain = text.isascii() and text.isprintable() and " " not in text
    try:
        parts = urlsplit(text)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # the port
        sound = False
    if not (plain and sound):
        raise ValueError("a URL is needed, as in https://example.org/hook")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password; a receiver knows us by `secret`")
    return text


def signing_secret(text: str) -> str:
    """Return a secret.

    Raises:
        ValueError: it is empty, or begins with `whsec_` and is no base64.
    """
    key_of(text)
    return text


class HookOptions(Options):
    """A hook: one of `run`, `post` and `call`."""

    run: tuple[Annotated[StrictStr, AfterValidator(argument)], ...] | None = Field(
        default=None, min_length=1
    )
    """A program with its arguments, no shell, once for each event: `[notify, "{url}"]`."""
    post: Annotated[StrictStr, AfterValidator(receiver)] | None = None
    """URL of a web server that gets events in batches, as JSON; it may be private."""
    call: Annotated[StrictStr, AfterValidator(function)] | None = None
    """`module:function` of Python, in a process of its own; the module is installed beside the
    crawler, or lies beside the configuration file."""
    secret: Annotated[StrictStr, AfterValidator(signing_secret)] | None = None
    """Signs what `post` sends, as Standard Webhooks has it; best taken from `${file:PATH}`."""
    timeout: Duration = Field(default=30.0, gt=0, le=3600)
    """Longest time for one event, or for one batch of `post`."""
    attempts: StrictInt = Field(default=20, ge=1, le=1000)
    """Deliveries of an event that may fail before it is given up."""
    give_up: Duration = Field(default=3 * 86_400.0, gt=0)
    """An event that is older than this is given up when its next delivery fails."""

    ignore: tuple[Annotated[StrictStr, AfterValidator(differences.check)], ...] = Field(
        default=(), max_length=MAX_IGNORED
    )
    """Under `changed` alone: regular expressions of RE2. What they match in both versions is taken
    out before these are compared, and where nothing else differs no event comes."""

    @property
    def target(self) -> tuple[str, ...]:
        """Return what tells the hook from others of its job."""
        if self.run is not None:
            return "run", *self.run
        return ("call", self.call) if self.call is not None else ("post", self.post or "")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.run, self.post, self.call]
        if len([way for way in ways if way is not None]) != 1:
            raise ValueError("needs one of run, post and call")
        if self.secret is not None and self.post is None:
            raise ValueError("secret: only what `post` sends is signed")
        return self


Occasion = Literal[
    "stored", "changed", "failed", "unwanted", "job_done", "list_failed", "host_rested"
]
"""What hooks are told of, in a word."""
On = dict[Occasion, Annotated[tuple[HookOptions, ...], Field(max_length=MAX_HOOKS)]]
"""Hooks by what they are told of."""
