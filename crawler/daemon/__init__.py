"""The running process: composition, supervision, reload, signals."""
