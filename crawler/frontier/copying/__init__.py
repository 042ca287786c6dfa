"""The copying of a ledger from one engine to another, a table at a time, in pages."""
