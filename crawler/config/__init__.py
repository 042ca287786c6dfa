"""The configuration: YAML in, frozen and validated settings out, every error with its place.

A verb that asks the ledger needs a few values of it, and not the models of all: they load late.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.config.checks import header_value
    from crawler.config.host_options import AdaptiveOptions, HostOptions
    from crawler.config.job_options import Auth, Job, JobOptions, ScheduleOptions, Timeout
    from crawler.config.loading import load, schema
    from crawler.config.quantities import NO_SPEED, Speed
    from crawler.config.settings import CrawlerOptions, Guards, LogOptions, PerAddress, Settings
    from crawler.config.tls_options import TlsOptions

__all__ = [
    "NO_SPEED",
    "AdaptiveOptions",
    "Auth",
    "CrawlerOptions",
    "Guards",
    "HostOptions",
    "Job",
    "JobOptions",
    "LogOptions",
    "PerAddress",
    "ScheduleOptions",
    "Settings",
    "Speed",
    "Timeout",
    "TlsOptions",
    "header_value",
    "load",
    "schema",
]

_HOMES = {
    "header_value": "checks",
    "AdaptiveOptions": "host_options",
    "HostOptions": "host_options",
    "Auth": "job_options",
    "Job": "job_options",
    "JobOptions": "job_options",
    "ScheduleOptions": "job_options",
    "Timeout": "job_options",
    "TlsOptions": "tls_options",
    "load": "loading",
    "schema": "loading",
    "NO_SPEED": "quantities",
    "Speed": "quantities",
    "CrawlerOptions": "settings",
    "Guards": "settings",
    "LogOptions": "settings",
    "PerAddress": "settings",
    "Settings": "settings",
}
"""The module of each name above."""

if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> Any:
        """Load the module of a name when it is first asked for (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value
