"""The embedded run: the very same Pulumi program, against an AWS emulator on this machine."""
