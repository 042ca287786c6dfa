"""`crawler top`: the crawler live on a terminal."""
