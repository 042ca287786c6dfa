import errno
import sqlite3

import pytest

from crawler.errors import LocalFaultError
from crawler.policy.remedies import PASSING, Fault, fault_of, remedy

ERRNOS = {
    errno.EACCES: Fault.RIGHTS, errno.EPERM: Fault.RIGHTS, errno.EROFS: Fault.READ_ONLY,
    errno.ENOSPC: Fault.FULL, errno.EDQUOT: Fault.FULL, errno.EIO: Fault.DISK,
    errno.EMFILE: Fault.DESCRIPTORS, errno.ENFILE: Fault.DESCRIPTORS, errno.ENOENT: Fault.GONE,
    errno.ENOMEM: Fault.MEMORY, errno.ECHILD: Fault.UNKNOWN,
}  # fmt: skip
CODES = {
    "SQLITE_CORRUPT": Fault.DAMAGED, "SQLITE_CORRUPT_INDEX": Fault.DAMAGED,
    "SQLITE_NOTADB": Fault.DAMAGED, "SQLITE_FULL": Fault.FULL, "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_BUSY_SNAPSHOT": Fault.BUSY, "SQLITE_IOERR_READ": Fault.DISK,
    "SQLITE_IOERR_NOMEM": Fault.MEMORY, "SQLITE_READONLY_DIRECTORY": Fault.RIGHTS,
    "SQLITE_CANTOPEN": Fault.RIGHTS, "SQLITE_ERROR": Fault.UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize(("number", "fault"), ERRNOS.items())
def test_the_number_of_a_system_error_says_what_is_wrong(number, fault):
    assert fault_of(OSError(number, "words")) is fault


@pytest.mark.parametrize(("code", "fault"), CODES.items())
def test_the_code_of_sqlite_says_what_is_wrong(code, fault):
    error = sqlite3.OperationalError("words")
    error.sqlite_errorname = code
    assert fault_of(error) is fault


def test_an_error_of_ours_has_the_fault_of_its_cause():
    error = LocalFaultError("the ledger cannot be written")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert fault_of(error) is Fault.FULL
    assert fault_of(LocalFaultError("alone")) is Fault.UNKNOWN


def test_rights_a_full_disk_a_failing_one_descriptors_and_damage_are_five_sentences():
    faults = [Fault.RIGHTS, Fault.FULL, Fault.DISK, Fault.DESCRIPTORS, Fault.DAMAGED]
    assert len({fault.value for fault in faults}) == 5


@pytest.mark.parametrize("fault", Fault)
def test_only_a_damaged_file_is_to_be_moved_away(fault):
    assert ("away" in fault.value) == (fault is Fault.DAMAGED)


def test_a_remedy_names_the_file_the_fault_and_what_the_system_said():
    told = remedy(OSError(errno.ENOSPC, "No space left on device"), "/var/state")
    assert told == (
        "/var/state: its disk, or a quota on it, is full: make room there (No space left on device)"
    )


def test_what_may_pass_by_itself_is_waited_out_and_a_damaged_file_is_not():
    assert Fault.FULL in PASSING
    assert not PASSING & {Fault.DAMAGED, Fault.RIGHTS, Fault.DISK, Fault.READ_ONLY}
