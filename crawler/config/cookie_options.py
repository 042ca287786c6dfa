"""What a job says of cookies: where they come from, and for how long they are kept."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from crawler.config.options import Options
from crawler.cookie import Keep
from crawler.policy import sites


class CookieOptions(Options):
    """Cookies of a job; the path of a cookies.txt alone is its `file`."""

    file: Path | None = None
    """A Netscape cookies.txt: its cookies go to the listed URLs of the hosts that it names."""
    keep: Keep = "visit"
    """What becomes of cookies that answers set: `visit` sends them on through the redirects of a
    visit, `job` keeps them in the ledger as a browser does, `host` for each host by itself, and
    `none` hears of none."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.keep in {"job", "host"}:
            sites.public_suffixes()  # here it blocks nobody: a reload reads in a native thread
        return self


def _of_path(value: Any) -> Any:
    return {"file": value} if isinstance(value, str | Path) else value


Cookies = Annotated[
    CookieOptions, BeforeValidator(_of_path, json_schema_input_type=Path | CookieOptions)
]
"""The options, or the path of a cookies.txt."""
