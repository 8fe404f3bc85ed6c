"""Every case that needs no private key of the pool's, in the order of the corpus."""

from __future__ import annotations

from proof.attack.case import Case
from proof.attack.cases.claims import claims_cases
from proof.attack.cases.confusion import confusion_cases
from proof.attack.cases.encoding import encoding_cases
from proof.attack.cases.exhaustion import exhaustion_cases
from proof.attack.cases.header import header_cases
from proof.attack.cases.signature import signature_cases
from proof.attack.cases.transport import transport_cases


def all_cases() -> tuple[Case, ...]:
    return (
        *header_cases(),
        *signature_cases(),
        *confusion_cases(),
        *claims_cases(),
        *encoding_cases(),
        *transport_cases(),
        *exhaustion_cases(),
    )


# What no run of this kind can test, and why.
NOT_HERE = {
    "A05-A09, A13-A19, A24, B06, B07, C08, C16, D01-D36, E02, R02 with a signature that holds": (
        "they need the pool's private key; tests/handler signs them for the function, tests/proof/test_agreement.py"
        " for both layers"
    ),
    "C03, C09, C12, C13, C15 with a weak or foreign key in the pool's key set": "tests/handler serves such a set",
    "D37": "a revoked token works until it expires: a documented limit, not a defect to find",
    "F08-F10, F18": "no client can send such an event to the function; tests/handler calls it with one",
    "F17": "there is no domain of one's own beside the API's",
    "B10, R06, R09, R04 as a flood": "known answers and load: nothing that one request to a living API shows",
}
