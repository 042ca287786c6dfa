"""The state file: its tables, how it is opened, waited for, copied and brought up to date."""
