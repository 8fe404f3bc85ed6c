"""Cases that the emulator's gateway answers otherwise than AWS's does. Measured by tests/local/test_attacks.py."""

from __future__ import annotations

from proof.attack.case import Case

# The gateway answers 500 before it asks the function. API Gateway documents 401 for whatever it cannot validate.
_FAILS = {
    "fails on a token header that is JSON but no object": """
        A21-header-list A21-header-null A21-header-number A21-header-string R01-header-60-lists""",
    "fails on a payload that is no object": """
        D35-payload-list D35-payload-null D35-payload-number D35-payload-string D35-payload-true""",
    "fails on a claim that is no integer": """
        D02-exp-null D03-exp-list D03-exp-object D03-exp-string D04-exp--1e400 D04-exp--Infinity D04-exp-1e400
        D04-exp-Infinity D04-exp-NaN D08-iat-1e400 D08-iat-infinity D08-iat-list D08-iat-null D09-nbf-1e400
        D09-nbf-infinity D09-nbf-list D09-nbf-null""",
}
FAILS = {case: f"the emulator's gateway {words}" for words, cases in _FAILS.items() for case in cases.split()}

# The gateway calls the function, which alone refuses: all sendable cases of an id, or single ones.
_PASSES = """
    A04 A05 A13 A14 A15-b64-false A18 A19-cty-member A24 C04-jwk-of-another C05-jku-of-another
    C16-id-token-by-the-access-token-key D02-exp-missing D03-exp-numeric-string D03-exp-fraction D03-exp-exponent D06
    D08-iat-missing D08-iat-string D08-iat-true D08-iat-fraction D09-nbf-string D09-nbf-true D16 D17-id-token D19 D20
    D23-aud-null D23-aud-list-ours D23-aud-list-ours-and-other D28 D30 D31-machine D31-machine-group-route
    D31-username-null D31-username-number D31-username-true D31-username-list D31-username-object D31-username-empty
    D31-username-crlf D31-username-129-characters D32 D33 D35-payload-claim-twice D35-payload-utf-16 D36-jti-number
    D36-jti-null D36-jti-list E03 E04 E05-signature-exclamation E05-signature-inner-exclamation F04-spacing-two-spaces
    F05 F16-body-not-json F16-body-prototype F16-body-event F16-body-binary F16-body-300-kB F16-body-without-the-right
    P01 P02 P03 P04-path-backslash P04-path-nul P04-path-line-break P04-path-delete P04-path-encoded-twice P05
    R08-exp-4299-digits
"""
PASSES = frozenset(_PASSES.split())

# AWS documents that its gateway refuses, or passes, these cases and ids; it does not say for the others.
_AWS_SAYS = {
    "refuses": "A05-alg-none A05-alg-HS256 A05-alg-ES256",
    "passes": "D16 D17 D19 D20 D23-aud-list-ours D23-aud-list-ours-and-other D28 D31-machine D31-machine-group-route"
    " D32 D33 F05 F16 P01 P03 P05",
}


def failure(case: Case) -> str:
    """Return how the emulator's gateway fails on a case; an empty text if it does not."""
    return FAILS.get(str(case), "")


def passes(case: Case) -> bool:
    """Return whether the emulator's gateway calls the function with a case that the function refuses."""
    return str(case) in PASSES or case.id in PASSES


def aws_says(case: Case) -> str:
    """Return what AWS documents of its own gateway: refuses, passes, or does not say."""
    said = (word for word, cases in _AWS_SAYS.items() if {str(case), case.id} & set(cases.split()))
    return next(said, "does not say")
