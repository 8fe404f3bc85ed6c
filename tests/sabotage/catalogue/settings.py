"""The settings and their rules, and the policies that hold the stacks."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

_SETTINGS = ("tests/test_settings.py",)
_POLICIES = ("tests/policies/test_rules.py", "tests/policies/test_judge.py")

SABOTAGES = [
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
        "policies/rules/functions.py",
        _POLICIES,
        (
            "policy-blind-to-secrets",
            "A password stands in a function's environment, and no rule notices.",
            "if text and (named or _SECRET_VALUE.search(text)):",
            "if text and _SECRET_VALUE.search(text):",
        ),
    ),
    *all_of(
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
