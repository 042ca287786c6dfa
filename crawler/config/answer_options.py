"""What a job says of answers: which are wanted, which are tried again, and which are a ban."""

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator

from crawler.config.options import Options
from crawler.config.units import Size, Status
from crawler.policy import media_types, sites
from crawler.policy.acceptance import NOT_YET_STATUS, Acceptance
from crawler.policy.statuses import statuses_of

MAX_TEXTS = 100
MAX_TEXT = 1000
"""Characters of a text that is sought in bodies."""
Text = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TEXT)]
_SUCCESS = frozenset(range(200, 300))


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
