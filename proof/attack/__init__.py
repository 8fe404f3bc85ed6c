"""The live run: hostile requests against a running stack, and what became of each."""
