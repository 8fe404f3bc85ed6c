"""Other people's tools for OpenAPI documents: two generators of clients and two linters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from stacks import ROOT

_PACKAGES = ROOT / "tests" / "contract" / "clients"
_TOOLS = _PACKAGES / "node_modules" / ".bin"
_PYTHON = ROOT / ".build" / "clients-venv" / "bin"
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
# As strict as the compiler is in a new project, for a module that Node runs as it is compiled.
_COMPILER = {
    "target": "es2022",
    "module": "node16",
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "noUnusedLocals": True,
    "skipLibCheck": True,
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
    "outDir": "compiled",
}


def run(folder: Path, *command: str | Path) -> str:
    """Return what a command prints; the test fails with it if the command does."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **_QUIET},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return done.stdout


def install() -> None:
    """Install npm's packages as `make` does, once."""
    run(ROOT, shutil.which("make") or "make", "tests/contract/clients/node_modules/.installed")


def lint(folder: Path) -> str:
    """Return what Redocly and Spectral complain about in `openapi.json`, by the rules that each recommends."""
    (folder / ".spectral.yaml").write_text("extends: [spectral:oas]\n")
    said = run(folder, _TOOLS / "redocly", "lint", "--extends", "recommended", "--format", "json", "openapi.json")
    report, _ = json.JSONDecoder().raw_decode(said[said.index("{") :])
    found = [f"redocly: {each['ruleId']}: {each['message']}" for each in report["problems"]]
    text = run(folder, _TOOLS / "spectral", "lint", "--fail-severity", "error", "--format", "json", "openapi.json")
    problems, _ = json.JSONDecoder().raw_decode(text[text.index("[") :])
    found += [f"spectral: {each['code']}: {each['message']} {each['path']}" for each in problems]
    return "\n".join(found)


def typescript(folder: Path, document: Path, types: str = "openapi.ts") -> None:
    """Generate types of the document with openapi-typescript, and compile every module of `folder` with them."""
    run(folder, _TOOLS / "openapi-typescript", document, "--output", types)
    (folder / "node_modules").symlink_to(_PACKAGES / "node_modules")
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": _COMPILER, "include": ["**/*.ts"]}))
    assert run(folder, _TOOLS / "tsc") == ""


def node(folder: Path, module: str, *arguments: str) -> Any:
    """Run a compiled module, and return what it prints as JSON."""
    return json.loads(run(folder, shutil.which("node") or "node", folder / "compiled" / module, *arguments))


def python(folder: Path, document: Path, script: str, *arguments: str) -> Any:
    """Generate the package `client` with openapi-python-client, run a script with it, and return its JSON.

    A part of the document that the generator cannot read fails the test.
    """
    (folder / "generator.json").write_text('{"post_hooks": []}')
    generate = (_PYTHON / "openapi-python-client", "generate", "--config", "generator.json", "--fail-on-warning")
    run(folder, *generate, "--path", document, "--meta", "none", "--output-path", "client")
    (folder / "script.py").write_text(script)
    return json.loads(run(folder, _PYTHON / "python", "script.py", *arguments))
