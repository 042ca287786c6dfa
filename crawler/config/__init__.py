"""The configuration: YAML in, frozen and validated settings out, every error with its place."""

from crawler.config.checks import header_value
from crawler.config.host_options import AdaptiveOptions, HostOptions
from crawler.config.job_options import Auth, Job, JobOptions, ScheduleOptions, Timeout
from crawler.config.loading import load, schema
from crawler.config.settings import CrawlerOptions, Guards, LogOptions, PerAddress, Settings
from crawler.config.units import NO_SPEED, Speed

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
    "header_value",
    "load",
    "schema",
]
