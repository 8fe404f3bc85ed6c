"""The contents of a package as a CycloneDX document: its distributions and every file, bound to the zip's digest."""

from __future__ import annotations

import hashlib
import zipfile
from email.parser import BytesHeaderParser
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL


def bill_of_materials(package: Path, name: str) -> str:
    """Return the CycloneDX 1.6 JSON of a zip: a library for each distribution, a file with its SHA-256 for each member.

    It is read from the zip itself, so it cannot describe another one; the same zip has the same bill, without a time.
    """
    content = package.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    with zipfile.ZipFile(package) as archive:
        members = {each: archive.read(each) for each in sorted(archive.namelist())}
    distributions = [_library(text) for each, text in members.items() if each.endswith(".dist-info/METADATA")]
    files = [_file(each, text) for each, text in members.items()]
    root = Component(
        type=ComponentType.APPLICATION, name=name, version=digest[:16], bom_ref=name, hashes=[_sha256(content)]
    )
    bom = Bom(
        metadata=BomMetaData(component=root),
        components=[*distributions, *files],
        # Of the digest: the format asks for one, and a random one would differ each time.
        serial_number=uuid5(NAMESPACE_URL, f"sha256:{digest}"),
    )
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the format does without; the library's type does not
    bom.register_dependency(root, [*distributions, *files])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _library(metadata: bytes) -> Component:
    headers = BytesHeaderParser().parsebytes(metadata)
    name, version = headers["Name"], headers["Version"]
    purl = PackageURL("pypi", None, name.lower(), version)
    license_ = headers["License-Expression"] or headers["License"]
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(license_)] if license_ else [],
    )


def _file(name: str, content: bytes) -> Component:
    return Component(type=ComponentType.FILE, name=name, bom_ref=f"file:{name}", hashes=[_sha256(content)])


def _sha256(content: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())
