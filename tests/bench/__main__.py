"""`python -m tests.bench CASE` runs a measurement by its name."""

import sys

from tests.bench import lists, overhead, rude

CASES = {"rude": rude.main, "lists": lists.main, "overhead": overhead.main}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in CASES:
        sys.exit(f"usage: python -m tests.bench {{{','.join(CASES)}}} [options of the case]")
    CASES[sys.argv[1]](sys.argv[2:])
