"""Sabotage proves the proof: what protects the stack is undone, one thing at a time, and a check must say so."""
