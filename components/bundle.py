"""A function's deployment package: wheels for its platform beside its modules, in a zip that is the same every time.

No Docker and no cross-compiling: uv installs the wheels of any platform, by hash, from the locked requirements.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from .bytecode import BytecodeError, compiled, compiler

ROOT = Path(__file__).parents[1]  # where the packages lie, beside this one
FORMAT = 3  # part of every digest: raise it when the same inputs must give other bytes
# Lambda's runtimes from Python 3.12 on are Amazon Linux 2023, which has glibc 2.34.
_WHEELS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}
# What an installer writes beside a distribution's own files, with paths or times in it, and what never runs.
_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", ".lock"}
KEPT = 4  # packages of one target; another program may still read the one before
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


class BundleError(Exception):
    """The package could not be built. The text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target of a package: Lambda's arm64 or x86_64 and a Python such as 3.13, or this host."""

    architecture: str
    python_version: str

    @classmethod
    def host(cls) -> Target:
        return cls(architecture="host", python_version=platform.python_version())

    @classmethod
    def of(cls, platform: str, architecture: str, python_version: str) -> Target:
        """Return Lambda with that architecture and Python; this host for the platform `host`."""
        return cls.host() if platform == "host" else cls(architecture=architecture, python_version=python_version)

    @property
    def name(self) -> str:
        where = f"{sys.platform}-{platform.machine()}" if self.architecture == "host" else f"lambda-{self.architecture}"
        return f"{where}-python{self.python_version}"

    @property
    def compiler(self) -> tuple[str, str] | None:
        """The Python that compiles its modules, and its full version; None if none is installed or needed."""
        return None if self.architecture == "host" else compiler(self.python_version)

    @property
    def compression(self) -> int:
        """Deflate's level: the smallest upload for Lambda, the fastest build for this host."""
        return 1 if self.architecture == "host" else 9

    @property
    def installer_options(self) -> list[str]:
        if self.architecture == "host":
            return ["--python", sys.executable]
        return ["--python-platform", _WHEELS[self.architecture], "--python-version", self.python_version]


def build(source: Path, target: Target, cache: Path, report: Callable[[str], None] | None = None) -> Path:
    """Return the zip of the package `source` and its `requirements.txt` for `target`, built only if its inputs changed.

    `report` is told if the package has no bytecode, because the target's Python is not installed here.
    A package without that file needs the standard library only. BundleError if the wheels are not available.
    """
    requirements = source / "requirements.txt"
    modules = {
        path.relative_to(source.parent).as_posix(): path
        for path in source.rglob("*.py")
        if "__pycache__" not in path.parts
    }
    wheels_digest = _digest({"requirements.txt": requirements} if requirements.exists() else {}, target)
    python, compiled_by = target.compiler or ("", "nothing")
    if report and not python and target.architecture != "host":
        report(
            "the package has no bytecode: every cold start compiles its modules, which takes as long as their import; "
            f"to change that: uv python install {target.python_version}"
        )
    digest = _digest(modules, target, f"{wheels_digest} compiled by {compiled_by}")
    package = cache / f"{source.name}-{target.name}-{digest[:16]}.zip"
    if package.exists():
        return package
    cache.mkdir(parents=True, exist_ok=True)
    wheels = cache / f"wheels-{target.name}-{wheels_digest[:16]}"
    with tempfile.TemporaryDirectory(dir=cache, prefix="building-") as folder:
        if requirements.exists() and not wheels.exists():
            _install(requirements, target, Path(folder, "wheels"))
            with suppress(OSError):  # another program was first, with the same wheels
                Path(folder, "wheels").rename(wheels)
        unfinished = Path(folder, "package.zip")
        content = {**_files(wheels), **modules}
        if python:
            try:
                content |= compiled(python, content, source, wheels, Path(folder, "bytecode"))
            except BytecodeError as error:
                raise BundleError(f"the modules must compile with Python {compiled_by}, got: {error}") from None
        _zip(content, unfinished, target.compression)
        if target.architecture != "host":  # nobody asks what a package of live development is made of
            _write_bill(unfinished, source.name, bill_of(package))
        unfinished.replace(package)  # at once: two programs may build the same package
    _forget_old(cache, f"{source.name}-{target.name}-*.zip")
    return package


def bill_of(package: Path) -> Path:
    """Return the path of a Lambda package's bill of materials, which is beside the package."""
    return package.with_suffix(".cdx.json")


def _write_bill(package: Path, name: str, bill: Path) -> None:
    from .sbom import bill_of_materials  # noqa: PLC0415 - 0.1 s that only a build needs to spend

    unfinished = package.with_suffix(".json")
    unfinished.write_text(bill_of_materials(package, name))
    unfinished.replace(bill)


def _forget_old(cache: Path, pattern: str) -> None:
    """Keep the newest packages of a target: live development makes one with each save, of 5 MB."""
    newest_first = sorted(cache.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for package in newest_first[KEPT:]:
        package.unlink(missing_ok=True)
        bill_of(package).unlink(missing_ok=True)


def _digest(inputs: Mapping[str, Path], target: Target, salt: str = "") -> str:
    digest = hashlib.sha256(f"{FORMAT} {target.name} {salt}\n".encode())
    for name, path in sorted(inputs.items()):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _install(requirements: Path, target: Target, folder: Path) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--only-binary", ":all:", "--require-hashes"]
    command += ["--no-deps", "--link-mode", "copy", "--no-compile-bytecode", *target.installer_options]
    command += ["--target", str(folder), "--requirements", str(requirements)]
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise BundleError(f"the wheels for {target.name} must install from {requirements}, got: {reason}")


def _zip(content: Mapping[str, Path], target: Path, compression: int) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, also when built on Windows
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compression)


def _files(wheels: Path) -> dict[str, Path]:
    """Return the files of the installed wheels that go into the package, by their names there."""
    return {
        inside.as_posix(): path
        for path in wheels.rglob("*")
        if path.is_file()
        and (inside := path.relative_to(wheels)).parts[0] != "bin"
        and path.name not in _LEFT_OUT
        and path.suffix != ".pyc"
    }
