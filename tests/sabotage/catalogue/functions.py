"""The functions: role, environment, package, table, key, and how the program wires them."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import PROGRAM, all_of

_FUNCTION = ("tests/components/test_api_function.py",)

SABOTAGES = [
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
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
    *all_of(
        "settings/model.py",
        ("tests/operations/test_pool_rules.py::TestRefused",),
        (
            "record-of-the-pool-not-asked",
            "One word in a stack's file replaces the pool, and every user is lost.",
            "_secrets(), rules_of(pulumi.get_stack()))",
            "_secrets())",
        ),
    ),
    *all_of(
        "settings/deployed_pool.py",
        ("tests/operations/test_pool_rules.py::TestRefused",),
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
    *all_of(
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
    *all_of(
        "triggers/post_confirmation.py",
        ("tests/triggers/test_post_confirmation.py",),
        (
            "forgotten-password-brings-the-group-back",
            "Who was put out of the group is back in it after resetting the password.",
            'if event["triggerSource"] != _NEW_USER:',
            'if not event["triggerSource"]:',
        ),
    ),
    *all_of(
        "components/bundle.py",
        ("tests/components/test_bundle.py::TestRefused",),
        (
            "package-hashes-unchecked",
            "A swapped wheel on the package index runs in the function.",
            ', "--require-hashes"]',
            "]",
        ),
    ),
    *all_of(
        "__main__.py",
        ("tests/test_program.py::TestDefects::test_package_without_its_dependencies",),
        (
            "package-without-dependencies",
            "The function cannot start, or verifies with whatever it finds.",
            'package=packages["handler"],',
            'package=ROOT / "handler",',
        ),
    ),
    *all_of(
        "__main__.py",
        PROGRAM,
        (
            "deletion-protection-whatever-the-setting",
            "A stack that protects its users does not.",
            "**settings.auth,",
            '**{**settings.auth, "deletion_protection": False},',
        ),
    ),
    *all_of(
        "__main__.py",
        PROGRAM,
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
    *all_of(
        "components/tags.py",
        ("tests/test_tags.py",),
        (
            "tags-for-some-only",
            "Nobody finds whose a resource is, and no rule that goes by tags holds it.",
            'if not args.type_.startswith("aws:") or "tags" not in args.props:',
            'if not args.type_.startswith("aws:lambda") or "tags" not in args.props:',
        ),
        (
            "own-tags-lost",
            "A resource that says something of itself says it no more.",
            "merged = {**tags, **own}",
            "merged = {**own, **tags}",
        ),
    ),
]
