"""Visits, the greenlets that make them, and the robots.txt rules they ask."""
