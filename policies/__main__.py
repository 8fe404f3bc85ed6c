"""Two entry points: Pulumi's engine runs this folder as a policy pack, a person runs `python -m policies --help`."""

from __future__ import annotations

import sys
from pathlib import Path

if __package__:
    from policies.command import main

    sys.exit(main())

# The engine runs the folder by its path: Python puts the folder on the path, not the repository.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from policies import pack  # noqa: E402 - needs the path above

pack.start()
