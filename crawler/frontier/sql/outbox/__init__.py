"""Events that wait for hooks, in SQL."""
