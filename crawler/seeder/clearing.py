"""Files of retired URLs, removed where `on_remove: delete` of their job says so.

A pass that is held, or that was not read to its end, retires nothing: nothing is removed by it. The
file goes first and the ledger learns it then: after a crash in between the next pass goes on.
"""

import time

from crawler.config import Job
from crawler.seeder.reading import SyncTools


def clear(tools: SyncTools, job: Job) -> int:
    """Remove what the retired URLs of a job have stored; return how many files."""
    if job.on_remove != "delete" or tools.remove is None:
        return 0
    frontier, after, removed, failed = tools.frontier, 0, 0, 0
    while files := frontier.unneeded(job.name, after):
        after = files[-1].task
        failing = tools.remove([file.path for file in files])
        failed += failing
        if not failing:
            removed += frontier.let_go(files, time.time())
    if removed or failed:
        tools.log.info("files.removed", job=job.name, files=removed, failed=failed)
    return removed
