// The page: reads the contract, takes up what the sign-in page sent back, and draws what follows from who is here.

import type { User } from "oidc-client-ts";
import { decoded } from "./access";
import { call, NONE } from "./api";
import { causeOf, DOWN, STALE } from "./cause";
import { type Contract, load, type Oidc } from "./contract";
import { announce, busy, byId, element, isBusy } from "./dom";
import { guest } from "./guest";
import { member, remaining } from "./member";
import { type Caller, Routes } from "./routes";
import { ofThisPage, Session } from "./session";

let user: User | null = null;

function caller(): Caller {
  return { accessToken: user?.access_token ?? null, token: user === null ? null : decoded(user.access_token) };
}

function failed(error: unknown): void {
  const notice = byId("notice");
  notice.textContent = error instanceof Error ? error.message : String(error);
  notice.hidden = false;
  byId("main").removeAttribute("aria-busy");
}

function draw(contract: Contract, oidc: Oidc, session: Session, routes: Routes): void {
  byId("top").replaceChildren(...(user === null ? guest(contract, oidc, session, failed) : member(user)));
  byId("who").replaceChildren(...(user === null ? [] : signOutButtons(contract, session)));
  routes.refresh();
}

/** One for this session, and one for all of them where the API has the route for it. */
function signOutButtons(contract: Contract, session: Session): HTMLElement[] {
  const here = signOutButton("sign-out", "Sign out", () => session.signOut());
  const route = contract.routes.find((each) => each.key === "POST /sign-out");
  if (route === undefined) return [here];
  const everywhere = signOutButton("sign-out-everywhere", "Sign out everywhere", async () => {
    const { status } = await call(contract, route, caller().accessToken, NONE, undefined);
    if (status !== 200) throw new Error("You are still signed in elsewhere. Try again.");
    await session.signOut();
  });
  return [everywhere, here];
}

function signOutButton(id: string, text: string, signOut: () => Promise<void>): HTMLElement {
  const button = element("button", { type: "button", id }, text);
  button.addEventListener("click", () => {
    if (!isBusy(button)) void busy(button, signOut).catch(failed);
  });
  return button;
}

function drawStack(contract: Contract): void {
  const { region, awsEndpointUrl, signIn } = contract.outputs;
  const where = awsEndpointUrl === undefined ? `in ${region}` : "on this machine";
  byId("stack").textContent = `The stack ${where}, contract ${contract.contractVersion}`;
  if (ofThisPage(signIn.callbackUrls) === undefined) {
    const here = window.location.origin + window.location.pathname;
    failed(new Error(`This page is at ${here}, where the sign-in page may not return to: it may to ${signIn.callbackUrls.join(", ")}`));
  }
}

/** A stack on this machine comes and goes while its page stays open in a tab. */
async function sayIfGone(contract: Contract): Promise<void> {
  const cause = await causeOf(contract);
  if (cause !== "refused") failed(cause === "stale" ? STALE : DOWN);
}

async function start(): Promise<void> {
  const { contract, oidc } = await load();
  const session = new Session(contract, oidc);
  const routes = new Routes(contract, caller);
  session.watch((now) => {
    const wasOpen = document.querySelector<HTMLDetailsElement>("#token")?.open ?? false;
    user = now;
    draw(contract, oidc, session, routes);
    document.querySelector<HTMLDetailsElement>("#token")?.toggleAttribute("open", wasOpen); // only renewed
  }, failed);
  byId("table").replaceChildren(routes.element);
  drawStack(contract);
  await session.resume().catch(failed);
  if (user === null) draw(contract, oidc, session, routes);
  else announce("You are signed in.");
  if (contract.outputs.awsEndpointUrl !== undefined) void sayIfGone(contract);
  byId("main").removeAttribute("aria-busy"); // shown in one piece, so that nothing moves
  window.setInterval(() => {
    const clock = document.getElementById("remaining");
    if (clock !== null && user !== null) clock.textContent = remaining(user);
  }, 1000);
}

start().catch((error: unknown) => {
  byId("top").replaceChildren(element("h1", {}, "The contract cannot be read."));
  failed(error);
});
