"""Files of retired URLs, removed where `on_remove: delete` of their job says so.

A pass that is held, or that was not read to its end, retires nothing: nothing is removed by it. The
file goes first and the ledger learns it then: after a crash in between the next pass goes on.
What somebody changed or put in a file's place stays; it is no file of the ledger from then on.
Each process removes what lies in its own output folder.
"""

from collections.abc import Sequence

from crawler.config import Job
from crawler.frontier import LetGo, Unneeded, pages
from crawler.seeder.reading import SyncTools
from crawler.stored_files import StoredFile


def clear(tools: SyncTools, job: Job) -> None:
    """Remove what the retired URLs of a job have stored."""
    if job.on_remove != "delete" or tools.remove is None:
        return
    removed, kept, failed = 0, 0, 0
    unneeded = Unneeded(job.name, tools.frontier.store())
    for files in filter(None, pages(tools.frontier, unneeded)):
        stayed = tools.remove(files)
        there = {*stayed.kept, *stayed.failed}
        removed += _let_go(tools, [file for file in files if file.path not in there])
        kept += _let_go(tools, [file for file in files if file.path in stayed.kept])
        failed += len(stayed.failed)
    if removed + kept + failed:
        tools.log.info("files.removed", job=job.name, files=removed, kept=kept, failed=failed)


def _let_go(tools: SyncTools, files: Sequence[StoredFile]) -> int:
    return tools.frontier.change(LetGo(files)).counts.total() if files else 0
