"""What an operator wishes of a running process: heard once a second, and put in force."""
