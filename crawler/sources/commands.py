"""The lines of a program's standard output; it is run without a shell and never for too long."""

from collections.abc import Sequence
from functools import partial

from crawler.model import Seconds
from crawler.programs.running import Running
from crawler.sources.contract import Blocks, Entries, Fields, Source, errors_named, failed
from crawler.sources.formats import Format
from crawler.sources.reading import listed
from crawler.threads import Native


class Command(Source):
    """A program whose standard output is a list."""

    def __init__(self, arguments: Sequence[str], timeout: Seconds, fields: Fields) -> None:
        super().__init__(f"command:{arguments[0]}")  # the others may hold what is secret
        self._arguments = arguments
        self._timeout = timeout
        self._form = Format(fields, file=False)
        self.times_itself = True

    @property
    def salt(self) -> bytes:
        return self._form.salt

    def read(self, known_version: str) -> Blocks:  # noqa: ARG002  only running it can tell
        with errors_named(self.name), Native(1) as native, self._running() as program:
            lines = listed(native, program.output, self._form, self.name, program.wait)
            for block in lines:
                yield block
                program.check()
            program.finish()

    def parse(self, line: bytes) -> Entries:
        return self._form.parse(line)

    def _running(self) -> Running:
        return Running(
            self._arguments,
            self._timeout,
            failed=partial(failed, self.name),
            remedy="command_timeout gives it more",
        )
