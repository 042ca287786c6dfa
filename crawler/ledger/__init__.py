"""The state file seen from outside: read, chosen from and changed while a daemon works on it."""
