"""Serve one route: read parameters and body, call the route, and write its answer.

What reads them is imported when the first request has them, so that no other cold start waits for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from handler.errors import BodyMalformed, BodyTooLarge, BodyUnexpected, EventInvalid, MediaTypeUnsupported
from handler.route import Answer, Caller, Request, Route

BODY_LIMIT = 262_144  # characters as delivered, base64 included

_PATH = r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+"  # RFC 3986 3.3; no line break can be in it
ANSWER_LIMIT = 6_000_000  # bytes in Lambda's own envelope, which may have 6 MB (Lambda quotas)
encode = json.JSONEncoder(separators=(", ", ": "), allow_nan=False).encode


class AnswerInvalid(Exception):  # noqa: N818 - says what happened, as the refusals do
    """The route's function returned what its line in the table does not declare."""


class Endpoint:
    """Serves one route. Threads may share it."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self._reader: Callable[[Mapping[str, Any]], Any] | None = None
        self._root = "../" * (route.key.count("/") - 1)
        self._headers = {} if route.response is None else {"Content-Type": "application/json"}
        self._headers["Cache-Control"] = cache_control(route)
        if self._headers["Cache-Control"] != "no-store" and not route.public:
            # A browser keeps answers by URL: without this, the next user of the same browser could be shown them.
            self._headers["Vary"] = "Authorization"

    def answer(self, event: dict[str, Any], caller: Caller | None) -> dict[str, Any]:
        """Return the answer to a request that may call the route. Raises refusals, and whatever the route raises."""
        route = self.route
        given = self._parameters(event)
        request = Request(event, caller, _body(route, event))
        reply = route.call(request) if route.parameters is None else route.call(request, given)
        if not route.answer_headers:
            if type(reply) is Answer:
                raise AnswerInvalid
            return {"statusCode": route.status, "headers": dict(self._headers), "body": self._encoded(reply)}
        return self._with_headers(event, reply if type(reply) is Answer else Answer(reply))

    def _parameters(self, event: dict[str, Any]) -> Any:
        if self.route.parameters is None and not event.get("rawQueryString"):
            return None
        if self._reader is None:
            from handler.parameters import reader

            self._reader = reader(self.route.parameters, self.route.key, open_query=self.route.open_query)
        return self._reader(event)

    def _encoded(self, reply: Any) -> str:
        """Return the body. A reply that no client could use is an error here, not a success there."""
        if self.route.response is None:
            return ""
        if not isinstance(reply, dict):  # the function forgot its `return`
            raise AnswerInvalid
        body = encode(reply)
        if len(body) > ANSWER_LIMIT // 2 and len(encode(body)) > ANSWER_LIMIT:  # quotes count twice in the envelope
            raise AnswerInvalid
        return body

    def _with_headers(self, event: dict[str, Any], reply: Answer[Any]) -> dict[str, Any]:
        route, headers = self.route, dict(self._headers)
        body = self._encoded(reply.body)
        if (reply.location is not None) != ("Location" in route.answer_headers):
            raise AnswerInvalid
        if reply.location is not None:
            if not re.fullmatch(_PATH, reply.location):
                raise AnswerInvalid
            # Relative, because an API can be mounted below a path: by a custom domain, or on this machine.
            headers["Location"] = self._root + reply.location[1:]
        if "ETag" in route.answer_headers:
            from handler import etags

            tag = etags.digest(body) if reply.etag is None else reply.etag
            if not etags.TAG(tag):
                raise AnswerInvalid
            headers["ETag"] = f'"{tag}"'
            if route.reads and etags.matches(_header(event, "if-none-match"), tag, weak=True):
                headers.pop("Content-Type", None)
                return {"statusCode": 304, "headers": headers, "body": ""}
        elif reply.etag is not None:
            raise AnswerInvalid
        return {"statusCode": route.status, "headers": headers, "body": body}


def cache_control(route: Route) -> str:
    """Return the Cache-Control of a route's answer. Without `max_age` a cache must ask again, or store nothing."""
    if route.max_age is not None:
        return f"{'public' if route.public else 'private'}, max-age={route.max_age}"
    return "private, no-cache" if route.reads and "ETag" in route.answer_headers else "no-store"


def _header(event: dict[str, Any], name: str) -> str | None:
    headers = event.get("headers")
    value = headers.get(name) if isinstance(headers, dict) else None
    return value if isinstance(value, str) else None


def _body(route: Route, event: dict[str, Any]) -> Any:
    """Return the body as an instance of the route's request type, or None for a route without one.

    A body that the route does not take is refused, so that no client believes it was read.
    """
    body, kind = event.get("body"), route.request
    if body is None or body == "":
        if kind is not None:
            raise BodyMalformed
        return None
    if not isinstance(body, str):
        raise EventInvalid
    if len(body) > BODY_LIMIT:
        raise BodyTooLarge
    if kind is None:
        raise BodyUnexpected
    # A page of another origin can send other media types without a CORS preflight.
    if (_header(event, "content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise MediaTypeUnsupported
    from handler.bodies import read

    return read(kind, body, base64=event.get("isBase64Encoded") is True)
