"""The embedded run: the same Pulumi program, against an AWS emulator on this machine."""
