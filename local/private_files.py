"""Files of a run that only their owner may read: some have a password, tokens or what users sent."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO


def make_folder(path: Path) -> None:
    """Make the folder with mode 0700, unless it exists. One named `.local` gets that mode even then."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o700)
    elif path.name == ".local":  # of a release that made it readable; another folder may have other uses
        path.chmod(0o700)


def create(path: Path) -> BinaryIO:
    """Open an empty file with mode 0600 for writing, always at its end."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), "wb")
    os.fchmod(file.fileno(), 0o600)  # of a file that exists
    return file


def keep_short(log: Path, most: int = 5_000_000) -> None:
    """Move the content of a log to another file beside it once it has `most` bytes. Another process writes it."""
    try:
        if log.stat().st_size < most:
            return
        with create(log.with_name(f"{log.name}.1")) as older, log.open("rb") as content:
            shutil.copyfileobj(content, older)
        os.truncate(log, 0)
    except OSError:
        pass  # a full disk, or no such file: the log is for people, and nothing depends on it
