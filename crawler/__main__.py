"""`python -m crawler` is the same as `crawler`."""

from crawler.cli import main

if __name__ == "__main__":
    main()
