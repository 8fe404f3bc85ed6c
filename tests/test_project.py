"""The requirements: complete for what imports them, locked by hash, and from no address of anybody's own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.imports import ours, packages_of
from stacks import ROOT
from tests.test_architecture import HANDLER, PRODUCT, room_of

LOCKS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("requirements*.txt") if ours(path))
FRONT_ENDS = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("package.json") if ours(path))
RUNTIME_ONLY = "snapshot_restore_py"  # Lambda's runtime has it; it is in no registry
SOURCES = [name.removesuffix(".txt") + ".in" for name in LOCKS]


def locked(name: str) -> dict[str, str]:
    """Each distribution of a lock file with its whole entry: version, marker and hashes."""
    text = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    entries = [" ".join(entry.replace("\\\n", " ").split()) for entry in re.split(r"\n(?=\S)", text) if entry.strip()]
    return {canonicalize_name(Requirement(entry.partition(" --hash=")[0]).name): entry for entry in entries}


def needed(files: list[str], own: set[str]) -> set[str]:
    """The distributions that the imports of these files come from."""
    distributions = packages_distributions()
    modules = set.union(*(packages_of(name) for name in files)) - own - {RUNTIME_ONLY}
    return {canonicalize_name(distributions[module][0]) for module in modules}


def test_the_lock_files_are_found() -> None:
    """A scan that finds nothing would hold nothing."""
    assert {"requirements.txt", "requirements-dev.txt", "handler/requirements.txt"} <= set(LOCKS)
    assert FRONT_ENDS == ["tests/contract/clients", "tests/web", "web"]


def test_requirements_cover_the_program_and_its_commands() -> None:
    """`pulumi install` installs this file and nothing else; every documented command on a deployed stack then runs."""
    run = {"components", "contract", "handler", "operations", "policies", "proof", "settings", "stacks"}
    files = ["__main__.py", *(name for name in PRODUCT if room_of(name) in run)]
    imported = needed(files, {*map(room_of, PRODUCT), "pulumi_policy"})
    asked = {
        source: {
            canonicalize_name(Requirement(line.partition(" #")[0]).name)
            for line in (ROOT / source).read_text().splitlines()
            if line.strip() and not line.startswith(("#", "-r"))
        }
        for source in ("requirements.in", "handler/requirements.in")
    }

    # What comes along with something else may leave with it, unless it is the other's own half.
    assert imported - {"botocore", "cryptography", "googleapis-common-protos", "grpcio"} <= set.union(*asked.values())
    assert asked["requirements.in"] <= imported  # a dependency of the function may be its own


def test_functions_requirements_cover_its_imports() -> None:
    """Lambda has the standard library and this, and boto3, which its runtime brings."""
    runtime = {"boto3", "botocore"}
    assert needed(HANDLER, {"handler"}) <= locked("handler/requirements.txt").keys() | runtime
    assert not runtime & locked("handler/requirements.txt").keys()  # ten times the package, for what is there


def test_functions_requirements_are_few() -> None:
    """Each is a megabyte, a cold start's share and an advisory to come: a new one is a decision."""
    assert locked("handler/requirements.txt").keys() == {"pyjwt", "cryptography", "cffi", "pycparser"}


def test_pyjwt_is_past_its_advisories() -> None:
    """Ten of them were fixed in 2026, from 2.12.0 to 2.15.0."""
    version = re.search(r"pyjwt==(\d+)\.(\d+)\.(\d+)", locked("handler/requirements.txt")["pyjwt"])

    assert version
    assert tuple(map(int, version.groups())) >= (2, 15, 1)


