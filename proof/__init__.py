"""Proof that a running stack is wired as the program says: `python -m proof routes | smoke | attack`."""
