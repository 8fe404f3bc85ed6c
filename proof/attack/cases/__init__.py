"""Every hostile request, in the order of the groups. The ids are stable: documents and reports cite them."""

from __future__ import annotations

from proof.attack.case import Case
from proof.attack.cases.claims import claims_cases
from proof.attack.cases.confusion import confusion_cases
from proof.attack.cases.encoding import encoding_cases
from proof.attack.cases.events import event_cases
from proof.attack.cases.exhaustion import exhaustion_cases
from proof.attack.cases.header import header_cases
from proof.attack.cases.parameters import parameter_cases
from proof.attack.cases.revocation import revocation_cases
from proof.attack.cases.signature import signature_cases
from proof.attack.cases.transport import transport_cases

# Attacks that a single request cannot show; each is a test of its own in tests/handler.
SCENARIOS = {
    "A10-one-fetch-per-cooldown": "many unknown key ids: one fetch of the key set",
    "B10-rfc-7515-a2": "RFC 7515 A.2 (RS256), known answer",
    "B10-rfc-7515-a5": "RFC 7515 A.5 (none), known answer",
    "B10-rfc-7520-4.1": "RFC 7520 4.1 (RS256), known answer",
    "F18-internal-exception": "an exception inside a route",
    "R04-thousand-kids": "1,000 key ids in 1,000 requests: p99 and fetches",
    "R06-parallel-cold": "50 parallel cold calls: one fetch",
    "S01-revoked-token": "a revoked token on every kind of route: by user, session and client",
    "S02-revoked-between-calls": "a revocation that arrives between two calls: out after the delay",
    "S03-table-ill": "the table of revocations throttled, denied, missing, failing, or poisoned with wrong types",
    "S04-table-dead-or-slow": "the table of revocations dead, or silent",
    "S05-many-subjects": "more subjects than an environment remembers: memory is bounded",
    "R09-flood": "a flood of invalid tokens: one short log line each",
}

# The layer that must stop a case, by id; every other id must be stopped by each layer alone.
STOPPED_BY = {
    "gateway": "F14 R03",
    "function": "A06 A12 A13 A14 A15 A18 A19 A24 B10 C03 C12 C13 C15 C16 D03 D04 D06 D16 D17 D19 D20 D23 D26 D27 D28"
    " D30 D31 D32 D33 D36 E02 E04 F05 F06 F08 F09 F10 F16 F18 P01 P02"
    " P03 P04 P05 P06 R02 R04 R06 R07 R08 R09 S01 S02 S03 S04 S05",
    "nobody: allowed, or a documented limit": "A17 D37 F00 F03",
}


def all_cases() -> tuple[Case, ...]:
    """Return every case, whatever it takes to send it."""
    return (
        *header_cases(),
        *signature_cases(),
        *confusion_cases(),
        *claims_cases(),
        *encoding_cases(),
        *transport_cases(),
        *parameter_cases(),
        *event_cases(),
        *exhaustion_cases(),
        *revocation_cases(),
    )


def live_cases() -> tuple[Case, ...]:
    """Return the cases that anybody can send."""
    return tuple(case for case in all_cases() if case.sent == "live")


def not_live() -> dict[str, str]:
    """Return what a run against a stack cannot test: the ids, and why."""
    ids = {sent: ", ".join(sorted({case.id for case in all_cases() if case.sent == sent})) for sent in ("key", "event")}
    return {
        f"some cases of {ids['key']}": (
            "they need the pool's private key; tests/handler signs them for the function, tests/local for both layers"
        ),
        f"some cases of {ids['event']}": "no client can bring them about; tests/handler calls the function with them",
        "D37": "a revoked token works until it expires, where the stack has no revocation: a documented limit",
        "F17": "there is no custom domain beside the API's own",
        "S01 by app client": "it would shut out every user of the client; tests/handler revokes one",
        "S02 to S05": "they need a table of revocations that fails; tests/handler has one",
        "B10, R06, R09, R04 as a flood": "known answers and load, which one request to a running API cannot show",
    }


def stopped_by(case_id: str) -> str:
    """Return the layer that must stop the cases of an id, in words."""
    return next((layer for layer, ids in STOPPED_BY.items() if case_id in ids.split()), "each layer alone")
