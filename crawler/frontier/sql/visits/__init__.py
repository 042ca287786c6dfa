"""The verbs of visits: jobs, owners, leases, settlements, files."""
