// One call of one route, timed, with an answer whatever happens.

import { type Cause, causeOf, DOWN, STALE } from "./cause";
import type { Contract, Place, Route } from "./contract";

export interface Answer {
  status: number | null; // null: the browser got no answer, or was not allowed to read it; `cause` says which
  cause: Cause | null;
  milliseconds: number;
  body: unknown; // JSON where it is JSON, else text
}

/** Values of a route's parameters; a list is a parameter that is repeated. */
export type Parameters = Record<Place, Record<string, unknown>>;

export const NONE: Parameters = { path: {}, query: {}, header: {} };

export async function call(
  contract: Contract,
  route: Route,
  accessToken: string | null,
  parameters: Parameters,
  body: unknown,
): Promise<Answer> {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters.path[name] ?? "")));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters.query)) for (const each of [value].flat()) query.append(name, String(each));
  const headers = new Headers(Object.entries(parameters.header).map(([name, value]) => [name, String(value)]));
  if (accessToken !== null) headers.set("Authorization", `Bearer ${accessToken}`);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const began = performance.now();
  try {
    const answer = await fetch(contract.outputs.apiUrl + path + (query.size > 0 ? `?${query}` : ""), {
      method: route.method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
    });
    const text = await answer.text();
    return { status: answer.status, cause: null, milliseconds: performance.now() - began, body: parsed(text) };
  } catch {
    const milliseconds = performance.now() - began;
    return { status: null, cause: await causeOf(contract), milliseconds, body: null };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What an answer means to the person who called; empty where the answer says it all. */
export function meaning(answer: Answer, missing: string | null): string {
  const lack = missing === "sign in" ? "you are signed out" : `you lack ${missing}`;
  switch (answer.status) {
    case null:
      if (answer.cause === "down") return DOWN;
      if (answer.cause === "stale") return STALE;
      return missing === null ? "Refused by the gateway. Sign out and in again." : `Refused by the gateway: ${lack}.`;
    case 400:
      return `Not what the route takes: ${refused(answer.body)}.`;
    case 401:
      return missing === "sign in" ? "Unauthorized: sign in first." : "Unauthorized: the token is not valid. Sign in again.";
    case 403:
      return missing === null ? "Forbidden: you may not do this." : `Forbidden: ${lack}.`;
    case 404:
    case 409:
    case 410:
    case 412:
    case 422:
      return `${refused(answer.body)}.`;
    case 429:
      return "Too many requests. Wait a moment.";
    default:
      return answer.status >= 500 ? "The stack failed. The request id finds the reason in its log." : "";
  }
}

/** The value that the function refused, and its rule; or the route's own words. */
function refused(body: unknown): string {
  const { in: place, field, rule, message } = (body ?? {}) as Partial<Record<string, string>>;
  return rule === undefined ? (message ?? "no reason given") : `${field || `the ${place}`} must ${rule}`;
}
