// The top of the page for who is not signed in: sign in, or make an account and confirm it.

import { AccountError, Accounts, passwordRule } from "./accounts";
import type { Contract, Oidc } from "./contract";
import { announce, busy, element, isBusy } from "./dom";
import type { Session } from "./session";

export function guest(contract: Contract, oidc: Oidc, session: Session, failed: (error: unknown) => void): HTMLElement[] {
  const welcome = element(
    "div",
    { className: "welcome" },
    element("h1", {}, "Sign in, call the API, see who may do what."),
    element(
      "p",
      {},
      "Your access token is checked twice: by the gateway, and again by the function. Try what each of them refuses.",
    ),
  );
  return [welcome, element("div", { className: "pair" }, signInPanel(oidc, session, failed), signUpPanel(contract, oidc, session, failed))];
}

function signInPanel(oidc: Oidc, session: Session, failed: (error: unknown) => void): HTMLElement {
  const scopes = (oidc.scope ?? "openid").split(" ").filter((each) => each !== "openid");
  const boxes = scopes.map((scope) => element("input", { type: "checkbox", value: scope, checked: true, id: `scope-${scope}` }));
  const button = element("button", { type: "submit", className: "primary", id: "sign-in" }, "Sign in");
  const form = element(
    "form",
    { className: "panel" },
    element("h2", {}, "Sign in"),
    element("p", { className: "quiet" }, "On the user pool’s own page: this page never sees your password."),
    element(
      "fieldset",
      {},
      element("legend", {}, "Ask for these scopes"),
      ...boxes.map((box) =>
        element("div", { className: "check" }, box, element("label", { htmlFor: box.id }, element("code", {}, box.value))),
      ),
    ),
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    const asked = boxes.filter((box) => box.checked).map((box) => box.value);
    void busy(button, () => session.signIn(["openid", ...asked])).catch(failed);
  });
  return form;
}

function signUpPanel(contract: Contract, oidc: Oidc, session: Session, failed: (error: unknown) => void): HTMLElement {
  const title = element("h2", {}, "Create an account");
  const { signIn, awsEndpointUrl } = contract.outputs;
  if (!signIn.selfSignUp) {
    return element(
      "div",
      { className: "panel" },
      title,
      element("p", { className: "quiet" }, "Accounts of this stack are made by its administrators. Ask them for one."),
    );
  }
  if (awsEndpointUrl === undefined) {
    const button = element("button", { type: "button", id: "sign-up" }, "Sign up");
    button.addEventListener("click", () => {
      if (!isBusy(button)) void busy(button, () => session.signUp((oidc.scope ?? "openid").split(" "))).catch(failed);
    });
    return element(
      "div",
      { className: "panel" },
      title,
      element("p", { className: "quiet" }, "On the user pool’s own page, which brings you back here signed in."),
      button,
    );
  }
  const panel = element("div", { className: "panel", id: "account" });
  panel.append(title, ...signUpForm(panel, title, contract));
  return panel;
}

function signUpForm(panel: HTMLElement, title: HTMLElement, contract: Contract): HTMLElement[] {
  const accounts = new Accounts(contract);
  const { signInWith, passwordPolicy } = contract.outputs.signIn;
  const hasName = signInWith.includes("username");
  const name = input("user-name", { autocomplete: "username", autocapitalize: "none", spellcheck: false });
  const email = input("email", { type: "email", autocomplete: "email" });
  const password = input("password", {
    type: "password",
    autocomplete: "new-password",
    minLength: passwordPolicy.minimumLength,
    "aria-describedby": "password-hint",
  });
  const problem = element("p", { className: "problem", role: "alert" });
  const button = element("button", { type: "submit" }, "Create account");
  const form = element(
    "form",
    {},
    hasName ? labeled("User name", name) : null,
    labeled("Email", email),
    labeled("Password", password, element("p", { className: "hint", id: "password-hint" }, passwordRule(passwordPolicy))),
    problem,
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    const user = hasName ? name.value.trim() : email.value.trim();
    void busy(button, async () => {
      problem.textContent = "";
      try {
        const isUnconfirmed = await accounts.signUp(user, email.value.trim(), password.value);
        if (isUnconfirmed) confirmation(panel, title, accounts, user, email.value.trim());
        else done(panel, title, user);
      } catch (error) {
        problem.textContent = said(error);
        const wrong = error instanceof AccountError && error.code.includes("Password") ? password : hasName ? name : email;
        wrong.focus();
      }
    });
  });
  return [form];
}

function confirmation(panel: HTMLElement, title: HTMLElement, accounts: Accounts, user: string, email: string): void {
  const code = input("code", { inputMode: "numeric", autocomplete: "one-time-code", "aria-describedby": "code-hint" });
  const problem = element("p", { className: "problem", role: "alert" });
  const button = element("button", { type: "submit", className: "primary" }, "Confirm");
  const again = element("button", { type: "button", className: "plain" }, "Send a new code");
  const form = element(
    "form",
    {},
    element("p", {}, "We sent a code to ", element("strong", {}, email), "."),
    labeled(
      "Confirmation code",
      code,
      element("p", { className: "hint", id: "code-hint" }, "A stack on this machine sends no mail: any six digits will do."),
    ),
    problem,
    element("div", { className: "buttons" }, button, again),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    void busy(button, async () => {
      problem.textContent = "";
      try {
        await accounts.confirm(user, code.value.trim());
        done(panel, title, user);
      } catch (error) {
        problem.textContent = said(error);
        code.focus();
      }
    });
  });
  again.addEventListener("click", () => {
    if (isBusy(again)) return;
    void busy(again, async () => {
      try {
        await accounts.sendAgain(user);
        announce("A new code is on its way.");
      } catch (error) {
        problem.textContent = said(error);
      }
    });
  });
  title.textContent = "Confirm your email";
  panel.replaceChildren(title, form);
  code.focus();
}

function done(panel: HTMLElement, title: HTMLElement, user: string): void {
  title.textContent = "Your account is ready";
  panel.replaceChildren(
    title,
    element("p", { id: "account-ready" }, "Sign in as ", element("strong", {}, user), " with the password you chose."),
  );
  announce(`Your account ${user} is ready. Sign in.`);
  document.getElementById("sign-in")?.focus();
}

function said(error: unknown): string {
  return error instanceof AccountError ? error.message : "That did not work. Try again.";
}

function input(id: string, properties: Record<string, unknown>): HTMLInputElement {
  return element("input", { id, name: id, type: "text", required: true, ...properties });
}

function labeled(text: string, control: HTMLInputElement, hint: HTMLElement | null = null): HTMLElement {
  return element("div", { className: "field" }, element("label", { htmlFor: control.id }, text), control, hint);
}
