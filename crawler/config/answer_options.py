"""What a job says of answers: which are wanted, which are tried again, and which are a ban."""

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictInt, StrictStr, model_validator

from crawler.config import checks
from crawler.config.options import Options
from crawler.config.units import Failure, Size, Status
from crawler.policy import media_types, sites
from crawler.policy.acceptance import NOT_YET_STATUS, Acceptance
from crawler.policy.bans import REFUSALS_TO_BAN, BanRules
from crawler.policy.retry_rules import RetryRules, rules_of
from crawler.policy.statuses import statuses_of

MAX_TEXTS = 20
"""Texts that are sought in bodies: each of them takes time for every byte."""
MAX_TEXT = 200
"""Characters of each."""
Text = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TEXT)]
_SUCCESS = frozenset(range(200, 300))
_FIRST_ERROR = 400


class AcceptOptions(Options):
    """Which answers are wanted; any other ends as `unwanted` and is not stored."""

    status: tuple[Status, ...] = Field(default=("2xx",), min_length=1, validate_default=True)
    """Statuses of 200 to 299, as in `[200, 203]`. 202 means that there is nothing yet, and is tried
    again, unless it is named itself."""
    types: tuple[Annotated[StrictStr, AfterValidator(media_types.wanted)], ...] = ()
    """Media types, as in `[text/html, "image/*"]`, by the head, before the body is read."""
    min_size: Size = 0
    """Shortest body stored, decoded."""
    redirects: Literal["same_host", "same_site", "any", "none"] = "any"
    """Where redirects may lead, seen from the listed URL: its host, a host with the same
    registrable domain, anywhere, or nowhere."""
    not_containing: tuple[Text, ...] = Field(default=(), max_length=MAX_TEXTS)
    """Texts that no stored body contains, byte for byte as UTF-8 has them, decoded: those of a
    login page."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not statuses_of(self.status) <= _SUCCESS:
            raise ValueError("status: of 200 to 299 alone there is a file; `retry` has the others")
        if self.redirects == "same_site":
            sites.public_suffixes()  # here it blocks nobody: a reload reads in a native thread
        return self


class RetryOptions(Options):
    """Which failures are tried again, `attempts` times at the most, and which are final.

    A status counts before a kind, and a kind before a class of statuses.
    """

    again: tuple[Failure, ...] = ()
    """Statuses, classes of them and kinds that pass, as in `[404, unwanted, tls]`."""
    final: tuple[Failure, ...] = ()
    """The same that do not, as in `[5xx, timeout]`: a URL that ends so is given up at once."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if both := sorted(set(self.again) & set(self.final)):
            raise ValueError(f"{both[0]} is named as again and as final")
        return self


class BanOptions(Options):
    """Which answers are refusals; after some in a row their host rests as one that has banned us.

    An answer is one if anything that is said here is true of it.
    """

    status: tuple[Status, ...] = Field(default=("401", "403", "429", "451"), validate_default=True)
    """Statuses from 400 on, or classes of them; `[]` for none."""
    header: dict[
        Annotated[StrictStr, AfterValidator(checks.header_name)],
        Annotated[StrictStr, AfterValidator(checks.header_value)],
    ] = Field(default_factory=dict, max_length=MAX_TEXTS)
    """Fields of the answer's header, and what each of them contains, in any case; whatever the
    status."""
    body: tuple[Text, ...] = Field(default=(), max_length=MAX_TEXTS)
    """Texts of a body, byte for byte as UTF-8 has them, decoded: those of a captcha; whatever the
    status, but of a redirect."""
    after: StrictInt = Field(default=REFUSALS_TO_BAN, ge=1, le=10_000)
    """Refusals in a row, of two URLs at least and without a good answer between them, after which
    the host rests; of all jobs that visit a host the least counts."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if any(status < _FIRST_ERROR for status in statuses_of(self.status)):
            raise ValueError("status: from 400 on alone it is a refusal; header and body have more")
        return self


@lru_cache(maxsize=1024)
def _ban_rules(
    status: tuple[str, ...], header: tuple[tuple[str, str], ...], body: tuple[str, ...]
) -> BanRules:
    return BanRules(statuses_of(status), header, tuple(text.encode() for text in body))


def ban_rules_of(options: BanOptions) -> BanRules:
    """Return what answers are judged by."""
    return _ban_rules(options.status, tuple(options.header.items()), options.body)


@lru_cache(maxsize=1024)
def retry_rules_of(options: RetryOptions) -> RetryRules:
    """Return what failures are judged by."""
    return rules_of(options.again, options.final)


@lru_cache(maxsize=1024)
def acceptance_of(options: AcceptOptions) -> Acceptance:
    """Return what answers are judged by."""
    named = str(NOT_YET_STATUS) in options.status
    return Acceptance(
        statuses_of(options.status) - (set() if named else {NOT_YET_STATUS}),
        options.types,
        options.min_size,
        options.redirects,
        tuple(text.encode() for text in options.not_containing),
    )
