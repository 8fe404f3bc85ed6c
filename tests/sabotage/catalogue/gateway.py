"""The gateway: routes, authorizer, CORS, permission and access log."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

_API = ("tests/components/test_http_api.py",)
_API_TO_PROGRAM = ("tests/components/test_http_api.py", "tests/test_program.py")

SABOTAGES = [
    *all_of(
        "components/http_api.py",
        _API,
        (
            "authorization-type-none",
            "Every route is open at the gateway although its authorizer is still attached.",
            'authorization_type="NONE" if route.public else "JWT",',
            'authorization_type="NONE",',
        ),
        (
            "authorizer-dropped",
            "No route is checked by the gateway any more.",
            "authorizer_id=None if route.public else authorizer.id,",
            "authorizer_id=None,",
        ),
        (
            "audience-empty",
            "An authorizer without an audience admits the tokens of any client of the pool.",
            '"audiences": list(args.audiences)',
            '"audiences": []',
        ),
        (
            "empty-audience-accepted",
            "A program may ask for an authorizer that admits any client's token.",
            "if not self.audiences:",
            "if self.audiences is None:",
        ),
        (
            "issuer-foreign-at-the-gateway",
            "The gateway trusts tokens of a pool that somebody else owns.",
            '{"issuer": args.issuer,',
            '{"issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Foreign00",',
        ),
        (
            "scope-dropped-at-the-gateway",
            "Tokens without the route's scope pass the first layer.",
            "authorization_scopes=list(route.scopes) or None,",
            "authorization_scopes=None,",
        ),
        (
            "token-from-the-query",
            "Tokens travel in addresses, and so in histories and logs.",
            '["$request.header.Authorization"]',
            '["$request.querystring.access_token"]',
        ),
        (
            "permission-for-any-api",
            "Every API of every account can call the function past this API's authorizer.",
            'source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),',
            'source_arn="arn:aws:execute-api:eu-central-1:123456789012:*/*/*",',
        ),
        (
            "permission-without-source",
            "Any API that names this function can call it.",
            '        source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),\n',
            "",
        ),
        (
            "permission-of-another-alias",
            "The gateway may call the function, but not the alias that its routes lead to: every call is a 500.",
            "        qualifier=function.qualifier,\n",
            "",
        ),
        (
            "permission-for-everybody",
            "The function's policy names no service: any AWS account may call it.",
            'principal="apigateway.amazonaws.com",',
            'principal="*",',
        ),
        (
            "cors-any-origin",
            "Every web page may call the API with a token that it got hold of.",
            "allow_origins=list(args.allowed_origins),",
            'allow_origins=["*"],',
        ),
        (
            "cors-credentials",
            "Browsers send cookies along, which a foreign page can make them do.",
            "allow_credentials=args.allow_credentials,",
            "allow_credentials=True,",
        ),
        (
            "default-endpoint-left-on",
            "What the own domain asks for, clients' certificates above all, is not asked for at AWS's own address.",
            "disable_execute_api_endpoint=bool(args.api_domain) and not args.keep_default_endpoint,",
            "disable_execute_api_endpoint=False,",
        ),
        (
            "mutual-tls-with-a-second-door",
            "A program may ask for clients' certificates and leave AWS's own address open.",
            "if self.truststore_uri and (not self.api_domain or self.keep_default_endpoint):",
            "if self.truststore_uri and not self.api_domain:",
        ),
        (
            "detailed-metrics-close-the-api",
            "A route's limits are 0 as soon as it is measured: every call is a 429.",
            "            throttling_burst_limit=route.throttle.burst,\n",
            "",
        ),
        (
            "wildcard-origin-accepted",
            "A program may open the API to every web page.",
            'if any("*" in origin for origin in self.allowed_origins):',
            "if not isinstance(self.allowed_origins, (list, tuple)):",
        ),
        (
            "access-log-holds-the-token",
            "Whoever reads the access log can act as every caller.",
            '    "protocol": "$context.protocol",\n',
            '    "protocol": "$context.protocol",\n    "token": "$request.header.Authorization",\n',
        ),
        (
            "callers-logged-anyway",
            "A stack that promised to keep nothing personal keeps who called, and from where.",
            "**(CALLER_FIELDS if callers else {})",
            "**CALLER_FIELDS",
        ),
        (
            "access-log-dropped",
            "Nobody can say afterwards who called what.",
            (
                "            access_log_settings={\n"
                '                "destination_arn": logs.arn,\n'
                '                "format": access_log_format(callers=args.access_log_callers),\n'
                "            },\n"
            ),
            "",
        ),
        (
            "access-log-never-ends",
            "Callers' addresses and subjects are kept for ever.",
            "            retention_in_days=args.log_retention_days,\n",
            "",
        ),
        (
            "throttle-ignored",
            "One caller can use up the account's concurrency.",
            '"throttling_rate_limit": args.throttle_rate,',
            '"throttling_rate_limit": 10_000,',
        ),
        (
            "throttle-zero-accepted",
            "A program may deploy an API that refuses everybody.",
            "if self.throttle_rate < 1 or self.throttle_burst < 1:",
            "if self.throttle_rate < 0 or self.throttle_burst < 0:",
        ),
    ),
    *all_of(
        "components/http_api.py",
        _API_TO_PROGRAM,
        (
            "default-route-added",
            "What is not declared is not refused: every path reaches the function, unchecked by the gateway.",
            "        for route in routes\n    ]\n\n\ndef _permission(",
            (
                '        for route in routes\n    ] + [aws.apigatewayv2.Route(f"{name}-rest", api_id=api.id, '
                'route_key="$default", opts=opts)]\n\n\ndef _permission('
            ),
        ),
    ),
]
