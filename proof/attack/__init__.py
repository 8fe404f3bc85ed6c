"""Hostile requests: the cases, and the run that sends them to a stack and judges the answers."""
