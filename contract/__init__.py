"""The contract with front ends, written from a stack's outputs and the route table: `python -m contract`."""
