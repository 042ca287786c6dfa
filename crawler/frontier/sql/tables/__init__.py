"""The tables of a ledger, once for all engines, in the words of SQLite."""
