"""The function's edge: routes, headers, bodies, log and notes."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import PROGRAM, all_of

_APP = ("tests/handler/test_app.py", "tests/handler/test_attack_corpus.py")
_BODIES = ("tests/handler/test_bodies.py",)
_NOTES = ("tests/handler/samples/test_notes.py",)
_TABLE_TESTS = ("tests/components/test_item_table.py",)
_FUNCTION_SETTINGS = ("tests/handler/test_settings.py",)

SABOTAGES = [
    *all_of(
        "handler/app.py",
        _APP,
        (
            "context-believed",
            "Who reaches the function past the gateway says who he is.",
            'caller = self.service().verifier.verify(_bearer_token(event.get("headers")), time.time())',
            (
                'said = jwt["claims"]\n'
                '        caller = Caller(str(said.get("sub")), said.get("username"), str(said.get("client_id")), '
                'frozenset(str(said.get("scope")).split()), frozenset(said.get("cognito:groups") or ()))'
            ),
        ),
        (
            "context-not-needed",
            "A route that lost its authorizer is not noticed.",
            'if not isinstance(jwt, dict) or not isinstance(jwt.get("claims"), dict):',
            "if jwt is False:",
        ),
        (
            "scope-unchecked",
            "Any scope opens every route.",
            "if caller.scopes.isdisjoint(route.scopes):",
            "if not caller.scopes:",
        ),
        (
            "group-unchecked",
            "Any group opens every route.",
            "if route.groups and caller.groups.isdisjoint(route.groups):",
            "if route.groups and not caller.groups:",
        ),
        (
            "machines-on-peoples-routes",
            "A machine's token opens what is for people.",
            "elif caller.username is None:",
            'elif caller.username == "":',
        ),
        (
            "scheme-unchecked",
            "Credentials of another kind are read as tokens.",
            'if scheme.lower() != "bearer":',
            "if not scheme:",
        ),
        (
            "subject-in-plain",
            "The function's log, which many read, names every caller.",
            'hmac.digest(self._salt, caller.sub.encode(), "sha256").hex()[:16]',
            "caller.sub",
        ),
        (
            "subject-hashed-without-salt",
            "Whoever has a list of subjects reads from the log who called.",
            "hmac.digest(self._salt, caller",
            'hmac.digest(b"", caller',
        ),
        (
            "headers-logged",
            "Whoever reads the log can act as every caller.",
            'level = "WARNING" if "cause" in fields else "INFO"\n',
            (
                'level = "WARNING" if "cause" in fields else "INFO"\n'
                '            fields = {**fields, "headers": str(event.get("headers"))}\n'
            ),
        ),
        (
            "exception-logged",
            "An exception's text may hold a token or a key.",
            'return {"errorType": type(error).__name__, "errorPlace": location}',
            'return {"errorType": type(error).__name__, "errorPlace": location, "error": str(error)}',
        ),
        (
            "exception-in-the-body",
            "Strangers read what the function is made of.",
            "response = _refusal(InternalError(), request_id)\n",
            (
                "response = _refusal(InternalError(), request_id)\n"
                '            response["body"] = _encode({"message": str(error), "requestId": request_id})\n'
            ),
        ),
        (
            "reason-in-the-body",
            "An attacker is told which check to work on next.",
            'body = {"message": refused.message,',
            'body = {"message": refused.message, "reason": refused.reason,',
        ),
        (
            "answers-cached",
            "One user's answer is served to another.",
            ', "Cache-Control": "no-store"}',
            "}",
        ),
        (
            "body-taken",
            "A body that nobody reads is taken for read.",
            "        raise BodyUnexpected\n",
            "        return None\n",
        ),
    ),
    *all_of(
        "handler/app.py",
        _BODIES,
        (
            "body-before-the-right",
            "Strangers learn what a route takes, and have the function parse for them.",
            "            caller = None if route.public else self._authorize(route, event)\n",
            (
                "            _body(route, event)\n"
                "            caller = None if route.public else self._authorize(route, event)\n"
            ),
        ),
        (
            "media-type-unchecked",
            "A web page of another origin posts in a user's name without asking first.",
            'if _media_type(event.get("headers")) != "application/json":',
            "if False:",
        ),
        (
            "body-beyond-the-limit",
            "A caller chooses how much the function parses.",
            "if len(body) > BODY_LIMIT:",
            "if len(body) > 40 * BODY_LIMIT:",
        ),
    ),
    *all_of(
        "handler/bodies.py",
        _BODIES,
        (
            "unknown-members-ignored",
            "What a client believes to have sent is dropped in silence.",
            "if not value.keys() <= readers.keys():",
            "if not value.keys():",
        ),
        (
            "constraints-unchecked",
            "Lengths, ranges and patterns are documentation only.",
            "            if not holds(value):",
            "            if holds is None:",
        ),
        (
            "true-is-one",
            "A boolean is stored as a number.",
            "if type(value) is not int:",
            "if not isinstance(value, int):",
        ),
        (
            "nan-in-a-body",
            "A number that no JSON can hold gets into the store and breaks whoever reads it.",
            ", parse_constant=no_constant",
            "",
        ),
        (
            "nesting-unbounded",
            "How deep a body may nest is up to the parser's stack.",
            "default=0) > NESTING_MOST:",
            "default=0) > 10 * NESTING_MOST:",
        ),
        (
            "string-search-quadratic",
            "A body of quotes keeps the function busy until it times out.",
            '[^"\\\\]*)*"?|',
            '[^"\\\\]*)*"|',
        ),
        (
            "base64-lenient",
            "What is no base64 is read all the same.",
            "strict_mode=True",
            "strict_mode=False",
        ),
        (
            "half-a-character-accepted",
            "A text that no UTF-8 can hold fails where it is stored, as a 500.",
            "        value.encode()\n",
            "        value.upper()\n",
        ),
        (
            "value-in-the-rule",
            "What was sent comes back, in answers and whatever shows them.",
            'raise BodyInvalid("be a string")',
            'raise BodyInvalid(f"be a string, got {value!r}")',
        ),
    ),
    *all_of(
        "handler/tokens.py",
        ("tests/handler/test_properties.py",),
        (
            "one-spare-bit-accepted",
            "A token has a second spelling, which no example happens to have.",
            '2: "AQgw"',
            '2: "AQgwCSiy"',
        ),
    ),
    *all_of(
        "handler/samples/hello.py",
        ("tests/handler/samples/test_hello.py",),
        (
            "claims-in-the-body",
            "An answer holds the caller's claims.",
            '{"message": "Hello, authenticated user!", "user": request.user.name}',
            (
                '{"message": "Hello, authenticated user!", "user": request.user.name, '
                '"claims": request.event["requestContext"]["authorizer"]["jwt"]["claims"]}'
            ),
        ),
    ),
    *all_of(
        "handler/samples/notes.py",
        _NOTES,
        (
            "owner-by-name",
            "Who gets the name of a user that is gone gets his notes.",
            '{":owner": {"S": request.user.sub}}',
            '{":owner": {"S": request.user.name}}',
        ),
        (
            "owner-from-the-context",
            "Who reaches the function past the gateway reads anybody's notes.",
            '{":owner": {"S": request.user.sub}}',
            '{":owner": {"S": request.event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]}}',
        ),
        (
            "one-owner-for-all",
            "Every user reads every user's notes.",
            "_item(request.user.sub, note)",
            "_item(request.user.client_id, note)",
        ),
    ),
    *all_of(
        "handler/samples/notes.py",
        _NOTES,
        (
            "page-unbounded",
            "A user with many notes has the function read until it times out.",
            "        Limit=PAGE,\n",
            "        Limit=100 * PAGE,\n",
        ),
        (
            "table-waited-for",
            "A slow table costs every caller the function's whole time, and then an answer.",
            "ATTEMPTS = 0.5, 0.75, 2",
            "ATTEMPTS = 5.0, 60.0, 4",
        ),
        (
            "control-characters-kept",
            "A note writes into the terminal of whoever lists it.",
            r'Pattern(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*",',
            r'Pattern(r"[^\x00]*",',
        ),
        (
            "failure-as-success",
            "A note that was not kept is answered as kept.",
            '        raise StorageUnavailable(_cause_of_code(error.response["Error"]["Code"])) from error',
            "        return {}",
        ),
    ),
    *all_of(
        "components/item_table.py",
        _TABLE_TESTS,
        (
            "table-unprotected",
            "One wrong command deletes what all users kept.",
            "deletion_protection_enabled=args.deletion_protection,",
            "deletion_protection_enabled=False,",
        ),
        (
            "table-replaceable",
            "A change of its keys replaces the table, and what was in it is gone.",
            "protect=args.deletion_protection",
            "protect=False",
        ),
        (
            "no-way-back",
            "A wrong write cannot be undone.",
            'point_in_time_recovery={"enabled": True}',
            'point_in_time_recovery={"enabled": False}',
        ),
        (
            "grant-on-all-tables",
            "The function may use every table of the account.",
            '"Resource": self.arn,',
            '"Resource": "*",',
        ),
        (
            "wildcard-granted",
            "A program may give the function every action there is.",
            "        if wild or not actions:",
            "        if not actions:",
        ),
    ),
    *all_of(
        "__main__.py",
        PROGRAM,
        (
            "role-widened-to-scan",
            "A fault in the function reads every user's notes at once.",
            "notes.grant(*items)",
            'notes.grant(*items, "Scan")',
        ),
        (
            "table-for-every-function",
            "A fault in a function that keeps nothing reads and writes what another one keeps.",
            "if route.function == name for action",
            "for action",
        ),
    ),
    *all_of(
        "handler/settings.py",
        _FUNCTION_SETTINGS,
        (
            "key-endpoint-anywhere",
            "A variable points the function at an attacker's keys, by plain http.",
            'if host != "localhost" and not ip_address(host).is_loopback:',
            "if not host:",
        ),
        (
            "id-tokens-unless-said-otherwise",
            "A missing variable opens the API to ID tokens.",
            'environment.get("COGNITO_TOKEN_USES", "access")',
            'environment.get("COGNITO_TOKEN_USES", "access,id")',
        ),
        (
            "no-client-needed",
            "A missing variable leaves the function without a list of clients.",
            "if not client_ids or not all(",
            "if not all(",
        ),
        (
            "value-in-the-error",
            "The value of a variable ends up in the log.",
            'raise SettingsError(name, f"match {pattern}")',
            'raise SettingsError(name, f"match {pattern}, got {value}")',
        ),
    ),
]
