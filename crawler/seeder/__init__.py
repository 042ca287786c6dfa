"""From lists to the frontier."""