def test_tests_run_what_is_deployed() -> None:
    """A version that differs between the lock files is one that was never tested."""
    development = locked("requirements-dev.txt")
    for name in ("requirements.txt", "handler/requirements.txt"):
        for distribution, entry in locked(name).items():
            assert development[distribution].partition(" ")[0] == entry.partition(" ")[0], f"{name}: {distribution}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_with_its_hash(name: str) -> None:
    """An index that is broken into can then only refuse to serve."""
    entries = locked(name)

    assert entries
    for distribution, entry in entries.items():
        requirement = Requirement(entry.partition(" --hash=")[0])
        assert [each.operator for each in requirement.specifier] == ["=="], f"{name}: {distribution}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), f"{name}: {distribution}"


@pytest.mark.parametrize("name", [*LOCKS, *SOURCES])
def test_no_file_names_an_address(name: str) -> None:
    """Where packages come from is the machine's setting; an address in here would be in every clone forever."""
    text = (ROOT / name).read_text()

    assert not re.search(r"https?://|git\+|file:|--(?:extra-)?index-url|--find-links|^-[if]\b| @ ", text, re.MULTILINE)


def test_every_lock_has_its_source_and_the_makefile_makes_it() -> None:
    """A lock that nothing makes is never renewed."""
    makefile = (ROOT / "Makefile").read_text()
    named = re.search(r"^RESOLVED := ((?:.*\\\n)*.*)", makefile, re.MULTILINE)

    assert named
    for target, use in {"lock": "for name in $(RESOLVED);", "pip-audit": "$(RESOLVED:%=-r %.txt)"}.items():
        assert re.search(rf"^{target}:.*\n(?:\t.*\n)*\t.*{re.escape(use)}", makefile, re.MULTILINE)
    for lock, source in zip(LOCKS, SOURCES, strict=True):
        assert (ROOT / source).is_file(), lock
        assert lock.removesuffix(".txt") in named[1].split()


@pytest.mark.parametrize("folder", FRONT_ENDS)
def test_front_ends_packages_are_pinned_by_hash_and_by_no_address(folder: str) -> None:
    """npm writes where it got each package from into its lock file unless it is told not to."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    asked = json.loads((ROOT / folder / "package.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    assert all(re.fullmatch(r"sha512-[\w+/]+=*", entry["integrity"]) for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    for name, version in {**asked.get("dependencies", {}), **asked.get("devDependencies", {})}.items():
        assert packages[f"node_modules/{name}"]["version"] == version, "as exact as the lock file"
    configured = (ROOT / folder / ".npmrc").read_text()
    assert "omit-lockfile-registry-resolved=true" in configured
    assert "//" not in configured


@pytest.mark.parametrize(("node", "found"), [(None, "none"), ("echo v18.19.1; exit 1", "v18.19.1")])
def test_front_end_needs_a_node_that_its_tools_run_on(tmp_path: Path, node: str | None, found: str) -> None:
    """Debian's own is too old for them, and a machine may have none; npm's words for either are forty lines."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    if node:
        (tools / "node").write_text(f"#!/bin/sh\n{node}\n")
        (tools / "node").chmod(0o755)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "package-lock.json").write_text("{}")
    command = ["/usr/bin/env", "make", "-f", str(ROOT / "Makefile"), "page/node_modules/.installed"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode != 0
    assert done.stderr.startswith(f"Node.js 20.19 or newer and npm are needed, found {found}\n")


def test_oldest_python_is_the_same_everywhere() -> None:
    """The linter, the lock files, the Makefile and the package's own data each say it."""
    project, makefile = (ROOT / "pyproject.toml").read_text(), (ROOT / "Makefile").read_text()

    assert 'requires-python = ">=3.11"' in project
    assert 'target-version = "py311"' in project
    assert "--python-version 3.11" in makefile
    assert "(3, 11)" in makefile
    assert sys.version_info >= (3, 11)


def test_what_is_generated_is_ignored_by_git() -> None:
    """Outputs, packages and environments are one machine's own."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()

    assert {".venv/", ".build/", ".local/", "__pycache__/", "node_modules/", "web/contract/"} <= set(ignored)
    assert not Path(ROOT, "uv.lock").exists()  # it records where everything was downloaded from
