"""What front ends build on, written from a stack's outputs and the route table: `python -m contract`."""
