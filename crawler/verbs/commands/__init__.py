"""The verbs as they are typed: options and help, and by name what each does.

Nothing here imports what a verb does: `--help` costs a command line and no more.
"""
