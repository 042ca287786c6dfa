"""Hooks: programs, web servers and functions of the operator's own that are told of events."""
