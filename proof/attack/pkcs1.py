"""RSASSA-PKCS1-v1_5 by hand (RFC 8017, 9.2), and wrong encodings that lax verifiers have accepted.

After Wycheproof's "modified padding" vectors for RSA-2048 and SHA-256: lengths in BER instead of DER, a missing or
odd NULL, another OID, bytes after the hash, too little padding, another block type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric import rsa

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
_SEQUENCE, _OID, _NULL, _OCTETS = 0x30, 0x06, 0x05, 0x04
_SHA256 = bytes.fromhex(_OIDS["sha256"])

Encode = Callable[[bytes], bytes]


def private_operation(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """Apply the private key to a block of the caller's making, which no signing interface offers."""
    numbers = key.private_numbers()
    value = int.from_bytes(encoded, "big")
    first, second = pow(value, numbers.dmp1, numbers.p), pow(value, numbers.dmq1, numbers.q)
    result = second + (first - second) * numbers.iqmp % numbers.p * numbers.q
    return result.to_bytes(key.key_size // 8, "big")


def block(info: bytes, *, kind: int = 1) -> bytes:
    """Return the encoded message: 00 01 FF…FF 00 and the DigestInfo."""
    return bytes([0, kind]) + b"\xff" * (SIZE - 3 - len(info)) + b"\0" + info


def digest_info(digest: bytes, name: str = "sha256") -> bytes:
    return _info(_tlv(_OID, bytes.fromhex(_OIDS[name])) + _tlv(_NULL, b""), digest)


def over_digest(name: str) -> Encode:
    """Return the right encoding of a message under another digest."""
    return lambda message: block(digest_info(hashlib.new(name, message, usedforsecurity=False).digest(), name))


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _info(algorithm: bytes, digest: bytes) -> bytes:
    return _tlv(_SEQUENCE, _tlv(_SEQUENCE, algorithm) + _tlv(_OCTETS, digest))


_ELEMENTS = ("outer-sequence", "algorithm-sequence", "oid", "null", "hash")
# How one element of the DigestInfo is written instead of in DER, from its tag and content.
_WRITINGS: dict[str, Callable[[int, bytes], bytes]] = {
    "length-in-long-form": lambda tag, content: bytes([tag, 0x81, len(content)]) + content,
    "length-in-2-bytes": lambda tag, content: bytes([tag, 0x82, 0, len(content)]) + content,
    "length-in-4-bytes": lambda tag, content: bytes([tag, 0x84, 0, 0, 0, len(content)]) + content,
    "length-in-9-bytes": lambda tag, content: bytes([tag, 0x89, *[0] * 8, len(content)]) + content,
    "length-indefinite": lambda tag, content: bytes([tag, 0x80]) + content + b"\0\0",
    "length-one-more": lambda tag, content: bytes([tag, len(content) + 1]) + content,
    "length-one-less": lambda tag, content: bytes([tag, (len(content) - 1) % 256]) + content,
    "length-absurd": lambda tag, content: bytes([tag, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) + content,
    "tag-wrong": lambda tag, content: _tlv(tag ^ 1, content),
    "tag-constructed-flipped": lambda tag, content: _tlv(tag ^ 0x20, content),
    "zeros-appended": lambda tag, content: _tlv(tag, content + b"\0\0"),
    "zeros-prepended": lambda tag, content: _tlv(tag, b"\0\0" + content),
    "garbage-appended": lambda tag, content: _tlv(tag, content + b"\x04\x02\xca\xfe"),
    "twice": lambda tag, content: _tlv(tag, content) * 2,
    "removed": lambda _tag, _content: b"",
    "emptied": lambda tag, _content: bytes([tag, 0]),
    "truncated": lambda tag, content: _tlv(tag, content[:-1]),
}
_SAME_AS_DER = {("null", "emptied"), ("null", "truncated")}  # NULL has no content

# DigestInfos that are wrong, from the right digest.
_INFOS: dict[str, Encode] = {
    **{f"oid-of-{name}": partial(digest_info, name=name) for name in _OIDS if name != "sha256"},
    "null-is-a-boolean": lambda digest: _info(_tlv(_OID, _SHA256) + b"\x01\x01\x00", digest),
    "null-is-a-sequence": lambda digest: _info(_tlv(_OID, _SHA256) + b"\x30\x00", digest),
    "parameters-before-the-oid": lambda digest: _info(b"\x05\x00" + _tlv(_OID, _SHA256), digest),
    "oid-padded": lambda digest: _info(_tlv(_OID, b"\x80" + _SHA256) + b"\x05\x00", digest),
    "hash-of-zeros": lambda _: digest_info(b"\0" * 32),
    "hash-truncated": lambda digest: digest_info(digest[:20]),
    "hash-reversed": lambda digest: digest_info(digest[::-1]),
    "hash-without-digestinfo": lambda digest: digest,
    "hash-in-octets-only": lambda digest: _tlv(_OCTETS, digest),
    "algorithm-after-the-hash": lambda digest: _tlv(
        _SEQUENCE, _tlv(_OCTETS, digest) + _tlv(_SEQUENCE, _tlv(_OID, _SHA256) + b"\x05\x00")
    ),
}
_SEPARATOR = SIZE - 51 - 1  # place of the 00 that ends the padding; a DigestInfo of SHA-256 has 51 bytes


def _with_byte(place: int, value: int) -> Encode:
    def encode(info: bytes) -> bytes:
        right = bytearray(block(info))
        right[place] = value
        return bytes(right)

    return encode


def _followed(padding: int, garbage: int) -> Encode:
    """Return little padding, the right DigestInfo, and bytes after it (Bleichenbacher 2006)."""
    return lambda info: (b"\0\1" + b"\xff" * padding + b"\0" + info).ljust(SIZE, bytes([garbage]))


# Blocks that are wrong, from the right DigestInfo.
_BLOCKS: dict[str, Encode] = {
    "block-type-0": lambda info: b"\0\0" + b"\0" * (SIZE - 2 - len(info)) + info,
    "block-type-2": lambda info: block(info, kind=2),
    "block-type-3": lambda info: block(info, kind=3),
    "first-byte-not-zero": _with_byte(0, 1),
    "first-padding-byte-wrong": _with_byte(2, 0xFE),
    "first-padding-byte-zero": _with_byte(2, 0),
    "middle-padding-byte-wrong": _with_byte(100, 0x7F),
    "middle-padding-byte-zero": _with_byte(100, 0),
    "last-padding-byte-wrong": _with_byte(_SEPARATOR - 1, 0xFE),
    "last-padding-byte-zero": _with_byte(_SEPARATOR - 1, 0),
    "separator-missing": _with_byte(_SEPARATOR, 0xFF),
    "separator-is-1": _with_byte(_SEPARATOR, 1),
    "padding-of-zeros": lambda info: b"\0\1" + b"\0" * (SIZE - 2 - len(info)) + info,
    "padding-of-0x01": lambda info: b"\0\1" + b"\1" * (SIZE - 3 - len(info)) + b"\0" + info,
    "padding-shifted": lambda info: b"\0" + block(info)[:-1],
    "no-padding-garbage-behind": _followed(0, 0xAA),
    "7-bytes-padding-garbage-behind": _followed(7, 0xAA),
    "8-bytes-padding-garbage-behind": _followed(8, 0xAA),
    "8-bytes-padding-zeros-behind": _followed(8, 0),
    "one-byte-behind": _followed(SIZE - 3 - 51 - 1, 0xAA),
    "one-zero-behind": _followed(SIZE - 3 - 51 - 1, 0),
    "all-zeros": lambda _: b"\0" * SIZE,
    "other-message": lambda info: block(info[:-1] + bytes([info[-1] ^ 1])),
}


def forgeries() -> dict[str, Encode]:
    """Return encoders by name; the block that each makes of a message is wrong for it."""
    infos = {
        f"{element}-{name}": _with_element(element, write)
        for element in _ELEMENTS
        for name, write in _WRITINGS.items()
        if (element, name) not in _SAME_AS_DER
    } | _INFOS
    blocks = {name: _of_info(make) for name, make in _BLOCKS.items()}
    return {name: _of_digest(info) for name, info in infos.items()} | blocks


def _of_digest(info: Encode) -> Encode:
    return lambda message: block(info(hashlib.sha256(message).digest()))


def _of_info(make: Encode) -> Encode:
    return lambda message: make(digest_info(hashlib.sha256(message).digest()))


def _with_element(element: str, write: Callable[[int, bytes], bytes]) -> Encode:
    def put(name: str, tag: int, content: bytes) -> bytes:
        return write(tag, content) if name == element else _tlv(tag, content)

    def info(digest: bytes) -> bytes:
        algorithm = put("algorithm-sequence", _SEQUENCE, put("oid", _OID, _SHA256) + put("null", _NULL, b""))
        return put("outer-sequence", _SEQUENCE, algorithm + put("hash", _OCTETS, digest))

    return info
