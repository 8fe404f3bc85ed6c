"""Bytecode for a package's modules, so that a cold start does not compile them: `/var/task` cannot be written.

The function's own minor version of Python must make it. Any other version ignores it and compiles, so it does no harm.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from uv import find_uv_bin

# Runs in the function's Python, for the modules that the entries import, themselves included. The header is that of an
# unchecked hash-based file (PEP 552). Marshal's version 2 has no references, whose places depend on what ran before;
# constants of Python 3.14 (slices) need a later one.
_COMPILE = """
import json, marshal, sys
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from modulefinder import ModuleFinder
from pathlib import Path

files, roots, entries, target = json.load(sys.stdin)
finder = ModuleFinder(path=roots)
for entry in entries:
    finder.import_hook(entry)
imported = {module.__file__ for module in finder.modules.values()}
for name, path in files.items():
    if path in imported:
        source = Path(path).read_bytes()
        code = compile(source, "/var/task/" + name, "exec", dont_inherit=True)
        try:
            content = marshal.dumps(code, 2)
        except ValueError:
            content = marshal.dumps(code)
        made = Path(target, cache_from_source(name))
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(MAGIC_NUMBER + bytes([1, 0, 0, 0]) + source_hash(source) + content)
"""


class BytecodeError(Exception):
    """A module does not compile. The text is the compiler's."""


@cache
def compiler(version: str) -> tuple[str, str] | None:
    """Return the path and full version of an installed CPython of a version such as 3.13. None if there is none."""
    if platform.python_implementation() == "CPython" and platform.python_version().startswith(f"{version}."):
        return sys.executable, platform.python_version()
    find = [find_uv_bin(), "python", "find", "--no-project", "--no-config", "--no-python-downloads"]
    found = subprocess.run([*find, f"cpython@{version}"], capture_output=True, text=True, check=False)
    python = found.stdout.strip()
    show = [python, "-IS", "-c", "import platform; print(platform.python_version())"]
    return (python, subprocess.check_output(show, text=True).strip()) if found.returncode == 0 else None


def compiled(python: str, modules: Mapping[str, Path], source: Path, wheels: Path, folder: Path) -> dict[str, Path]:
    """Write the bytecode of the modules that `source` imports below `folder`; return it by its name in the package.

    `modules` are all of the package's, by their names there; those of dependencies lie in `wheels`.
    """
    files = {name: str(path.absolute()) for name, path in modules.items() if path.suffix == ".py"}
    entries = [
        name[:-3].replace("/", ".").removesuffix(".__init__") for name in files if name.startswith(f"{source.name}/")
    ]
    roots = [str(wheels.absolute()), str(source.parent.absolute())]
    done = subprocess.run(
        [python, "-IS", "-c", _COMPILE],
        input=json.dumps([files, roots, sorted(entries), str(folder)]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BytecodeError(done.stderr.strip().rpartition("\n")[2])
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.pyc")}
