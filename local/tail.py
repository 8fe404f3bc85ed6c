"""Read a file that another process appends to, and replaces by a new one when it is long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


class Tail:
    """The lines of the file at `path` that are complete, each once; from its end on, unless `from_start`."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb")
        self._unfinished = b""
        if not from_start:
            self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        self._file.close()

    def new(self) -> Iterator[str]:
        """Yield the lines since the last call, without their ends."""
        yield from self._lines()
        try:
            replaced = self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
            following = self._path.open("rb") if replaced else None
        except FileNotFoundError:  # it is being replaced
            return
        if following is not None:
            yield from self._lines()  # that came in between
            self._file.close()
            self._file, self._unfinished = following, b""
            yield from self._lines()

    def _lines(self) -> Iterator[str]:
        *complete, self._unfinished = (self._unfinished + self._file.read()).split(b"\n")
        for line in complete:
            yield line.decode(errors="replace")
