"""The verbs for single URLs and the URLs of a choice: retry, add, forget."""
