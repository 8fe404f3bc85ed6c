"""Every refusal of a request: its status, its reason code, and the message that the client gets.

A refusal's log line has its reason code, and a cause if keys or storage are unavailable. Alarms count reason codes, so
a code never changes its meaning. No refusal holds data of the request: there is no field for it, and a refused body is
described in the words of its route's type.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

# Why signing keys are unavailable, in the order of one fetch. The operator must be able to tell a VPC without a way to
# the internet from a failing endpoint.
Cause = Literal[
    "unreachable",  # no connection, or a broken one: name not resolved, no route, refused, reset
    "timeout",  # connected, but no complete answer in time
    "tls",  # a certificate that does not verify, or no TLS
    "redirect",  # never followed
    "status",  # any other status than 200
    "too_large",
    "document",  # not a key set, or a key set without a usable key
    "cooldown",  # not fetched: the key set lacks the key id, and was fetched a moment ago because of another such id
]

# Why a route's storage is unavailable.
StorageCause = Literal[
    "unreachable",  # no connection, or a broken one
    "timeout",
    "throttled",  # over the limit of the table or the account
    "denied",  # by the function's role: the deployment is broken
    "missing",  # no such table: the deployment is broken
    "malformed",  # an answer that is not of the form in which it was written
    "failed",  # anything else, such as an error of the service itself
]


class Refused(Exception):
    """A refused request. Raised anywhere in the handler and in routes, turned into an answer in `handler.app` only."""

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


class ValueRefused(Refused):
    """The value of `field` in the request's `place` must `rule`.

    A field is `tags[2]`, `author.name` or the name of a parameter; it is empty for the whole body, path or query.
    """

    status = 400
    message = "Bad Request"
    place: ClassVar[Literal["body", "path", "query", "header"]] = "body"

    def __init__(self, rule: str, field: str = "") -> None:
        super().__init__()
        self.rule = rule
        self.field = field

    def within(self, place: str) -> Self:
        """Return the same refusal with `place`, the enclosing member or item, before its field."""
        dot = "." if self.field and not self.field.startswith("[") else ""
        return type(self)(self.rule, f"{place}{dot}{self.field}")


class BodyMalformed(ValueRefused):
    """The body is missing or is not I-JSON (RFC 7493): not UTF-8, repeated members, too large numbers or nesting."""

    reason = "body_malformed"

    def __init__(self, rule: str = "be JSON in UTF-8 without repeated members", field: str = "") -> None:
        super().__init__(rule, field)


class BodyInvalid(ValueRefused):
    """The body is JSON, but not of the type that the route declares."""

    reason = "body_invalid"


class PathInvalid(ValueRefused):
    """A path parameter is not of its type, so its URL names nothing: the status is that of a missing item."""

    status = 404
    message = "Not Found"
    reason = "path_invalid"
    place = "path"


class QueryInvalid(ValueRefused):
    """The query does not have the parameters that the route declares, or one is not of its type."""

    reason = "query_invalid"
    place = "query"


class HeaderValueInvalid(ValueRefused):
    """A header that the route asks for is missing or not of its type."""

    reason = "header_value_invalid"
    place = "header"


class MediaTypeUnsupported(Refused):
    """The route reads JSON, and the request has another Content-Type or none."""

    status = 415
    reason = "media_type_unsupported"
    message = "Unsupported Media Type"


class BodyTooLarge(Refused):
    """The body is longer than any route reads."""

    status = 413
    reason = "body_too_large"
    message = "Payload Too Large"


class RouteUnknown(Refused):
    """API Gateway sent a route key that is not in the route table: gateway and function were deployed separately."""

    status = 404
    reason = "route_unknown"
    message = "Not Found"


class Unauthorized(Refused):
    """The token is invalid or missing."""

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
    """A request reached a protected route without the gateway's JWT authorizer: the deployment is broken."""

    reason = "authorizer_missing"


class TokenTooLarge(Unauthorized):
    """The token is longer than API Gateway's limit for the request line and headers."""

    reason = "token_too_large"


class TokenMalformed(Unauthorized):
    """The token is not three segments of canonical base64url with strict JSON."""

    reason = "token_malformed"


class HeaderInvalid(Unauthorized):
    """The JOSE header is not one that Cognito writes: RS256, a key id, and nothing that changes the verification."""

    reason = "header_invalid"


class KeyUnknown(Unauthorized):
    """The pool's current key set has no usable key with that id."""

    reason = "key_unknown"


class SignatureInvalid(Unauthorized):
    """The signature does not match the key, header and payload."""

    reason = "signature_invalid"


class ClaimsInvalid(Unauthorized):
    """A claim is missing, has the wrong type, or has a value that Cognito never issues."""

    reason = "claims_invalid"


class IssuerMismatch(Unauthorized):
    """The token is from another user pool."""

    reason = "issuer_mismatch"


class TokenExpired(Unauthorized):
    """The token has expired; the client should refresh it."""

    reason = "token_expired"


class TokenNotYetValid(Unauthorized):
    """The token's issue time or `nbf` is in the future."""

    reason = "token_not_yet_valid"


class TokenUseMismatch(Unauthorized):
    """The token's use is not accepted, such as an ID token if only access tokens are."""

    reason = "token_use_mismatch"


class ClientMismatch(Unauthorized):
    """The token was issued to an app client that this API does not serve."""

    reason = "client_mismatch"


class TokenRevoked(Unauthorized):
    """The token was revoked before it expired: by its user's sign-out or removal, or with its session or app client."""

    reason = "token_revoked"


class GroupsStale(Unauthorized):
    """The user's groups changed after the token was issued, and the route asks at each call; the client refreshes."""

    reason = "groups_stale"


class Forbidden(Refused):
    """The token is valid but lacks a right that the route requires."""

    status = 403
    message = "Forbidden"


class ScopeMissing(Forbidden):
    """The token has none of the scopes that the route requires."""

    reason = "scope_missing"
    challenge = 'Bearer error="insufficient_scope"'


class GroupMissing(Forbidden):
    """The user is in none of the groups that the route requires."""

    reason = "group_missing"


class UserRequired(Forbidden):
    """A machine's token (client credentials) was sent to a route for people."""

    reason = "user_required"


class Unavailable(Refused):
    """The request needs what is unavailable at the moment. The log tells the cause, the answer does not."""

    status = 503
    message = "Service Unavailable"
    retry_after = 5

    def __init__(self, cause: Cause | StorageCause) -> None:
        super().__init__()
        self.cause = cause


class KeysUnavailable(Unavailable):
    """The signing keys are unavailable, so the token cannot be verified."""

    reason = "keys_unavailable"


class StorageUnavailable(Unavailable):
    """The route's storage cannot be read or written at the moment."""

    reason = "storage_unavailable"
    cause: StorageCause


class RevocationUnavailable(Unavailable):
    """The table of revocations cannot be read, so the token may be a revoked one."""

    reason = "revocation_unavailable"
    cause: StorageCause


class InternalError(Refused):
    """An unforeseen error. The log names the exception's type and location, never its text."""

    status = 500
    reason = "internal_error"
    message = "Internal Server Error"
