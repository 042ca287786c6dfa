"""What the ledger costs, verb by verb, by the number of URLs, hosts and processes: as curves."""
