"""What runs in Lambda, and nothing else."""
