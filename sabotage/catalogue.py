"""The sabotages of the source: what is undone, what that would mean, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """One change of one file. `old` stands there exactly once; `catchers` are what pytest is asked to run.

    `keyword` narrows the catchers as pytest's `-k` does.
    """

    name: str
    risk: str
    file: str
    old: str
    new: str
    catchers: tuple[str, ...]
    keyword: str = ""


_TOKENS = ("tests/handler/test_tokens.py", "tests/handler/test_attack_corpus.py")
_CORPUS = ("tests/handler/test_attack_corpus.py",)
_APP = ("tests/handler/test_app.py", "tests/handler/test_attack_corpus.py")
_ROUTES = ("tests/handler/test_routes.py", "tests/test_program.py")
_BODIES = ("tests/handler/test_bodies.py",)
_NOTES = ("tests/handler/test_notes.py",)
_TABLE_TESTS = ("tests/components/test_item_table.py",)
_FUNCTION_SETTINGS = ("tests/handler/test_settings.py",)
_KEYS = "tests/handler/test_keys.py::"
_MEMBERS = (f"{_KEYS}test_bad_member_is_left_out_and_the_rest_is_used",)
_POOL = ("tests/components/test_auth_pool.py",)
_API = ("tests/components/test_http_api.py",)
_API_TO_PROGRAM = ("tests/components/test_http_api.py", "tests/test_program.py")
_FUNCTION = ("tests/components/test_api_function.py",)
_PROGRAM = ("tests/test_program.py",)
_SETTINGS = ("tests/test_settings.py",)
_POLICIES = ("tests/policies/test_rules.py", "tests/policies/test_judge.py")


def _all(file: str, catchers: tuple[str, ...], *rows: tuple[str, str, str, str], keyword: str = "") -> list[Sabotage]:
    return [
        Sabotage(name=name, risk=risk, file=file, old=old, new=new, catchers=catchers, keyword=keyword)
        for name, risk, old, new in rows
    ]


_GATEWAY = [
    *_all(
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
    *_all(
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

_POOLS = [
    *_all(
        "components/auth_pool.py",
        _POOL,
        (
            "deletion-protection-ignored",
            "One mistaken call deletes every user.",
            'deletion_protection="ACTIVE" if args.deletion_protection else "INACTIVE",',
            'deletion_protection="INACTIVE",',
        ),
        (
            "protect-dropped",
            "A change that replaces the pool goes through, and every user is gone.",
            "protect=args.deletion_protection",
            "protect=False",
        ),
        (
            "sign-up-always-open",
            "Strangers can make accounts in a pool that was meant to be closed.",
            "allow_admin_create_user_only=not args.self_sign_up",
            "allow_admin_create_user_only=False",
        ),
        (
            "short-passwords-accepted",
            "Passwords short enough to guess are allowed.",
            "if not 12 <= self.password_minimum_length <= 99:",
            "if not 6 <= self.password_minimum_length <= 99:",
        ),
        (
            "unverified-email-counts",
            "A user takes over another's address without owning it.",
            '{"attributes_require_verification_before_updates": ["email"]}',
            '{"attributes_require_verification_before_updates": []}',
        ),
        (
            "issuer-by-http",
            "The gateway fetches the keys in plain text, where they can be swapped.",
            'self.issuer = pulumi.Output.concat("https://", pool.endpoint)',
            'self.issuer = pulumi.Output.concat("http://", pool.endpoint)',
        ),
    ),
    *_all(
        "components/app_clients.py",
        ("tests/components/test_app_clients.py",),
        (
            "machine-without-secret",
            "Anybody who reads a client id from a token is the machine.",
            "generate_secret=True,",
            "generate_secret=False,",
        ),
        (
            "machine-signs-people-in",
            "A machine's client is a way in for passwords.",
            'explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],',
            'explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],',
        ),
        (
            "rotation-dropped",
            "A stolen refresh token works as long as its owner's, and nobody notices.",
            "refresh_token_rotation=_rotation(client),",
            "refresh_token_rotation=None,",
        ),
        (
            "machine-without-scopes-accepted",
            "A deployment stops half-way, once the pool is made.",
            'if each.kind == "machine" and not each.scopes:',
            'if each.kind == "robot" and not each.scopes:',
        ),
    ),
    *_all(
        "components/auth_pool.py",
        ("tests/components/test_app_clients.py",),
        (
            "machine-secret-in-plain",
            "Every log of a deployment shows the machine's secret.",
            "each: pulumi.Output.secret(made.client_secret) for",
            "each: pulumi.Output.unsecret(made.client_secret) for",
        ),
    ),
    *_all(
        "components/custom_attributes.py",
        _POOL,
        (
            "tenant-of-ones-own-choice",
            "Users write themselves into any tenant or plan.",
            "for each in attributes if each.writable)]",
            "for each in attributes)]",
        ),
    ),
    *_all(
        "components/identity_providers.py",
        ("tests/components/test_identity_providers.py",),
        (
            "provider-secret-in-plain",
            "The provider's secret stands in the state for everybody to read.",
            '"client_secret": pulumi.Output.secret(secret),',
            '"client_secret": secret,',
        ),
        (
            "provider-secret-in-tracebacks",
            "A traceback of the program prints the provider's secret.",
            "field(default_factory=dict, repr=False)",
            "field(default_factory=dict)",
        ),
        (
            "provider-address-taken-for-verified",
            "An unverified address at another provider opens somebody's account here.",
            '"oidc": {"email": "email", "email_verified": "email_verified",',
            '"oidc": {"email": "email",',
        ),
    ),
    *_all(
        "components/second_factors.py",
        ("tests/components/test_second_factors.py",),
        (
            "second-factor-only-offered",
            "A second factor that is required is not asked for.",
            '"required": "ON"',
            '"required": "OPTIONAL"',
        ),
        (
            "mailbox-is-both-factors",
            "Who reads the mailbox has the password and the second factor.",
            'name = "admin_only" if by_mail else "verified_email"',
            'name = "verified_email"',
        ),
        (
            "passkey-without-its-owner",
            "Who finds a device signs in with its passkey.",
            'passkey_user_verification: Literal["required", "preferred"] = "required"',
            'passkey_user_verification: Literal["required", "preferred"] = "preferred"',
        ),
    ),
    *_all(
        "components/threat_protection.py",
        ("tests/components/test_threat_protection.py",),
        (
            "risk-without-an-answer",
            "A likely takeover of an account is let through.",
            'high_risk_action: RiskAction = "BLOCK"',
            'high_risk_action: RiskAction = "NO_ACTION"',
        ),
        (
            "leaked-passwords-accepted",
            "Passwords that everybody can look up sign in.",
            'compromised_credentials: Literal["BLOCK", "NO_ACTION"] = "BLOCK"',
            'compromised_credentials: Literal["BLOCK", "NO_ACTION"] = "NO_ACTION"',
        ),
    ),
    *_all(
        "settings/sign_in_rules.py",
        ("tests/test_sign_in_settings.py",),
        (
            "production-without-second-factor",
            "In production one leaked password is enough.",
            'if settings.environment == "prod" and settings.second_factors.mfa == "off":',
            'if settings.environment == "production" and settings.second_factors.mfa == "off":',
        ),
        (
            "tier-unchecked",
            "A deployment that needs another tier stops half-way.",
            '    if tier != "PLUS":',
            '    if tier == "NONE":',
        ),
        (
            "scope-of-no-route-accepted",
            "A client asks for a scope that does not exist, and the deployment stops half-way.",
            "            if scope not in known:",
            "            if not scope:",
        ),
    ),
    *_all(
        "settings/model.py",
        ("tests/test_sign_in_settings.py",),
        (
            "secret-in-plain-accepted",
            "A provider's secret is committed to the repository.",
            "elif is_secret(field) and key not in secrets and values[key] != field.default:",
            "elif is_secret(field) and key in secrets and not key:",
        ),
    ),
    *_all(
        "settings/problems.py",
        ("tests/test_sign_in_settings.py",),
        (
            "secret-repeated-in-refusal",
            "The log of a refused deployment holds the secret.",
            'value = None if is_secret(field) else detail["input"]',
            'value = detail["input"]',
        ),
    ),
    *_all(
        "local/engine.py",
        ("tests/local/test_other_settings.py",),
        (
            "secret-outputs-in-the-file",
            "The file of outputs that front ends read holds the machines' secrets.",
            "if not rpc.is_rpc_secret(value)}",
            "if key}",
        ),
    ),
    *_all(
        "components/app_clients.py",
        _POOL,
        (
            "client-secret",
            "A secret that every browser holds is taken for a proof of who calls.",
            "generate_secret=False,",
            "generate_secret=True,",
        ),
        (
            "implicit-flow",
            "Tokens travel in the address bar, and so into histories and referrers.",
            'allowed_oauth_flows=["code"],',
            'allowed_oauth_flows=["code", "implicit"],',
        ),
        (
            "password-flow-always",
            "Every front end may collect passwords and send them in plain.",
            "if people.password_sign_in:",
            "if people:",
        ),
        (
            "user-existence-told",
            "Strangers can find out who has an account.",
            '"prevent_user_existence_errors": "ENABLED",',
            '"prevent_user_existence_errors": "LEGACY",',
        ),
        (
            "revocation-off",
            "A stolen refresh token cannot be withdrawn.",
            '"enable_token_revocation": True,',
            '"enable_token_revocation": False,',
        ),
        (
            "lifetimes-without-units",
            "Access tokens of 15 minutes live for 15 hours.",
            '"token_validity_units": {"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},',
            '"token_validity_units": {"refresh_token": "days"},',
        ),
        (
            "administration-scope",
            "A stolen access token can change the user's own address and password.",
            'allowed_oauth_scopes=["openid", "email", "profile",',
            'allowed_oauth_scopes=["openid", "email", "profile", "aws.cognito.signin.user.admin",',
        ),
    ),
]

_FUNCTIONS = [
    *_all(
        "components/api_function.py",
        _FUNCTION,
        (
            "reserved-variables-accepted",
            "A program may set what Lambda reserves, and fails half-way through a deployment.",
            "        if reserved:\n",
            "        if len(reserved) > len(self.environment):\n",
        ),
        (
            "log-never-ends",
            "The function's log is kept for ever.",
            "retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=child",
            "kms_key_id=args.kms_key_arn, opts=child",
        ),
        (
            "alias-passed-by",
            "Callers reach whatever was deployed last, and a release shifts traffic that nobody sends.",
            "alias.invoke_arn if alias else function.invoke_arn",
            "function.invoke_arn",
        ),
        (
            "deployment-undoes-a-release",
            "The next deployment takes all traffic at once, while a release is moving it by weight.",
            '["function_version", "routing_config"] if args.shift_traffic else None',
            "None",
        ),
    ),
    *_all(
        "components/execution_role.py",
        _FUNCTION,
        (
            "role-may-do-everything",
            "A flaw in the function is a flaw in the whole account.",
            '"Action": ["logs:CreateLogStream", "logs:PutLogEvents"],',
            '"Action": "*",',
        ),
        (
            "role-writes-every-log",
            "The function can forge the logs of every other one.",
            '"Resource": pulumi.Output.concat(log_arn, ":*"),',
            '"Resource": "*",',
        ),
        (
            "role-for-everybody",
            "Any AWS account can take on the function's role.",
            '"Principal": {"Service": "lambda.amazonaws.com"}',
            '"Principal": {"AWS": "*"}',
        ),
        (
            "secret-policy-wide",
            "The function may read every secret of the account.",
            'arn.beside(own_arn, "secretsmanager", f"secret:{each}-??????")',
            'arn.beside(own_arn, "secretsmanager", "secret:*")',
        ),
        (
            "secret-policy-open-ended",
            "The function may read the secrets whose names begin like its own.",
            'f"secret:{each}-??????"',
            'f"secret:{each}-*"',
        ),
        (
            "parameter-policy-wide",
            "The function may read every parameter of the account.",
            'arn.beside(own_arn, "ssm", f"parameter{each}")',
            'arn.beside(own_arn, "ssm", "parameter/*")',
        ),
        (
            "function-rewires-the-network",
            "Whoever takes over the function's code can make and move network interfaces.",
            '"Effect": "Deny",',
            '"Effect": "Allow",',
        ),
        (
            "network-policy-wide",
            "The role may change the network interfaces of every region.",
            '"Resource": arn.beside(own_arn, "ec2", "*/*"),',
            '"Resource": "*",',
        ),
    ),
    *_all(
        "components/encryption.py",
        ("tests/components/test_encryption.py",),
        (
            "key-policy-wide",
            "Log groups of every account may be encrypted, and read, with the stack's key.",
            'arn.beside(key_arn, "logs", "log-group:*")',
            '"arn:aws:logs:*:*:log-group:*"',
        ),
        (
            "key-never-rotates",
            "A key that leaked once is good for ever.",
            "enable_key_rotation=True,",
            "enable_key_rotation=False,",
        ),
        (
            "key-policy-too-late",
            "Log groups are made before CloudWatch may encrypt them, and are refused.",
            "pulumi.Output.all(key.arn, policy.id)[0]",
            "key.arn",
        ),
    ),
    *_all(
        "components/api_domain.py",
        ("tests/components/test_api_domain.py",),
        (
            "old-tls-accepted",
            "Connections that can be read on the way are accepted.",
            '"security_policy": "TLS_1_2",',
            '"security_policy": "TLS_1_0",',
        ),
        (
            "clients-need-no-certificate",
            "Machines without a certificate reach an API that is meant for those with one.",
            "mutual_tls_authentication=_mutual_tls(args),",
            "mutual_tls_authentication=None,",
        ),
    ),
    *_all(
        "components/api_function.py",
        ("tests/components/test_api_function.py::TestRole::test_the_policy_is_the_roles_only_one",),
        (
            "managed-policy-attached",
            "The function is an administrator of the account.",
            "        function = aws.lambda_.Function(\n",
            (
                '        aws.iam.RolePolicyAttachment(f"{name}-more", role=role.name, '
                'policy_arn="arn:aws:iam::aws:policy/AdministratorAccess", opts=child)\n'
                "        function = aws.lambda_.Function(\n"
            ),
        ),
    ),
    *_all(
        "components/pool_triggers.py",
        ("tests/components/test_pool_triggers.py",),
        (
            "trigger-logs-without-the-key",
            "Who signs up, and why not, is read by whoever reads the account's logs.",
            "retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=opts",
            "retention_in_days=args.log_retention_days, opts=opts",
        ),
        (
            "trigger-without-source",
            "Anybody's user pool can call the trigger, and is answered as if it were this one.",
            "            source_arn=pool.arn,  # without it, anybody's pool could call the function\n",
            "",
        ),
        (
            "trigger-rights-on-every-pool",
            "The trigger can make anybody an administrator of any pool of the account.",
            '{**actions, "Resource": pool.arn}',
            '{**actions, "Resource": "*"}',
        ),
    ),
    *_all(
        "triggers/pre_token_generation.py",
        ("tests/triggers/test_pre_token_generation.py",),
        (
            "scopes-without-the-group",
            "Every user's token holds the scopes of every group.",
            "for group in groups for scope",
            "for group in group_scopes for scope",
        ),
        (
            "scopes-that-no-client-asked-for",
            "An app client that asks for less on the sign-in page gets more, because of who signs in.",
            "        return []\n",
            "        pass\n",
        ),
        (
            "groups-suppressed",
            "Cognito takes the groups out of the token, and their users lose their routes.",
            '                "groupOverrideDetails": request["groupConfiguration"],\n',
            "",
        ),
    ),
    *_all(
        "settings/model.py",
        ("tests/pools/test_rules.py::TestRefused",),
        (
            "record-of-the-pool-not-asked",
            "One word in a stack's file replaces the pool, and every user is lost.",
            "_secrets(), rules_of(pulumi.get_stack()))",
            "_secrets())",
        ),
    ),
    *_all(
        "settings/deployed_pool.py",
        ("tests/pools/test_rules.py::TestRefused",),
        (
            "record-that-is-broken-lets-all-pass",
            "A conflict marker in the record opens the way to replacing the pool.",
            "        return (partial(_unreadable, stack, place),)\n",
            "        return ()\n",
        ),
        (
            "stack-may-move-to-another-region",
            "Everything is made anew elsewhere, without its users.",
            "if settings.region != deployed.region:",
            "if settings.region < deployed.user_pool_id[:0]:",
        ),
        (
            "users-may-be-named-anew",
            "The pool is replaced for the new way of naming its users, who are gone.",
            "if there == _naming(email_as_username=not is_wanted):",
            "if not there:",
        ),
        (
            "attributes-may-be-removed",
            "The deployment fails half-way, and the next idea is to make the pool anew.",
            "if wanted.get(name) != there:",
            "if wanted.get(name, there) != there:",
        ),
    ),
    *_all(
        "triggers/pre_sign_up.py",
        ("tests/triggers/test_pre_sign_up.py",),
        (
            "sign-up-from-any-subdomain",
            "Whoever can make a look-alike domain can have an account.",
            "domain.lower() in set(domains)",
            "domain.lower().endswith(tuple(domains))",
        ),
        (
            "sign-up-with-two-addresses",
            "The check reads one address and the mail goes to another.",
            'email.partition("@")',
            'email.rpartition("@")',
        ),
        (
            "sign-up-confirmed-unproven",
            "Anybody has an account under somebody else's address.",
            '{"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}',
            '{"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": False}',
        ),
    ),
    *_all(
        "triggers/post_confirmation.py",
        ("tests/triggers/test_post_confirmation.py",),
        (
            "forgotten-password-brings-the-group-back",
            "Who was put out of the group is back in it after resetting the password.",
            'if event["triggerSource"] != _NEW_USER:',
            'if not event["triggerSource"]:',
        ),
    ),
    *_all(
        "components/bundle.py",
        ("tests/components/test_bundle.py::TestRefused",),
        (
            "package-hashes-unchecked",
            "A swapped wheel on the package index runs in the function.",
            ', "--require-hashes"]',
            "]",
        ),
    ),
    *_all(
        "__main__.py",
        ("tests/test_program.py::TestDefects::test_package_without_its_dependencies",),
        (
            "package-without-dependencies",
            "The function cannot start, or verifies with whatever it finds.",
            'package=packages["handler"],',
            'package=ROOT / "handler",',
        ),
    ),
    *_all(
        "__main__.py",
        _PROGRAM,
        (
            "deletion-protection-whatever-the-setting",
            "A stack that protects its users does not.",
            "**settings.auth,",
            '**{**settings.auth, "deletion_protection": False},',
        ),
    ),
    *_all(
        "__main__.py",
        _PROGRAM,
        (
            "audience-foreign",
            "The gateway asks for tokens of a client that is not this stack's.",
            '"audiences": auth.audiences,',
            '"audiences": ["0foreignclient0"],',
        ),
        (
            "issuer-foreign",
            "The gateway trusts a pool that is not this stack's.",
            '"issuer": auth.issuer,',
            '"issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Foreign00",',
        ),
        (
            "function-takes-id-tokens",
            "ID tokens, made for the front end alone, open the API.",
            '"access,id" if settings.accept_id_tokens else "access"',
            '"access,id"',
        ),
        (
            "function-serves-any-client",
            "The function's list of clients is not this stack's.",
            '"COGNITO_CLIENT_IDS": auth.client_list,',
            '"COGNITO_CLIENT_IDS": "0foreignclient0",',
        ),
        (
            "reserved-variable-set",
            "Lambda refuses the function after half of the stack is made.",
            "            **settings.log_environment,\n",
            '            **settings.log_environment,\n            "AWS_REGION": settings.region,\n',
        ),
        (
            "password-sign-in-whatever-the-setting",
            "A stack that forbids plain passwords allows them.",
            "**settings.auth,",
            '**{**settings.auth, "password_sign_in": True},',
        ),
    ),
]

_SETTING = [
    *_all(
        "settings/values.py",
        _SETTINGS,
        (
            "short-salt-accepted",
            "The salt is found by trying, and with it every subject of the log.",
            "([!-~]{32,256})?",
            "[!-~]{0,256}",
        ),
        (
            "plain-http-callback",
            "Sign-in codes travel in plain text.",
            'if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):',
            'if parts.scheme not in {"https", "http"}:',
        ),
        (
            "wildcard-address",
            "Sign-in codes go to, and calls come from, any host that fits a pattern.",
            r'r"[*#\s]"',
            r'r"[#\s]"',
        ),
        (
            "address-with-a-user",
            "An address that looks like the front end's leads elsewhere.",
            " or parts.username is not None:",
            ":",
        ),
        (
            "origin-with-a-path",
            "An origin that no browser sends is deployed, and someone opens it wider in a hurry.",
            'if value != f"{parts.scheme}://{parts.netloc}".lower() or value.endswith(":"):',
            'if value.endswith(":"):',
        ),
    ),
    *_all(
        "settings/model.py",
        _SETTINGS,
        (
            "unknown-setting-ignored",
            "A mistyped protection is silently not there.",
            "problems = [unknown(key) for key in sorted(values.keys() - PLACES.keys())]",
            "problems: list[Problem] = []",
        ),
        (
            "id-tokens-by-default",
            "Who says nothing has an API that ID tokens open.",
            """    accept_id_tokens: bool = Field(
        default=False,""",
            """    accept_id_tokens: bool = Field(
        default=True,""",
        ),
        (
            "lenient-by-default",
            "Who says nothing has production without production's rules.",
            'default="prod"',
            'default="dev"',
        ),
    ),
    *_all(
        "settings/production.py",
        _SETTINGS,
        (
            "localhost-in-production",
            "A page of somebody's own machine signs production's users in.",
            'if settings.environment == "prod" and not address.startswith("https://"):',
            'if settings.environment == "prod" and not address.startswith("http"):',
        ),
        (
            "password-sign-in-in-production",
            "Production's clients may send passwords, so that anybody may try them.",
            'if settings.environment == "prod" and settings.sign_in.password_sign_in:',
            'if settings.environment == "dev" and settings.sign_in.password_sign_in:',
        ),
        (
            "deletable-users-in-production",
            "Production's user pool may be deleted with everybody in it.",
            'if settings.environment == "prod" and not settings.sign_in.deletion_protection:',
            'if settings.environment == "dev" and not settings.sign_in.deletion_protection:',
        ),
        (
            "short-logs-in-production",
            "Production forgets what happened before a break-in is found.",
            'if settings.environment == "prod" and settings.log_retention_days < 90:',
            'if settings.environment == "prod" and settings.log_retention_days < 9:',
        ),
    ),
    *_all(
        "policies/judge.py",
        _POLICIES,
        (
            "policy-suppressed-for-all",
            "An exception for one resource waves every resource through.",
            "if each.rule == rule.id and fnmatchcase(violation.resource, each.resource)",
            "if each.rule == rule.id",
        ),
        (
            "policy-suppression-unused",
            "An exception that nobody needs any more waves the next violation through.",
            "        if each not in used:",
            "        if each not in used and each in used:",
        ),
        (
            "policy-misspelled",
            "A misspelled exception is believed to hold.",
            "        if each.rule not in ids:",
            "        if each.rule not in ids and not each.rule:",
        ),
    ),
    *_all(
        "policies/rule.py",
        _POLICIES,
        (
            "policies-advise-production",
            "A deployment to production goes on whatever the rules say.",
            'MANDATORY = frozenset({"staging", "prod"})',
            'MANDATORY = frozenset({"staging"})',
        ),
        (
            "policies-take-one-for-true",
            "A number in the place of a switch counts as switched on.",
            "value == each and type(value) is type(each)",
            "value == each",
        ),
    ),
    *_all(
        "policies/rules/permissions.py",
        _POLICIES,
        (
            "policy-blind-to-wide-resources",
            "A role may touch every resource of the account, and no rule notices.",
            '    return not re.search(r"[*?]", named) and named not in {"", *_KINDS}',
            '    return named not in {"", *_KINDS}',
        ),
        (
            "policy-blind-to-wide-actions",
            "A role may do everything to its resource, and no rule notices.",
            'if "*" in action or "?" in action',
            'if "?" in action',
        ),
    ),
    *_all(
        "policies/rules/functions.py",
        _POLICIES,
        (
            "policy-blind-to-secrets",
            "A password stands in a function's environment, and no rule notices.",
            "if text and (named or _SECRET_VALUE.search(text)):",
            "if text and _SECRET_VALUE.search(text):",
        ),
    ),
    *_all(
        "settings/sign_in.py",
        _SETTINGS,
        (
            "short-passwords-configurable",
            "A stack may allow passwords short enough to guess.",
            "ge=12,",
            "ge=6,",
        ),
        (
            "unprotected-by-default",
            "Who says nothing loses the users with one mistaken call.",
            """    deletion_protection: bool = Field(
        default=True,""",
            """    deletion_protection: bool = Field(
        default=False,""",
        ),
        (
            "tokens-for-a-day-by-default",
            "A stolen token is good for a day.",
            "default=15,",
            "default=1440,",
        ),
    ),
]

_TABLE = _all(
    "handler/routes.py",
    _ROUTES,
    (
        "route-made-public",
        "Anybody may call what was for signed-in users.",
        'summary="Greets the signed-in user", response=Greeting),',
        'summary="Greets the signed-in user", response=Greeting, public=True),',
    ),
    (
        "group-dropped-from-the-table",
        "Every user is an administrator.",
        'summary="Greets an administrator", response=Greeting, groups=("admin",)),',
        'summary="Greets an administrator", response=Greeting),',
    ),
    (
        "scope-dropped-from-the-table",
        "Every token reads the reports.",
        'summary="Lists reports", response=Reports, scopes=("api/reports.read",)),',
        'summary="Lists reports", response=Reports),',
    ),
    (
        "any-method-accepted",
        "A route answers to methods that nobody thought of.",
        'r"(GET|POST|PUT|PATCH|DELETE|HEAD) /',
        'r"(ANY|GET|POST|PUT|PATCH|DELETE|HEAD) /',
    ),
    (
        "zero-throttle-in-the-table",
        "A route refuses everybody.",
        "if self.rate <= 0 or self.burst <= 0:",
        "if self.rate < 0 or self.burst < 0:",
    ),
)

_TOKEN = _all(
    "handler/tokens.py",
    _TOKENS,
    (
        "signature-unchecked",
        "Anybody writes a token for anybody.",
        'if not _RS256.verify(f"{header}.{payload}".encode(), key, proof):',
        "if not proof:",
    ),
    (
        "issuer-after-the-times",
        "A token of another pool counts as an old one, and whoever watches the reasons sees nothing.",
        (
            '        if claims.get("iss") != self._issuer:\n'
            "            raise IssuerMismatch\n"
            "        _check_times(claims, now)\n"
        ),
        (
            "        _check_times(claims, now)\n"
            '        if claims.get("iss") != self._issuer:\n'
            "            raise IssuerMismatch\n"
        ),
    ),
    (
        "every-header-remembered",
        "Whoever sends headers without end fills the function's memory.",
        "@lru_cache(maxsize=16)",
        "@lru_cache(maxsize=None)",
    ),
    (
        "issuer-unchecked",
        "A token of a pool that an attacker owns is as good as ours.",
        'if claims.get("iss") != self._issuer:',
        'if not isinstance(claims.get("iss"), str):',
    ),
    (
        "token-use-unchecked",
        "An ID token, made for the front end, opens the API.",
        "if not isinstance(token_use, str) or token_use not in self._token_uses:",
        "if not isinstance(token_use, str):",
    ),
    (
        "client-unchecked",
        "A token that another app client got opens this API.",
        "if not isinstance(value, str) or value not in self._client_ids:",
        "if not isinstance(value, str):",
    ),
    (
        "bound-audience-unchecked",
        "A token bound to another resource opens this API.",
        'self._client(claims["aud"])',
        'str(claims["aud"])',
    ),
    (
        "algorithm-unchecked",
        "The attacker chooses how the token is verified.",
        'if header.get("alg") != "RS256" or not isinstance(key_id, str)',
        "if not isinstance(key_id, str)",
    ),
    (
        "rs512-accepted",
        "The list of algorithms grows beyond what Cognito signs with.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "RS512") or not',
    ),
    (
        "hs256-accepted",
        "The public key can be taken for a shared secret.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "HS256") or not',
    ),
    (
        "alg-none-accepted",
        "A token that says it has no signature passes the header check.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "none") or not',
    ),
    (
        "expiry-ignored",
        "A token that was stolen once works for ever.",
        "if expires <= now:",
        "if expires <= 0:",
    ),
    (
        "leeway-added",
        "The function admits what the gateway refuses.",
        "if expires <= now:",
        "if expires <= now - 60:",
    ),
    (
        "issue-time-ignored",
        "A token from the future is good before its time.",
        "if issued > now:",
        "if issued > expires:",
    ),
    (
        "not-before-ignored",
        "A token is good before it says so.",
        'if claims["nbf"] > now:',
        'if claims["nbf"] > expires:',
    ),
    (
        "lifetime-unbounded",
        "A token for years is taken for Cognito's.",
        "if expires - issued > LIFETIME_MOST:",
        "if expires < issued:",
    ),
    (
        "spare-bits-accepted",
        "One token has many spellings and passes a deny list.",
        "if not segment or (rest and segment[-1] not in _LAST[rest]):",
        "if not segment or rest == 1:",
    ),
    (
        "duplicate-members-accepted",
        "Two parsers read two different tokens.",
        "if len(members) != len(pairs):",
        "if len(members) > len(pairs):",
    ),
    (
        "nan-accepted",
        "What is not JSON is read, and NaN compares false with every limit.",
        ", parse_constant=_no_constant",
        "",
    ),
    (
        "header-members-unchecked",
        "`crit`, `jku` and `jwk`, which say how to verify, are ignored instead of refused.",
        "if not header.keys() <= _HEADER_MEMBERS:",
        "if not header:",
    ),
    (
        "jku-accepted",
        "A token may name the address of its own key.",
        'frozenset({"alg", "kid", "typ"})',
        'frozenset({"alg", "kid", "typ", "jku"})',
    ),
    (
        "typ-unchecked",
        "A token of another kind, such as a logout token, is taken for an access token.",
        'if "typ" in header and not (isinstance(header["typ"], str) and header["typ"] in _TYPES):',
        'if "typ" in header and not header["typ"]:',
    ),
    (
        "scopes-split-anywhere",
        "A tab in one scope's name makes another scope of it.",
        'scope.split(" ")',
        "scope.split()",
    ),
    (
        "groups-from-text",
        "A text that a user may choose is read as the list of groups.",
        "if not isinstance(groups, list) or not {",
        (
            'groups = groups.strip("[]").split() if isinstance(groups, str) else groups\n'
            "    if not isinstance(groups, list) or not {"
        ),
    ),
    (
        "length-unbounded",
        "A caller chooses how much the function parses.",
        "if len(token) > TOKEN_LIMIT:",
        "if not token:",
    ),
)

_EDGE = [
    *_all(
        "handler/app.py",
        _APP,
        (
            "context-believed",
            "Who reaches the function past the gateway says who he is.",
            'caller = current_service().verifier.verify(_bearer_token(event.get("headers")), time.time())',
            (
                'said = jwt["claims"]\n'
                '    caller = Caller(str(said.get("sub")), said.get("username"), str(said.get("client_id")), '
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
            'level = "WARNING" if "cause" in more else "INFO"\n',
            ('level = "WARNING" if "cause" in more else "INFO"\n    more["headers"] = str(event.get("headers"))\n'),
        ),
        (
            "exception-logged",
            "An exception's text may hold a token or a key.",
            'return {"errorType": type(error).__name__, "errorPlace": place}',
            'return {"errorType": type(error).__name__, "errorPlace": place, "error": str(error)}',
        ),
        (
            "exception-in-the-body",
            "Strangers read what the function is made of.",
            'body = {"message": refused.message,',
            'body = {"message": str(error or refused.message),',
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
    *_all(
        "handler/app.py",
        _BODIES,
        (
            "body-before-the-right",
            "Strangers learn what a route takes, and have the function parse for them.",
            "        caller = None if route.public else _authorised(route, event)\n",
            "        _body(route, event)\n        caller = None if route.public else _authorised(route, event)\n",
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
    *_all(
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
            "repeated-members-accepted",
            "Two parsers read two different bodies, and only one of them was checked.",
            "if len(members) != len(pairs):",
            "if len(members) > len(pairs):",
        ),
        (
            "nan-in-a-body",
            "A number that no JSON can hold gets into the store and breaks whoever reads it.",
            "    raise BodyMalformed  # NaN and Infinity are Python's, not JSON's",
            "    return float(_)",
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
    *_all(
        "handler/tokens.py",
        ("tests/handler/test_properties.py",),
        (
            "one-spare-bit-accepted",
            "A token has a second spelling, which no example happens to have.",
            '2: "AQgw"',
            '2: "AQgwCSiy"',
        ),
    ),
    *_all(
        "handler/routes.py",
        ("tests/handler/test_app.py", "tests/handler/test_properties.py"),
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
    *_all(
        "handler/routes.py",
        _NOTES,
        (
            "owner-by-name",
            "Who gets the name of a user that is gone gets his notes.",
            'return {"notes": notes.newest(request.user.sub)}',
            'return {"notes": notes.newest(request.user.name)}',
        ),
        (
            "owner-from-the-context",
            "Who reaches the function past the gateway reads anybody's notes.",
            'return {"notes": notes.newest(request.user.sub)}',
            'return {"notes": notes.newest(request.event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"])}',
        ),
        (
            "one-owner-for-all",
            "Every user reads every user's notes.",
            "return notes.add(request.user.sub, request.body)",
            "return notes.add(request.user.client_id, request.body)",
        ),
    ),
    *_all(
        "handler/notes.py",
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
    *_all(
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
    *_all(
        "__main__.py",
        _PROGRAM,
        (
            "role-widened-to-scan",
            "A fault in the function reads every user's notes at once.",
            'notes.grant("PutItem", "Query")',
            'notes.grant("PutItem", "Query", "Scan")',
        ),
    ),
    *_all(
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
            'raise SettingsError(name, f"match {pattern.pattern}")',
            'raise SettingsError(name, f"match {pattern.pattern}, got {value}")',
        ),
    ),
]


def _key(name: str, risk: str, old: str, new: str, *catchers: str, keyword: str = "") -> Sabotage:
    nodes = tuple(_KEYS + test for test in catchers)
    return Sabotage(
        name=name, risk=risk, file="handler/keys.py", old=old, new=new, catchers=nodes or _MEMBERS, keyword=keyword
    )


_KEY_SET = [
    _key(
        "weak-key-accepted",
        "A key that can be factored signs for anybody.",
        "key.key_size < 2048",
        "key.key_size < 512",
    ),
    _key(
        "weak-exponent-accepted",
        "A key with exponent 1 or 3 makes forging easy.",
        'and jwk.get("e") == "AQAB"',
        'and isinstance(jwk.get("e"), str)',
    ),
    _key(
        "guessable-key-accepted",
        "A key of a flawed generator signs for anybody who reads it.",
        "return None if _is_guessable(key.public_numbers().n) else key",
        "return key",
    ),
    _key(
        "encryption-key-accepted",
        "A key that was made for something else verifies tokens.",
        '        and jwk.get("use", "sig") == "sig"\n',
        "",
    ),
    _key(
        "duplicate-key-id-accepted",
        "Whoever gets a second key of the same id into the set decides which one counts.",
        ' and ids.count(jwk["kid"]) == 1',
        "",
        "test_key_id_that_stands_twice_is_left_out",
    ),
    _key(
        "redirects-followed",
        "An open redirect at the key endpoint hands out an attacker's keys.",
        "        if response.status != 200:\n",
        (
            "        if 300 <= response.status < 400:\n"
            '            return fetch_within_deadline(response.getheader("Location", ""))\n'
            "        if response.status != 200:\n"
        ),
        "test_redirect_is_never_followed",
    ),
    _key(
        "status-ignored",
        "The body of an error is taken for the key set.",
        "if response.status != 200:",
        "if response.status >= 600:",
        "test_cold_fault_is_unavailable_in_time_once_and_never_cached",
        keyword="J03",
    ),
    _key(
        "answer-unbounded",
        "An endless answer takes all of the function's memory.",
        "ANSWER_LIMIT = 2 * BODY_LIMIT",
        "ANSWER_LIMIT = 2**40",
        "test_memory_is_bounded",
    ),
    _key(
        "body-unbounded",
        "A huge key set takes all of the function's memory.",
        "BODY_LIMIT = 65_536",
        "BODY_LIMIT = 2**30",
        "test_memory_is_bounded",
    ),
    _key(
        "tls-unverified",
        "Whoever is on the way hands out keys.",
        "ssl.create_default_context()",
        "ssl._create_unverified_context()",
        "test_cold_fault_is_unavailable_in_time_once_and_never_cached",
        keyword="J11",
    ),
    _key(
        "keys-believed-for-ever",
        "A key that the pool has withdrawn still verifies.",
        "HARD_AGE = 7_200",
        "HARD_AGE = 10**9",
        "test_j08_stale_key_is_not_believed_beyond_the_hard_age",
        "test_limits_are_within_what_the_gateway_does",
    ),
    _key(
        "keys-never-read-again",
        "A withdrawn key is good until the hard age.",
        "if key is not None and 0 <= age < SOFT_AGE:",
        "if key is not None and 0 <= age < HARD_AGE:",
        "test_j08_old_key_is_gone_with_the_next_routine_refresh",
        "test_j08_routine_refresh_is_one_fetch",
    ),
    _key(
        "cooldown-gone",
        "A flood of made-up key ids becomes a flood of fetches.",
        "COOLDOWN = 10",
        "COOLDOWN = 0",
        "test_j08_flood_of_unknown_ids_costs_one_fetch_per_cooldown",
    ),
    _key(
        "deadline-gone",
        "A slow key endpoint keeps the function waiting until it is killed.",
        "DEADLINE = 1.5",
        "DEADLINE = 60",
        "test_limits_are_within_what_the_gateway_does",
    ),
]

_CONTRACT = [
    *_all(
        "contract/outputs.py",
        ("tests/contract/test_outputs.py",),
        (
            "contract-without-allow-list",
            "An output for operators, a client's secret among them, stops the contract or stands in a page's source.",
            'if isinstance(value, Mapping) and "properties" in shape:',
            "if False:",
        ),
        (
            "contract-takes-marked-secrets",
            "What the stack marks as a secret goes to front ends as a value like any other.",
            "if path[-1] == _SECRET or _SECRET_MARK in path:",
            "if path[-1] == _SECRET:",
        ),
    ),
    *_all(
        "contract/files.py",
        ("tests/contract/test_outputs.py",),
        (
            "contract-without-last-look",
            "The value of a secret output goes to front ends where it was put in a public one's place.",
            "_SECRET_SHAPES.search(text) or any(secret in text for secret in known)",
            "_SECRET_SHAPES.search(text)",
        ),
    ),
    *_all(
        "contract/openapi.py",
        ("tests/contract/test_openapi.py",),
        (
            "openapi-asks-for-all-scopes",
            "Generated clients ask for every scope of a route, where one is enough.",
            'each = [[scope] for scope in route["scopes"]] or [[]]',
            'each = [list(route["scopes"])]',
        ),
    ),
    *_all(
        "contract/changes.py",
        ("tests/contract/test_changes.py",),
        (
            "scope-added-breaks-nobody",
            "A route that asks for a scope now goes out as an addition, and signed-in users meet 403.",
            'yield _break(f"{key} asks for {what} {any_of(new)} now")',
            'yield _addition(f"{key} asks for {what} {any_of(new)} now")',
        ),
        (
            "field-required-breaks-nobody",
            "A body that was whole yesterday is refused, and no version says so.",
            'yield self._break(place, "must be given now") if now',
            'yield self._addition(place, "must be given now") if now',
        ),
    ),
]

_WATCH = [
    *_all(
        "components/watch/alarms.py",
        ("tests/components/test_monitoring.py",),
        (
            "triggers-unwatched",
            "A trigger fails, nobody can sign in, and nobody is told.",
            "called = {**watched.functions, **watched.triggers}",
            "called = watched.functions",
        ),
    ),
    *_all(
        "components/metric_alarms.py",
        ("tests/components/test_monitoring.py",),
        (
            "alarm-tells-nobody",
            "Every alarm is seen by whoever happens to look, and wakes nobody.",
            "alarm_actions=tell,",
            "alarm_actions=[],",
        ),
    ),
    *_all(
        "components/watch/metrics.py",
        ("tests/monitoring/test_filters.py",),
        (
            "refusals-counted-by-another-field",
            "No refusal is counted, so the alarm on a lost authorizer never begins.",
            """pattern='{ $.reason = "*" }',""",
            """pattern='{ $.refusal = "*" }',""",
        ),
    ),
]

SABOTAGES: tuple[Sabotage, ...] = (
    *_GATEWAY,
    *_POOLS,
    *_FUNCTIONS,
    *_SETTING,
    *_TABLE,
    *_TOKEN,
    *_EDGE,
    *_KEY_SET,
    *_CONTRACT,
    *_WATCH,
)
