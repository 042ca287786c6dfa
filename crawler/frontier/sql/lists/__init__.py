"""The verbs of lists: sources, their passes, and the URLs that come and go with them."""
