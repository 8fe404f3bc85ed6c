"""Run the stack on AWS: release, deploying role, preview, capacity, cost and the pool record."""
