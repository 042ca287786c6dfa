"""The rude servers of the test table in a process of their own: `python -m tests.bench.rudeserver`.

Prints {name: URL} as a line of JSON, and ends with its standard input.
"""

import crawler  # noqa: F401  patches first

import json  # isort: skip
import os
import sys
from contextlib import ExitStack

from gevent.socket import wait_read

from tests.parts.rude_cases import ROWS
from tests.parts.rude_talks import BOMBS
from tests.servers import RudeSite


def main() -> None:
    """Serve every row that speaks plain http."""
    rows = [row for row in ROWS.values() if row.url_scheme == "http" and not row.speaks_tls]
    for build in BOMBS.values():
        build()
    with ExitStack() as stack:
        sites = {row.name: stack.enter_context(RudeSite(row.talk)).url for row in rows}
        print(json.dumps(sites), flush=True)
        while True:
            wait_read(sys.stdin.fileno())
            if not os.read(sys.stdin.fileno(), 4096):
                os._exit(0)  # talks that never end are not waited for


if __name__ == "__main__":
    main()
