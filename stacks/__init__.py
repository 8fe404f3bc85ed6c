"""Evaluate a stack without AWS, read a deployed stack's outputs, and run every command alike."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
