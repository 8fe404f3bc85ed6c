// The top of the page for who is signed in: name, rights, how long the token lasts, and the token decoded.

import type { User } from "oidc-client-ts";
import { decoded, groupsOf, scopesOf } from "./access";
import { element } from "./dom";

export function member(user: User): HTMLElement[] {
  const token = decoded(user.access_token);
  const name = String(token.claims["username"] ?? token.claims["sub"] ?? "");
  return [
    element(
      "div",
      { className: "welcome" },
      element("h1", {}, "You are signed in as ", element("span", { id: "name" }, name), "."),
      element("p", {}, "Call the routes below, and compare what each asks for with what your token has."),
    ),
    element(
      "div",
      { className: "panel" },
      element("h2", {}, "Your access token"),
      element(
        "dl",
        { className: "facts" },
        ...fact("Scopes", list(scopesOf(token).sort())),
        ...fact("Groups", list(groupsOf(token).sort())),
        ...fact("Valid for", element("span", { id: "remaining", className: "digits" }, remaining(user))),
      ),
      element(
        "details",
        { id: "token" },
        element("summary", {}, "The token, decoded"),
        element("p", { className: "hint" }, "Only decoded: whether it is genuine is for the gateway and the function to say."),
        element("h3", {}, "Header"),
        code(token.header),
        element("h3", {}, "Claims"),
        code(token.claims),
      ),
      element(
        "p",
        { className: "hint" },
        "It is in this page’s memory and nowhere else: a reload forgets it.",
      ),
    ),
  ];
}

/** Minutes and seconds that the token is still good for. */
export function remaining(user: User): string {
  const seconds = Math.max(0, user.expires_in ?? 0);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

function fact(name: string, value: Node): HTMLElement[] {
  return [element("dt", {}, name), element("dd", {}, value)];
}

function list(names: string[]): Node {
  if (names.length === 0) return element("span", { className: "quiet" }, "none");
  return element("span", { className: "chips" }, ...names.map((name) => element("code", { className: "chip" }, name)));
}

function code(value: object): HTMLElement {
  return element("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2));
}
