"""From the frontier to the hand-off: leases, hosts, rests."""
