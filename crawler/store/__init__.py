"""The store: a body becomes a file, whole or not at all. Local files are the first engine."""

from crawler.store.digests import Digests
from crawler.store.faults import FileFaultError, FolderFaultError, is_folders, may_be_folders
from crawler.store.files import Body, Files, Measured, PartFile, part_name
from crawler.store.paths import (
    left_by,
    may_leave_parts,
    named_path,
    part_of,
    parts_of,
    sweep,
    wanted_path,
)

__all__ = [
    "Body",
    "Digests",
    "FileFaultError",
    "Files",
    "FolderFaultError",
    "Measured",
    "PartFile",
    "is_folders",
    "left_by",
    "may_be_folders",
    "may_leave_parts",
    "named_path",
    "part_name",
    "part_of",
    "parts_of",
    "sweep",
    "wanted_path",
]
