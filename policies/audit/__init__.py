"""An independent audit of the stack as it runs on this machine: Prowler's checks, and what is allowed to fail."""
