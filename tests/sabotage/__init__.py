"""Named risks: undo each protection in a copy, and see that a test notices."""
