"""What decides without doing: pure functions and values; time and chance are arguments."""
