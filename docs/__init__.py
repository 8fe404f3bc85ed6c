"""The documentation, and the commands that write and check the parts of it that follow from the code."""
