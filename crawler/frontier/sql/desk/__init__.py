"""Answers and acts from outside, while a daemon works on the state file."""
