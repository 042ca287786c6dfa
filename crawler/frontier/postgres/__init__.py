"""The engine for many machines: a frontier in a schema of a PostgreSQL server."""
