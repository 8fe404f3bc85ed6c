"""`api.ts`: the stack as constants and a type for every body, for `tsc --strict`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract.environment import variables

_HEAD = """// Written by `python -m contract` from the outputs of a stack and its route table; do not edit.
"""
_NUMBERS = {"integer", "number"}


def module(contract: Mapping[str, Any]) -> str:
    """Return the module: `config`, `routes`, an interface for each body, and `Routes`, from key to types."""
    parts = [
        _HEAD,
        f"export const config = {_constant(_config(contract))} as const;\n",
        f"export const routes = {_constant(_routes(contract))} as const;\n",
        *[_interface(name, schema) for name, schema in contract["schemas"].items()],
        "export interface Routes {",
        *[_signature(route) for route in contract["routes"]],
        "}\n",
        "export type RouteKey = keyof Routes;\n",
        _FAILURE,
    ]
    return "\n".join(parts)


_FAILURE = """/** The body of a failure. After a refused value, `in` and `field` say where it is, `rule` its rule. */
export interface Failure {
  message: string;
  requestId?: string;
  in?: "body" | "path" | "query" | "header";
  field?: string;
  rule?: string;
  code?: undefined;
}

/** The body of a failure that a route declares: `code` tells which. */
export interface RouteFailure<Code extends string> {
  message: string;
  requestId: string;
  code: Code;
}
"""


def _config(contract: Mapping[str, Any]) -> dict[str, Any]:
    sign_in = contract["outputs"]["signIn"]
    named = {_camel(name): value for name, value in variables(contract).items()}
    return {
        **named,
        "scopes": sign_in["scopes"],
        "callbackUrls": sign_in["callbackUrls"],
        "logoutUrls": sign_in["logoutUrls"],
        "signInWith": sign_in["signInWith"],
        "selfSignUp": sign_in["selfSignUp"],
        "passwordPolicy": sign_in["passwordPolicy"],
        "identityProviders": sign_in["identityProviders"],
        "firstFactors": sign_in["firstFactors"],
        "passkeys": sign_in["passkeys"],
        "mfa": sign_in["mfa"],
        "mfaMethods": sign_in["mfaMethods"],
        "groups": sign_in["groups"],
        "endpoints": contract["endpoints"],
    }


def _routes(contract: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("method", "path", "summary", "who", "public", "scopes", "groups", "status", "errors")
    return {route["key"]: {name: route[name] for name in shown} for route in contract["routes"]}


def _signature(route: Mapping[str, Any]) -> str:
    types = {place: _parameters(route, place) for place in ("path", "query", "header")}
    types |= {name: _type(route[name]) if route[name] else "undefined" for name in ("request", "response")}
    types["error"] = " | ".join(["Failure", *(f"RouteFailure<{json.dumps(each['code'])}>" for each in route["errors"])])
    return f"  {json.dumps(route['key'])}: {{ {'; '.join(f'{name}: {type_}' for name, type_ in types.items())} }};"


def _parameters(route: Mapping[str, Any], place: str) -> str:
    found = [each for each in route["parameters"] if each["in"] == place]
    members = [f"{_key(each['name'])}{'' if each['required'] else '?'}: {_type(each['schema'])}" for each in found]
    return f"{{ {'; '.join(members)} }}" if members else "undefined"


def _interface(name: str, schema: Mapping[str, Any]) -> str:
    return f"{_comment(schema, '')}export interface {name} {_type(schema)}\n"


def _type(schema: Mapping[str, Any], indent: str = "") -> str:
    """Return a schema as a type. Its description and bounds go into a comment above the member."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(each, indent) for each in schema["anyOf"])
    kind = schema["type"]
    if kind == "array":
        item = _type(schema["items"], indent)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if kind == "object":
        return _object(schema, indent)
    return "number" if kind in _NUMBERS else str(kind)


def _object(schema: Mapping[str, Any], indent: str) -> str:
    if "properties" not in schema:
        return f"Record<string, {_type(schema['additionalProperties'], indent)}>"
    inner, lines = indent + "  ", []
    for name, member in schema["properties"].items():
        mark = "" if name in schema["required"] else "?"
        lines.append(f"{_comment(member, inner)}{inner}{_key(name)}{mark}: {_type(member, inner)};")
    return "\n".join(["{", *lines, f"{indent}}}"])


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)


def _comment(schema: Mapping[str, Any], indent: str) -> str:
    words = [schema["description"]] if "description" in schema else []
    bounds = (("Length", "characters"), ("Items", "items"), ("imum", ""))
    words += [
        f"{schema['min' + name]} to {schema['max' + name]} {unit}".strip()
        for name, unit in bounds
        if f"min{name}" in schema
    ]
    text = "; ".join(words).replace("*/", "* /")
    return f"{indent}/** {text} */\n" if text else ""


def _constant(value: object) -> str:
    return json.dumps(value, indent=2)


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)
