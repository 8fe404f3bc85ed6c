"""What a stack would make, what a deployed stack says, and the frame that every command shares."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
