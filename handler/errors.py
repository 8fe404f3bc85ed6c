"""Every way a request can be turned down: its status, its reason code and the words a client may see.

A reason code is the only thing the log says about a refusal (and a cause, where keys cannot be had); alarms count them,
so a code never changes its meaning. No refusal carries anything of the request: there is no field to put it in, and a
refused body is described in the words of its route's type.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

# Why signing keys cannot be had: a fixed word for the operator, who must tell a missing way out of a VPC from an
# endpoint that is ill. Listed in the order of one fetch.
Cause = Literal[
    "unreachable",  # no connection, or a broken one: name not resolved, no route, refused, reset
    "timeout",  # connected, but no whole answer in time
    "tls",  # a certificate that does not verify, or no TLS
    "redirect",  # never followed
    "status",  # any other status than 200
    "too_large",
    "document",  # not a key set, or one without a usable key
]

# Why what a route keeps cannot be had: likewise.
StorageCause = Literal[
    "unreachable",  # no connection, or a broken one
    "timeout",
    "throttled",  # more than the table or the account takes
    "denied",  # by the function's role: the deployment is broken
    "missing",  # there is no such table: likewise
    "failed",  # anything else, an error of the service's own among them
]


class Refused(Exception):
    """A request that gets no answer but this one. Raised anywhere below the edge, rendered in `handler.app` only."""

    status: ClassVar[int]
    reason: ClassVar[str]
    message: ClassVar[str]
    challenge: ClassVar[str | None] = None  # WWW-Authenticate, RFC 6750 section 3
    retry_after: ClassVar[int | None] = None  # seconds


class BadRequest(Refused):
    status = 400
    message = "Bad Request"


class EventInvalid(BadRequest):
    """The event is not an HTTP API event in payload format 2.0."""

    reason = "event_invalid"


class BodyUnexpected(BadRequest):
    """The route takes no body and the request has one."""

    reason = "body_unexpected"


class BodyRefused(BadRequest):
    """What stands at `field` must `rule`. A field is `tags[2]` or `author.name`, or nothing for the whole body."""

    def __init__(self, rule: str, field: str = "") -> None:
        super().__init__()
        self.rule = rule
        self.field = field

    def within(self, place: str) -> Self:
        """The same refusal, seen from outside of the member or item at `place`."""
        dot = "." if self.field and not self.field.startswith("[") else ""
        return type(self)(self.rule, f"{place}{dot}{self.field}")


class BodyMalformed(BodyRefused):
    """The body is missing or no I-JSON (RFC 7493): not UTF-8, repeated members, numbers or nesting beyond measure."""

    reason = "body_malformed"

    def __init__(self, rule: str = "be JSON in UTF-8 without repeated members", field: str = "") -> None:
        super().__init__(rule, field)


class BodyInvalid(BodyRefused):
    """The body is JSON, but not of the type that the route declares."""

    reason = "body_invalid"


class MediaTypeUnsupported(Refused):
    """The route reads JSON and the body says it is something else, or does not say."""

    status = 415
    reason = "media_type_unsupported"
    message = "Unsupported Media Type"


class BodyTooLarge(Refused):
    """The body is longer than any route reads."""

    status = 413
    reason = "body_too_large"
    message = "Payload Too Large"


class RouteUnknown(Refused):
    """API Gateway sent a route key that the route table does not hold: the two were deployed apart."""

    status = 404
    reason = "route_unknown"
    message = "Not Found"


class Unauthorized(Refused):
    """The token is proven bad, or there is none."""

    status = 401
    message = "Unauthorized"
    challenge = 'Bearer error="invalid_token"'


class TokenMissing(Unauthorized):
    """No Authorization header, or one without a token."""

    reason = "token_missing"
    challenge = "Bearer"  # RFC 6750 3.1: no error code when no credentials were sent


class SchemeUnsupported(Unauthorized):
    """An Authorization header that is not `Bearer`, one space, one token."""

    reason = "scheme_unsupported"
    challenge = "Bearer"


class AuthorizerMissing(Unauthorized):
    """A protected route was reached without the gateway's JWT authorizer: the deployment is broken."""

    reason = "authorizer_missing"


class TokenTooLarge(Unauthorized):
    """Longer than any request line and headers together may be."""

    reason = "token_too_large"


class TokenMalformed(Unauthorized):
    """Not three canonical base64url segments of strict JSON."""

    reason = "token_malformed"


class HeaderInvalid(Unauthorized):
    """The JOSE header is not the one this pool writes: RS256, a key id, nothing that changes how to verify."""

    reason = "header_invalid"


class KeyUnknown(Unauthorized):
    """The pool's current key set, freshly read, has no usable key of that id."""

    reason = "key_unknown"


class SignatureInvalid(Unauthorized):
    """The signature is not that key's over this header and payload."""

    reason = "signature_invalid"


class ClaimsInvalid(Unauthorized):
    """A claim is missing, of the wrong type, or beyond what Cognito issues."""

    reason = "claims_invalid"


class IssuerMismatch(Unauthorized):
    """Issued by another pool, or by nobody."""

    reason = "issuer_mismatch"


class TokenExpired(Unauthorized):
    """Its time is over; the client should refresh it."""

    reason = "token_expired"


class TokenNotYetValid(Unauthorized):
    """Issued, or valid, only in the future."""

    reason = "token_not_yet_valid"


class TokenUseMismatch(Unauthorized):
    """An ID token where access tokens are asked for, or neither kind."""

    reason = "token_use_mismatch"


class ClientMismatch(Unauthorized):
    """Issued to an app client that this API does not serve."""

    reason = "client_mismatch"


class Forbidden(Refused):
    """A good token without the right this route asks for."""

    status = 403
    message = "Forbidden"


class ScopeMissing(Forbidden):
    """The token has none of the scopes that the route asks for."""

    reason = "scope_missing"
    challenge = 'Bearer error="insufficient_scope"'


class GroupMissing(Forbidden):
    """The user is in none of the groups that the route asks for."""

    reason = "group_missing"


class UserRequired(Forbidden):
    """A machine's token (client credentials) on a route for people."""

    reason = "user_required"


class KeysUnavailable(Refused):
    """The signing keys cannot be had, so the token can be proven neither good nor bad."""

    status = 503
    reason = "keys_unavailable"
    message = "Service Unavailable"
    retry_after = 5

    def __init__(self, cause: Cause = "unreachable") -> None:
        super().__init__()
        self.cause = cause


class StorageUnavailable(Refused):
    """What the route keeps can be neither read nor written now."""

    status = 503
    reason = "storage_unavailable"
    message = "Service Unavailable"
    retry_after = 5

    def __init__(self, cause: StorageCause) -> None:
        super().__init__()
        self.cause = cause


class InternalError(Refused):
    """Anything unforeseen. The log names the exception's type and place, never its text."""

    status = 500
    reason = "internal_error"
    message = "Internal Server Error"
