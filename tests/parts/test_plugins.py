"""What packages offer to gevent is read once, however often it is asked for."""

import subprocess
import sys
from importlib import metadata

from crawler import plugins

COUNTED = """
from importlib import metadata

read, times = metadata.distributions, []
metadata.distributions = lambda **wanted: times.append(wanted) or read(**wanted)
import crawler
print(len(times))
"""


def test_what_packages_offer_is_the_same_within_the_block_and_after_it():
    asked = metadata.entry_points
    found = set(asked(group="console_scripts"))
    assert "crawler" in {one.name for one in found}
    with plugins.read_once():
        assert set(metadata.entry_points(group="console_scripts")) == found
    assert metadata.entry_points is asked


def test_gevent_has_the_packages_read_once_while_it_patches():
    done = subprocess.run(
        [sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
