"""The bill of materials: exactly what the package holds, bound to its bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from components.bundle import Target, bill_of, build
from components.sbom import bill_of_materials
from stacks import ROOT


@pytest.fixture(scope="module")
def package() -> Path:
    return build(ROOT / "handler", Target(architecture="arm64", python_version="3.13"), ROOT / ".build")


@pytest.fixture(scope="module")
def bill(package: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bill_of(package).read_text())
    return content


def of_type(bill: dict[str, Any], type_: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in bill["components"] if each["type"] == type_}


def sha256(of: dict[str, Any]) -> str:
    (found,) = of["hashes"]
    assert found["alg"] == "SHA-256"
    return str(found["content"])


def test_bill_is_valid_cyclonedx(package: Path) -> None:
    """Scanners read it by the format's own schema."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill_of(package).read_text()) is None


def test_bill_names_the_packages_digest(package: Path, bill: dict[str, Any]) -> None:
    """A bill of another zip would be believed."""
    assert sha256(bill["metadata"]["component"]) == hashlib.sha256(package.read_bytes()).hexdigest()


def test_bill_lists_exactly_what_the_zip_holds(package: Path, bill: dict[str, Any]) -> None:
    """File by file, with its content: nothing unlisted travels, and nothing listed is missing."""
    with zipfile.ZipFile(package) as archive:
        held = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}

    assert {name: sha256(each) for name, each in of_type(bill, "file").items()} == held


def test_bill_lists_the_locked_distributions(bill: dict[str, Any]) -> None:
    """By the name and version that advisories speak of."""
    lock = (ROOT / "handler/requirements.txt").read_text()
    locked = {line.split(" ")[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}
    listed = of_type(bill, "library").values()

    assert {f"{each['name'].lower()}=={each['version']}" for each in listed} == locked
    assert {each["purl"] for each in listed} == {f"pkg:pypi/{each.replace('==', '@')}" for each in locked}
    assert all(each["licenses"] for each in listed)


def test_same_zip_has_the_same_bill(package: Path) -> None:
    """Else a bill could not be compared with the one that was kept."""
    assert bill_of_materials(package, "handler") == bill_of_materials(package, "handler")


def test_other_zip_has_another_bill(package: Path, tmp_path: Path) -> None:
    """One byte more in one file is another digest, another file and another serial number."""
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name) + (b"#" if name == "handler/app.py" else b""))
    first, second = (json.loads(bill_of_materials(each, "handler")) for each in (package, other))

    assert first["serialNumber"] != second["serialNumber"]
    assert sha256(first["metadata"]["component"]) != sha256(second["metadata"]["component"])
    files = [{name: sha256(each) for name, each in of_type(bill, "file").items()} for bill in (first, second)]
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {"handler/app.py"}


def test_package_and_bill_leave_together(tmp_path: Path) -> None:
    """Bills without their package would pile up."""
    source = tmp_path / "empty"
    source.mkdir()
    (source / "requirements.txt").write_text("")
    target, cache = Target(architecture="arm64", python_version="3.13"), tmp_path / "cache"
    for number in range(6):
        (source / "app.py").write_text(f"NUMBER = {number}\n")
        newest = build(source, target, cache)

    assert bill_of(newest).exists()
    assert {path.name.partition(".")[0] for path in cache.glob("*.cdx.json")} == {
        path.name.partition(".")[0] for path in cache.glob("*.zip")
    }
