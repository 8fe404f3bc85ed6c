"""Addresses that may have an account, in every spelling."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.triggers.events import pre_sign_up
from triggers.pre_sign_up import SignUpRefused, lambda_handler

SOURCES = ["PreSignUp_SignUp", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"]
HOSTILE = {
    "other domain": "ada@example.org",
    "subdomain": "ada@mail.example.com",
    "parent domain": "ada@com",
    "domain as a suffix": "ada@notexample.com",
    "domain as a prefix": "ada@example.com.attacker.example",
    "two at signs": "ada@attacker.example@example.com",
    "two at signs, the listed domain first": "ada@example.com@attacker.example",
    "quoted at sign": '"ada@attacker.example"@example.com',
    "trailing dot": "ada@example.com.",
    "trailing blank": "ada@example.com ",
    "leading blank in the domain": "ada@ example.com",
    "line break": "ada@example.com\n",
    "null": "ada@example.com\0",
    "comma and another address": "ada@example.com,eve@attacker.example",
    "angle brackets": "<ada@example.com>",
    "no person": "@example.com",
    "no domain": "ada@",
    "no at sign": "example.com",
    "empty": "",
    "kelvin sign, which folds to k": "ada@\u212aiosk.example",
    "long s, which folds to s": "ada@kio\u017fk.example",
    "cyrillic a": "ada@ex\u0430mple.com",
    "full width": "ada@\uff45xample.com",
    "full width at sign": "ada\uff20example.com",
    "ideographic full stop": "ada@example\u3002com",
    "soft hyphen": "ada@exam\u00adple.com",
    "zero width space": "ada@example.com\u200b",
    "punycode of a look-alike": "ada@xn--exmple-4uf.com",
    "address literal": "ada@[127.0.0.1]",
    "percent hack to the listed domain": "ada%example.com@attacker.example",
    "a list": ["ada@example.com"],
    "a number": 5,
}


@pytest.fixture(autouse=True)
def domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_UP_EMAIL_DOMAINS", json.dumps(["example.com", "kiosk.example"]))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "email", ["ada@example.com", "Ada.Lovelace+tag@EXAMPLE.com", "ada@Kiosk.Example", "j\u00f6rg@example.com"]
)
def test_listed_domains_pass_and_nothing_is_confirmed(source: str, email: str) -> None:
    """Domains are case-insensitive; the user must still confirm the address."""
    event = pre_sign_up(email, source)
    before = copy.deepcopy(event)

    assert lambda_handler(event, None) == before
    assert before["response"] == {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("email", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_other_address_is_refused(source: str, email: object) -> None:
    """Also for an administrator and for an identity provider: the list is the list."""
    with pytest.raises(SignUpRefused):
        lambda_handler(pre_sign_up(email, source), None)


@pytest.mark.parametrize("source", SOURCES)
def test_user_without_an_address_is_refused(source: str) -> None:
    """A user name says nothing about the domain."""
    with pytest.raises(SignUpRefused):
        lambda_handler(pre_sign_up(None, source), None)


@pytest.mark.parametrize("field", ["clientMetadata", "validationData"])
def test_what_the_client_sends_beside_changes_nothing(field: str) -> None:
    """The caller writes it."""
    sent: dict[str, Any] = {field: {"email": "ada@example.com", "domains": '["attacker.example"]', "admin": "true"}}
    with pytest.raises(SignUpRefused):
        lambda_handler(pre_sign_up("eve@attacker.example", **sent), None)


def test_answer_that_came_filled_in_confirms_nothing() -> None:
    """Whoever could call the function must not get a confirmed user out of it."""
    event = pre_sign_up("ada@example.com")
    event["response"] = {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": True}

    assert set(lambda_handler(event, None)["response"].values()) == {False}


def test_refusal_does_not_say_which_domains_would_do() -> None:
    """Cognito shows the text to the client."""
    with pytest.raises(SignUpRefused) as refused:
        lambda_handler(pre_sign_up("eve@attacker.example"), None)

    assert str(refused.value) == "this email address may not have an account here"


@pytest.mark.parametrize(("email", "reason"), [("eve@attacker.example", "domain_not_listed"), (None, "email_absent")])
def test_log_says_why_and_not_who(capsys: pytest.CaptureFixture[str], email: str | None, reason: str) -> None:
    """Refusals are counted by reason; an address in the log would outlive the refusal."""
    with pytest.raises(SignUpRefused):
        lambda_handler(pre_sign_up(email), None)
    line = json.loads(capsys.readouterr().out)

    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "WARNING", "triggerSource": "PreSignUp_SignUp", "outcome": "refused", "reason": reason}


@pytest.mark.parametrize("value", [None, "", "example.com"])
def test_unreadable_list_refuses_everybody(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """An error of a trigger refuses the user (Cognito: UserLambdaValidationException)."""
    if value is None:
        monkeypatch.delenv("SIGN_UP_EMAIL_DOMAINS")
    else:
        monkeypatch.setenv("SIGN_UP_EMAIL_DOMAINS", value)
    with pytest.raises((KeyError, ValueError)):
        lambda_handler(pre_sign_up("ada@example.com"), None)
