"""`.env` files: every reader must read the same value."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract.document import contract
from contract.environment import PREFIXES, text, variables
from contract.files import rendered
from stacks.command_line import CommandError
from tests.handler.table import TABLE


def test_files_differ_in_their_prefix_only(document: dict[str, Any]) -> None:
    """Vite and Next.js pass only variables with their prefix to a page."""
    files = rendered(document)
    plain = files[".env"]

    assert plain is not None
    assert PREFIXES == {".env": "", ".env.vite": "VITE_", ".env.next": "NEXT_PUBLIC_"}
    for name, prefix in PREFIXES.items():
        assert files[name] == re.sub("^", prefix, plain.rstrip("\n"), flags=re.MULTILINE) + "\n"


def test_shell_reads_what_was_written(document: dict[str, Any], tmp_path: Path) -> None:
    """A shell is the strictest reader: an ampersand starts a process, a space ends the value."""
    (tmp_path / "env").write_text(text(document, "IT_"))
    names = list(variables(document))
    script = ". ./env\n" + "\n".join(f'printf "%s\\n" "$IT_{name}"' for name in names)
    done = subprocess.run(["/bin/sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert dict(zip(names, done.stdout.splitlines(), strict=True)) == variables(document)
    assert "&logout_uri=" in variables(document)["SIGN_OUT_URL"]
    assert " " in variables(document)["SCOPE"]


@pytest.mark.parametrize("character", ["$", "'", '"', "`", "\\"])
def test_value_that_readers_disagree_on_is_refused(outputs: dict[str, Any], character: str) -> None:
    """dotenv-expand takes $x for a variable even in single quotes; a shell does not."""
    outputs["signIn"]["callbackUrls"] = [f"https://app.example.com/{character}x"]
    with pytest.raises(CommandError, match=r"^REDIRECT_URI must .*%XX"):
        text(contract(outputs, "1.0.0", TABLE), "")


def test_pool_without_a_sign_in_page_has_no_empty_variables(outputs: dict[str, Any]) -> None:
    """Readers take an empty variable for a value."""
    made = variables(contract({**outputs, "authDomain": None}, "1.0.0", TABLE))

    assert {"AUTH_DOMAIN", "SIGN_OUT_URL"}.isdisjoint(made)
    assert all(made.values())
