"""The code that runs in Lambda, and nothing else."""
