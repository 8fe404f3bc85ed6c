"""Every hostile request there is a case for. The ids are stable: the security model and the live run cite them."""

from __future__ import annotations

from tests.handler.case import Case, Line
from tests.handler.cases.claims import claims_cases
from tests.handler.cases.confusion import confusion_cases
from tests.handler.cases.encoding import encoding_cases
from tests.handler.cases.exhaustion import exhaustion_cases
from tests.handler.cases.header import header_cases
from tests.handler.cases.signature import signature_cases
from tests.handler.cases.transport import transport_cases

CASES: list[Case] = [
    *header_cases(),
    *signature_cases(),
    *confusion_cases(),
    *claims_cases(),
    *encoding_cases(),
    *transport_cases(),
    *exhaustion_cases(),
]

# What one request cannot show; each is a test of its own.
SCENARIOS: list[Line] = [
    Line(id="A10", name="one-fetch-per-cooldown", title="many unknown key ids: one fetch of the key set", layer="H"),
    Line(id="B10", name="rfc-7515-a2", title="RFC 7515 A.2 (RS256), known answer", expected=(), layer="H"),
    Line(id="B10", name="rfc-7515-a5", title="RFC 7515 A.5 (none), known answer", layer="H"),
    Line(id="B10", name="rfc-7520-4.1", title="RFC 7520 4.1 (RS256), known answer", expected=(), layer="H"),
    Line(id="F18", name="internal-exception", title="an exception inside a route", expected=(500,), layer="H"),
    Line(id="R04", name="thousand-kids", title="1,000 key ids in 1,000 requests: p99 and fetches", layer="H"),
    Line(id="R06", name="parallel-cold", title="50 parallel cold calls: one fetch", expected=(200,), layer="H"),
    Line(id="R09", name="flood", title="a flood of invalid tokens: one short log line each", layer="H"),
]
