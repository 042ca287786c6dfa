"""Rows of the state file, and the transactions in which they are read and written."""
