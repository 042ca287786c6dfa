"""What a job says of cookies: where they come from, and for how long they are kept."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr, model_validator

from crawler import urls
from crawler.config import checks
from crawler.config.options import Options
from crawler.config.units import Duration
from crawler.cookie import Keep
from crawler.policy import sites


class LoginOptions(Options):
    """How a job logs in; its URLs wait for that."""

    url: Annotated[StrictStr, Field(pattern=r"^https?://"), AfterValidator(urls.canonical)]
    """Where; like a list it is asked for without its host's robots.txt."""
    method: Literal["GET", "POST"] = "POST"
    """POST sends `body`; after a redirect it is a GET."""
    body: StrictStr = ""
    """A secret: take it from ${file:PATH} or ${NAME}. Without a Content-Type it is a form."""
    headers: dict[
        Annotated[StrictStr, AfterValidator(checks.header_name)],
        Annotated[StrictStr, AfterValidator(checks.header_value)],
    ] = Field(default_factory=dict)
    """Request headers of the login alone; they are secrets."""
    every: Duration = Field(default=300.0, gt=0)
    """Shortest time between two logins of the job, of whatever process; longer after failures."""


class CookieOptions(Options):
    """Cookies of a job; the path of a cookies.txt alone is its `file`."""

    file: Path | None = None
    """A Netscape cookies.txt: its cookies go to the listed URLs of the hosts that it names."""
    keep: Keep = "visit"
    """What becomes of cookies that answers set: `visit` sends them on through the redirects of a
    visit, `job` keeps them in the ledger as a browser does, `host` for each host by itself, and
    `none` hears of none."""
    login: LoginOptions | None = None
    """How the job logs in, before its first visit and whenever its session ends; needs `keep`."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.login and self.keep not in {"job", "host"}:
            raise ValueError("login: needs keep: job, or host, which keeps its cookies")
        if self.keep in {"job", "host"}:
            sites.public_suffixes()  # here it blocks nobody: a reload reads in a native thread
        return self


def _of_path(value: Any) -> Any:
    return {"file": value} if isinstance(value, str | Path) else value


Cookies = Annotated[
    CookieOptions, BeforeValidator(_of_path, json_schema_input_type=Path | CookieOptions)
]
"""The options, or the path of a cookies.txt."""
