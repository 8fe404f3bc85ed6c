"""The user pool: its clients, sign-in page, providers, factors, triggers and domain."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

_POOL = ("tests/components/test_auth_pool.py",)

SABOTAGES = [
    *all_of(
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
    *all_of(
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
    *all_of(
        "components/auth_pool.py",
        ("tests/components/test_app_clients.py",),
        (
            "machine-secret-in-plain",
            "Every log of a deployment shows the machine's secret.",
            "each: pulumi.Output.secret(made.client_secret) for",
            "each: pulumi.Output.unsecret(made.client_secret) for",
        ),
    ),
    *all_of(
        "components/custom_attributes.py",
        _POOL,
        (
            "tenant-of-ones-own-choice",
            "Users write themselves into any tenant or plan.",
            "for each in attributes if each.writable)]",
            "for each in attributes)]",
        ),
    ),
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
        "settings/model.py",
        ("tests/test_sign_in_settings.py",),
        (
            "secret-in-plain-accepted",
            "A provider's secret is committed to the repository.",
            "elif is_secret(field) and key not in secrets and values[key] != field.default:",
            "elif is_secret(field) and key in secrets and not key:",
        ),
    ),
    *all_of(
        "settings/problems.py",
        ("tests/test_sign_in_settings.py",),
        (
            "secret-repeated-in-refusal",
            "The log of a refused deployment holds the secret.",
            'value = None if is_secret(field) else detail["input"]',
            'value = detail["input"]',
        ),
    ),
    *all_of(
        "stacks/engine.py",
        ("tests/local/test_other_settings.py",),
        (
            "secret-outputs-in-the-file",
            "The file of outputs that front ends read holds the machines' secrets.",
            "if not rpc.is_rpc_secret(value)}",
            "if key}",
        ),
    ),
    *all_of(
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
