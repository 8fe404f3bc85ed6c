"""RSASSA-PKCS1-v1_5 by hand (RFC 8017, 9.2), and the ways to get it wrong that lax verifiers have let through.

After Wycheproof's "modified padding" vectors for RSA-2048 and SHA-256: lengths in BER instead of DER, a missing or
odd NULL, another OID, bytes after the hash, too little padding, another block type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

SIZE = 256  # bytes of a 2,048-bit modulus

_OIDS = {
    "md5": "2a864886f70d0205",
    "sha1": "2b0e03021a",
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
    "sha224": "608648016503040204",
    "sha512-256": "608648016503040206",
    "sha3-256": "608648016503040208",
}
SEQUENCE, OID, NULL, OCTETS = 0x30, 0x06, 0x05, 0x04
_ELEMENTS = ("outer-sequence", "algorithm-sequence", "oid", "null", "hash")


def tlv(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def block(info: bytes, *, kind: int = 1, size: int = SIZE) -> bytes:
    """00 01 FF…FF 00 and the DigestInfo: the encoded message."""
    return bytes([0, kind]) + b"\xff" * (size - 3 - len(info)) + b"\0" + info


def digest_info(digest: bytes, name: str = "sha256") -> bytes:
    return tlv(SEQUENCE, tlv(SEQUENCE, _oid(name) + tlv(NULL, b"")) + tlv(OCTETS, digest))


def _oid(name: str) -> bytes:
    return tlv(OID, bytes.fromhex(_OIDS[name]))


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _with_element(element: str, write: Callable[[int, bytes], bytes]) -> Callable[[bytes], bytes]:
    """The DigestInfo with one of its elements written by `write(tag, content)` instead of in DER."""

    def put(name: str, tag: int, content: bytes) -> bytes:
        return write(tag, content) if name == element else tlv(tag, content)

    def make(message: bytes) -> bytes:
        algorithm = put("oid", OID, bytes.fromhex(_OIDS["sha256"])) + put("null", NULL, b"")
        content = put("algorithm-sequence", SEQUENCE, algorithm) + put("hash", OCTETS, _sha256(message))
        return block(put("outer-sequence", SEQUENCE, content))

    return make


_LENGTHS: dict[str, Callable[[int, bytes], bytes]] = {
    "length-in-long-form": lambda tag, content: bytes([tag, 0x81, len(content)]) + content,
    "length-in-2-bytes": lambda tag, content: bytes([tag, 0x82, 0, len(content)]) + content,
    "length-in-4-bytes": lambda tag, content: bytes([tag, 0x84, 0, 0, 0, len(content)]) + content,
    "length-in-9-bytes": lambda tag, content: bytes([tag, 0x89, *[0] * 8, len(content)]) + content,
    "length-indefinite": lambda tag, content: bytes([tag, 0x80]) + content + b"\0\0",
    "length-one-more": lambda tag, content: bytes([tag, len(content) + 1]) + content,
    "length-one-less": lambda tag, content: bytes([tag, (len(content) - 1) % 256]) + content,
    "length-absurd": lambda tag, content: bytes([tag, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) + content,
    "tag-wrong": lambda tag, content: tlv(tag ^ 1, content),
    "tag-constructed-flipped": lambda tag, content: tlv(tag ^ 0x20, content),
    "zeros-appended": lambda tag, content: tlv(tag, content + b"\0\0"),
    "zeros-prepended": lambda tag, content: tlv(tag, b"\0\0" + content),
    "garbage-appended": lambda tag, content: tlv(tag, content + b"\x04\x02\xca\xfe"),
    "twice": lambda tag, content: tlv(tag, content) * 2,
    "removed": lambda _tag, _content: b"",
    "emptied": lambda tag, _content: bytes([tag, 0]),
    "truncated": lambda tag, content: tlv(tag, content[:-1]),
}
_SAME_AS_DER = {  # what a variant makes of an element without content
    ("null", "emptied"),
    ("null", "truncated"),
}

_INFOS: dict[str, Callable[[bytes], bytes]] = {
    **{f"oid-of-{name}": lambda digest, name=name: digest_info(digest, name) for name in _OIDS if name != "sha256"},
    "null-is-a-boolean": lambda digest: _info(_oid("sha256") + b"\x01\x01\x00", digest),
    "null-is-a-sequence": lambda digest: _info(_oid("sha256") + b"\x30\x00", digest),
    "parameters-before-the-oid": lambda digest: _info(b"\x05\x00" + _oid("sha256"), digest),
    "oid-padded": lambda digest: _info(tlv(OID, b"\x80" + bytes.fromhex(_OIDS["sha256"])) + b"\x05\x00", digest),
    "hash-of-zeros": lambda _: digest_info(b"\0" * 32),
    "hash-truncated": lambda digest: digest_info(digest[:20]),
    "hash-reversed": lambda digest: digest_info(digest[::-1]),
    "hash-without-digestinfo": lambda digest: digest,
    "hash-in-octets-only": lambda digest: tlv(OCTETS, digest),
    "algorithm-after-the-hash": lambda digest: tlv(
        SEQUENCE, tlv(OCTETS, digest) + tlv(SEQUENCE, _oid("sha256") + b"\x05\x00")
    ),
}


def _info(algorithm: bytes, digest: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(SEQUENCE, algorithm) + tlv(OCTETS, digest))


def _followed(padding: int, garbage: int) -> Callable[[bytes], bytes]:
    """Little padding, the right DigestInfo, and then bytes nobody looks at (Bleichenbacher 2006)."""

    def make(message: bytes) -> bytes:
        start = b"\0\1" + b"\xff" * padding + b"\0" + digest_info(_sha256(message))
        return start.ljust(SIZE, bytes([garbage]))

    return make


def _with_byte(place: int, value: int) -> Callable[[bytes], bytes]:
    def make(message: bytes) -> bytes:
        right = bytearray(block(digest_info(_sha256(message))))
        right[place] = value
        return bytes(right)

    return make


_SEPARATOR = SIZE - 51 - 1  # where 00 ends the padding

_BLOCKS: dict[str, Callable[[bytes], bytes]] = {
    "block-type-0": lambda message: b"\0\0" + b"\0" * (SIZE - 3 - 51) + b"\0" + digest_info(_sha256(message)),
    "block-type-2": lambda message: block(digest_info(_sha256(message)), kind=2),
    "block-type-3": lambda message: block(digest_info(_sha256(message)), kind=3),
    "first-byte-not-zero": _with_byte(0, 1),
    "first-padding-byte-wrong": _with_byte(2, 0xFE),
    "first-padding-byte-zero": _with_byte(2, 0),
    "middle-padding-byte-wrong": _with_byte(100, 0x7F),
    "middle-padding-byte-zero": _with_byte(100, 0),
    "last-padding-byte-wrong": _with_byte(_SEPARATOR - 1, 0xFE),
    "last-padding-byte-zero": _with_byte(_SEPARATOR - 1, 0),
    "separator-missing": _with_byte(_SEPARATOR, 0xFF),
    "separator-is-1": _with_byte(_SEPARATOR, 1),
    "padding-of-zeros": lambda message: b"\0\1" + b"\0" * (SIZE - 2 - 51) + digest_info(_sha256(message)),
    "padding-of-0x01": lambda message: b"\0\1" + b"\1" * (SIZE - 3 - 51) + b"\0" + digest_info(_sha256(message)),
    "padding-shifted": lambda message: b"\0" + block(digest_info(_sha256(message)))[:-1],
    "no-padding-garbage-behind": _followed(0, 0xAA),
    "7-bytes-padding-garbage-behind": _followed(7, 0xAA),
    "8-bytes-padding-garbage-behind": _followed(8, 0xAA),
    "8-bytes-padding-zeros-behind": _followed(8, 0),
    "one-byte-behind": _followed(SIZE - 3 - 51 - 1, 0xAA),
    "one-zero-behind": _followed(SIZE - 3 - 51 - 1, 0),
    "all-zeros": lambda _: b"\0" * SIZE,
    "other-message": lambda message: block(digest_info(_sha256(message + b"x"))),
}


def forgeries() -> dict[str, Callable[[bytes], bytes]]:
    """Blocks that are wrong for their message, by name."""
    found = {
        f"{element}-{name}": _with_element(element, write)
        for element in _ELEMENTS
        for name, write in _LENGTHS.items()
        if (element, name) not in _SAME_AS_DER
    }
    for name, info in _INFOS.items():
        found[name] = lambda message, info=info: block(info(_sha256(message)))
    return {**found, **_BLOCKS}
