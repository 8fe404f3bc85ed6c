// The table of routes: what each asks for, whether the token has it, a button to call it, and the last answer.

import { missing, type Token } from "./access";
import { type Answer, call, meaning } from "./api";
import { type BodyForm, bodyForm, type ParameterForm, parameterForm } from "./forms";
import { type Contract, resolved, type Route } from "./contract";
import { announce, busy, element, isBusy } from "./dom";

/** Where the token comes from at the moment of a call: it may have been renewed since the table was drawn. */
export interface Caller {
  accessToken: string | null;
  token: Token | null;
}

interface Row {
  route: Route;
  verdict: HTMLElement;
  parameters: ParameterForm;
}

export class Routes {
  readonly #rows: Row[] = [];
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
    const parameters = parameterForm(route, this.contract);
    this.#rows.push({ route, verdict, parameters });
    const body = route.request === null ? null : bodyForm(resolved(route.request, this.contract), this.contract, id);
    const button = element("button", { type: "submit", "aria-label": `Call ${route.key}` }, "Call");
    const answer = new AnswerLine(id);
    const next = element("button", { type: "button", "aria-label": `Next page of ${route.key}`, hidden: true }, "Next page");
    const hasPages = route.parameters.some((each) => each.in === "query" && each.name === "after");
    const fields = [...parameters.fields, ...(body?.fields ?? [])];
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
      fields.length === 0 ? null : element("div", { className: "inputs" }, ...fields, hasPages ? next : null),
      answer.element,
    );
    let following = "";
    const send = async () => {
      const found = await this.#call(route, parameters, body, answer);
      this.#fillBelow(route, found);
      following = text(found, "next");
      next.hidden = following === "";
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!isBusy(button)) void busy(button, send);
    });
    next.addEventListener("click", () => {
      parameters.fill("query", "after", following);
      if (!isBusy(next)) void busy(next, send);
    });
    return element("li", {}, form);
  }

  /** Fill what an answer names, an item or the first of several, into the paths below its own: `/notes` into `/notes/{id}`. */
  #fillBelow(route: Route, body: unknown): void {
    for (const row of this.#rows) {
      const name = row.route.path.startsWith(`${route.path}/`) && /^\{(\w+)\}$/.exec(row.route.path.slice(route.path.length + 1))?.[1];
      if (!name) continue;
      const items = Object.values((body ?? {}) as object).find(Array.isArray) as unknown[] | undefined;
      const value = text(body, name) || text(items?.[0], name);
      if (value !== "") row.parameters.fill("path", name, value);
    }
  }

  async #call(route: Route, parameters: ParameterForm, body: BodyForm | null, line: AnswerLine): Promise<unknown> {
    const { accessToken, token } = this.caller();
    const answer = await call(this.contract, route, accessToken, parameters.values(), body?.value());
    const said = meaning(answer, missing(route, token));
    line.show(answer, said);
    announce(`${route.key} answers ${answer.status ?? "nothing readable"}. ${said}`);
    return answer.body;
  }
}

/** A member of a JSON object, if it is there and a text. */
function text(body: unknown, name: string): string {
  const found: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  return typeof found === "string" ? found : "";
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
    const body = typeof answer.body === "string" ? answer.body || "done, without a body" : JSON.stringify(answer.body);
    const kind = answer.status === null ? "none" : `s${Math.floor(answer.status / 100)}`;
    const preview = answer.status === null || answer.status >= 400 ? said : body;
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
