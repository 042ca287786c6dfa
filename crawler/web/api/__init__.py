"""The API: its operations, which are verbs, their words, and its description."""
