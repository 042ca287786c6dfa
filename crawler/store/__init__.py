"""The store: a body becomes a file, whole or not at all. Local files are the first engine."""

from crawler.store.files import Body, Files, Measured, Part
from crawler.store.places import part_of, planned, sweep

__all__ = ["Body", "Files", "Measured", "Part", "part_of", "planned", "sweep"]
