// The table of routes: what each asks for, whether the token has it, a button to call it, and the last answer.

import { missing, type Token } from "./access";
import { type Answer, call, meaning } from "./api";
import { type BodyForm, bodyForm } from "./body-form";
import { type Contract, resolved, type Route } from "./contract";
import { announce, busy, element, isBusy } from "./dom";

/** Where the token comes from at the moment of a call: it may have been renewed since the table was drawn. */
export interface Caller {
  accessToken: string | null;
  token: Token | null;
}

export class Routes {
  readonly #rows: { route: Route; verdict: HTMLElement }[] = [];
  readonly element: HTMLElement;

  constructor(
    private readonly contract: Contract,
    private readonly caller: () => Caller,
  ) {
    this.element = element("ul", { className: "rows" }, ...contract.routes.map((route) => this.#row(route)));
    this.refresh();
  }

  /** Say anew what the token opens, as when somebody signs in or out. */
  refresh(): void {
    const { token } = this.caller();
    for (const { route, verdict } of this.#rows) {
      const lack = missing(route, token);
      verdict.className = lack === null ? "verdict yes" : "verdict no";
      verdict.textContent = lack === null ? "You may" : lack === "sign in" ? "Sign in first" : `You lack ${lack}`;
    }
  }

  #row(route: Route): HTMLElement {
    const id = route.operationId;
    const verdict = element("span", { className: "verdict" });
    this.#rows.push({ route, verdict });
    const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) =>
      element("input", { id: `${id}-path-${name}`, name, type: "text", required: true }),
    );
    const body = route.request === null ? null : bodyForm(resolved(route.request, this.contract), this.contract, id);
    const button = element("button", { type: "submit", "aria-label": `Call ${route.key}` }, "Call");
    const answer = new AnswerLine(id);
    const form = element(
      "form",
      { className: "row", id: `route-${id}`, "aria-labelledby": `title-${id}` },
      element(
        "div",
        { className: "what" },
        element("h3", { id: `title-${id}` }, element("span", { className: `method ${route.method}` }, route.method), ` ${route.path}`),
        element("p", { className: "quiet" }, route.summary),
      ),
      element("div", { className: "asks" }, element("span", { className: "quiet" }, `${route.who} · `), verdict),
      button,
      parameters.length + (body?.fields.length ?? 0) === 0 ? null : inputs(parameters, body),
      answer.element,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!isBusy(button)) void busy(button, () => this.#call(route, parameters, body, answer));
    });
    return element("li", {}, form);
  }

  async #call(route: Route, parameters: HTMLInputElement[], body: BodyForm | null, line: AnswerLine): Promise<void> {
    const { accessToken, token } = this.caller();
    const values = Object.fromEntries(parameters.map((each) => [each.name, each.value]));
    const answer = await call(this.contract, route, accessToken, values, body?.value());
    const said = meaning(answer, missing(route, token));
    line.show(answer, said);
    announce(`${route.key} answers ${answer.status ?? "nothing readable"}. ${said}`);
  }
}

function inputs(parameters: HTMLInputElement[], body: BodyForm | null): HTMLElement {
  const labeled = parameters.map((each) =>
    element("div", { className: "field" }, element("label", { htmlFor: each.id }, each.name), each),
  );
  return element("div", { className: "inputs" }, ...labeled, ...(body?.fields ?? []));
}

/** The last answer on one line, which is there before there is one, so that nothing moves; its whole body on request. */
class AnswerLine {
  readonly element: HTMLElement;
  readonly #summary: HTMLElement;
  readonly #meaning = element("p", { className: "meaning" });
  readonly #body = element("pre", { tabIndex: 0 });

  constructor(id: string) {
    this.#summary = element("summary", {}, element("span", { className: "quiet" }, "Not called yet"));
    this.element = element("details", { className: "answer", id: `answer-${id}` }, this.#summary, this.#meaning, this.#body);
  }

  show(answer: Answer, said: string): void {
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    const kind = answer.status === null ? "none" : `s${Math.floor(answer.status / 100)}`;
    const preview = answer.status === null || answer.status >= 400 ? said : text;
    this.#summary.replaceChildren(
      element("span", { className: `status ${kind}` }, String(answer.status ?? "—")),
      element("span", { className: "quiet digits" }, ` ${answer.milliseconds.toFixed(0)} ms `),
      element("span", { className: answer.status !== null && answer.status < 400 ? "preview code" : "preview" }, preview),
    );
    // A gateway's own refusal may come without CORS headers.
    const hidden = "The browser may not read this answer, so its status is not known here. The browser’s own tools show it.";
    this.#meaning.textContent = answer.cause === "refused" ? `${said} ${hidden}` : said;
    this.#meaning.hidden = said === "";
    this.#body.textContent = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body, null, 2);
    this.#body.hidden = answer.status === null;
  }
}
