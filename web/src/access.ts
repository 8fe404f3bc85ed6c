// What a token says, and which route it opens. For show: the gateway and the function check it, and only they can.

import type { Route } from "./contract";

export interface Token {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

export function decoded(token: string): Token {
  const [header = "", claims = ""] = token.split(".");
  return { header: part(header), claims: part(claims) };
}

function part(text: string): Record<string, unknown> {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

export function scopesOf(token: Token): string[] {
  return String(token.claims["scope"] ?? "")
    .split(" ")
    .filter((each) => each !== "");
}

export function groupsOf(token: Token): string[] {
  const groups = token.claims["cognito:groups"];
  return Array.isArray(groups) ? groups.map(String) : [];
}

/** What is missing to call the route; null if nothing is. */
export function missing(route: Route, token: Token | null): string | null {
  if (route.public) return null;
  if (token === null) return "sign in";
  if (lacks(route.scopes, scopesOf(token))) return `scope ${route.scopes.join(" or ")}`;
  if (lacks(route.groups, groupsOf(token))) return `group ${route.groups.join(" or ")}`;
  return null;
}

function lacks(asked: string[], has: string[]): boolean {
  return asked.length > 0 && !asked.some((each) => has.includes(each));
}
