"""RSA keys that must never be trusted, with all it takes to sign by them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from proof.attack.tokens import encoded
from tests.handler.pkcs1 import block, digest_info


@dataclass(frozen=True)
class WeakKey:
    """A key as bare numbers: what no library would make, or sign with."""

    modulus: int
    exponent: int
    private: int

    def jwk(self, kid: str) -> dict[str, Any]:
        size = (self.exponent.bit_length() + 7) // 8 or 1
        exponent = encoded(self.exponent.to_bytes(size, "big"))
        modulus = encoded(self.modulus.to_bytes(self._size, "big"))
        return {"alg": "RS256", "e": exponent, "kid": kid, "kty": "RSA", "n": modulus, "use": "sig"}

    def signed(self, text: str) -> str:
        info = digest_info(hashlib.sha256(text.encode()).digest())
        signature = pow(int.from_bytes(block(info, size=self._size), "big"), self.private, self.modulus)
        return f"{text}.{encoded(signature.to_bytes(self._size, 'big'))}"

    @property
    def _size(self) -> int:
        return (self.modulus.bit_length() + 7) // 8


@cache
def generated(bits: int, exponent: int = 65537) -> WeakKey:
    numbers = rsa.generate_private_key(exponent, bits).private_numbers()
    return WeakKey(numbers.public_numbers.n, exponent, numbers.d)


def with_exponent(exponent: int) -> Callable[[], WeakKey]:
    """A sound modulus whose announced exponent is useless; for 1, every message is its own signature."""
    return lambda: WeakKey(generated(2048).modulus, exponent, 1)
