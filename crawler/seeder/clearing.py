"""Files of retired URLs, removed where `on_remove: delete` of their job says so.

A pass that is held, or that was not read to its end, retires nothing: nothing is removed by it. The
file goes first and the ledger learns it then: after a crash in between the next pass goes on.
"""

import time

from crawler.config import Job
from crawler.seeder.reading import SyncTools


def clear(tools: SyncTools, job: Job) -> None:
    """Remove what the retired URLs of a job have stored."""
    if job.on_remove != "delete" or tools.remove is None:
        return
    after, removed, failed = 0, 0, 0
    while files := tools.frontier.unneeded(job.name, after):
        after = files[-1].task
        if failing := tools.remove([file.path for file in files]):
            failed += failing
        else:
            removed += tools.frontier.let_go(files, time.time())
    if removed + failed:
        tools.log.info("files.removed", job=job.name, files=removed, failed=failed)
