"""Decisions without deeds: pure functions and values; time and chance are arguments."""
