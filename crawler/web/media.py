"""Media types that the server speaks."""

JSON = "application/json"
PROBLEM = "application/problem+json"
EVENTS = "text/event-stream"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
