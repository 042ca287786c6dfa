"""The verb `check`: from a configuration to what is printed of it."""

from pathlib import Path

from crawler import config
from crawler.policy.masking import Mask
from crawler.verbs import check as plan
from crawler.verbs.words import print_lines


def check(file: Path) -> int:
    """Print the plan of a configuration, and its bad lines; return the exit code.

    Raises:
        ConfigError, UsageError: it is wrong.
    """
    settings = config.load(file)
    mask = Mask(settings.crawler.redact_query)
    plans = plan.plan(settings)
    print_lines(plan.printed(settings, plans), mask)
    bad = list(plan.bad_lines(plans))
    print_lines(bad, mask, err=True)
    return 2 if bad else 0
