"""The process in which a function is told of events; it knows nothing of the crawler.

It is run by its path, with the name of a function and a folder for modules. A line of its input is
an event, a line of its output an answer: "" if the function returned, the exception in words, or
null if an earlier event of the same lane has failed. What the module prints goes to standard error.
"""

import importlib
import json
import os
import sys


def main() -> None:
    """Call the function for each event of standard input."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    name, folder = sys.argv[1:]
    sys.path.insert(0, folder)
    module, _, function = name.partition(":")
    call = getattr(importlib.import_module(module), function)
    failed = set()
    for line in sys.stdin:
        told = json.loads(line)
        answer = None
        if told["lane"] not in failed:
            answer = ""
            try:
                call(told["event"])
            except Exception as error:  # noqa: BLE001  a function of somebody else's
                answer = f"{type(error).__name__}: {error}"[:500]
                failed.add(told["lane"])
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
