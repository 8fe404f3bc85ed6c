"""RSA keys that must never be trusted, with all it takes to sign by them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import gcd, isqrt, prod
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from proof.attack.tokens import encoded
from tests.handler.pkcs1 import block, digest_info

# RFC 3526, group 14: a prime of 2,048 bits that need not be searched for
_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)


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


@cache
def prime_modulus() -> WeakKey:
    """The modulus is one prime, so that its private exponent follows from the public key."""
    return WeakKey(_PRIME, 65537, pow(65537, -1, _PRIME - 1))


@cache
def roca() -> WeakKey:
    """A key as Infineon's library made them: each prime is 65537^a mod M, plus a multiple of M (CVE-2017-15361)."""
    product = prod(_primes(2, 168))
    first, second = (_roca_prime(product) for _ in range(2))
    phi = (first - 1) * (second - 1)
    return WeakKey(first * second, 65537, pow(65537, -1, phi))


def _primes(first: int, end: int) -> list[int]:
    return [number for number in range(first, end) if all(number % divisor for divisor in range(2, isqrt(number) + 1))]


def _roca_prime(product: int) -> int:
    top = (3 << 1022) // product  # the two highest bits set, so that two of them make 2,048 bits
    sieve = prod(_primes(168, 2_000))
    while True:
        candidate = (top + 1 + secrets.randbits(700)) * product + pow(65537, secrets.randbits(64), product)
        if gcd(candidate, sieve) == 1 and gcd(candidate - 1, 65537) == 1 and pow(3, candidate - 1, candidate) == 1:
            return candidate
