// Forms for a route's JSON body and for its parameters, made from their schemas.

import { type Parameters } from "./api";
import { type Contract, type Place, resolved, type Route, type Schema } from "./contract";
import { element } from "./dom";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export interface BodyForm {
  fields: HTMLElement[];
  /** The body that the fields say; a member that was left empty and may be missing is. */
  value(): Record<string, unknown>;
}

export function bodyForm(schema: Schema, contract: Contract, prefix: string): BodyForm {
  const whole = resolved(schema, contract);
  const required = new Set(whole.required);
  const made = Object.entries(whole.properties ?? {}).map(([name, member]) => {
    const shape = plain(member, contract);
    return { name, ...field(name, shape, required.has(name), `${prefix}-${name}`) };
  });
  return { fields: made.map((each) => each.element), value: () => given(made) };
}

export interface ParameterForm {
  fields: HTMLElement[];
  values(): Parameters;
  /** Fill in a parameter, if the route has it. */
  fill(place: Place, name: string, value: string): void;
}

export function parameterForm(route: Route, contract: Contract): ParameterForm {
  const made = route.parameters.map(({ in: place, name, required, schema }) => {
    const shape = { ...plain(schema, contract), isLine: true };
    return { place, name, ...field(name, shape, required, `${route.operationId}-${place}-${name}`) };
  });
  const of = (place: Place) => given(made.filter((each) => each.place === place));
  return {
    fields: made.map((each) => each.element),
    values: () => ({ path: of("path"), query: of("query"), header: of("header") }),
    fill(place, name, value) {
      const found = made.find((each) => each.place === place && each.name === name);
      if (found !== undefined) found.control.value = value;
    },
  };
}

/** The values of fields, without those that were left empty and may be missing. */
function given(fields: { name: string; read(): unknown }[]): Record<string, unknown> {
  const pairs = fields.map((each) => [each.name, each.read()] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** Without a pointer, and without the null that may stand in its place. */
function plain(schema: Schema, contract: Contract): Schema {
  const found = resolved(schema, contract);
  const other = found.anyOf?.find((each) => each.type !== "null");
  if (other !== undefined) return { ...plain(other, contract), ...(found.description && { description: found.description }) };
  return Array.isArray(found.type) ? { ...found, type: found.type.find((each) => each !== "null") ?? "string" } : found;
}

/** A schema, and whether its text has one line, however long it may be. */
type Shape = Schema & { isLine?: boolean };

interface Field {
  element: HTMLElement;
  control: Control;
  read(): unknown;
}

function field(name: string, schema: Shape, isRequired: boolean, id: string): Field {
  const { control, read } = controlFor(schema, isRequired, id);
  control.required = isRequired && control.type !== "checkbox";
  const hint = [said(schema.description), rule(schema)].filter(Boolean).join(". ");
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  const label = element("label", { htmlFor: id }, name, isRequired ? null : element("span", { className: "quiet" }, " optional"));
  return {
    element: element(
      "div",
      { className: control.type === "checkbox" ? "field check" : "field" },
      label,
      control,
      hint ? element("p", { className: "hint", id: `${id}-hint` }, hint) : null,
    ),
    control,
    read: () => (control.type !== "checkbox" && control.value === "" && !isRequired ? undefined : read()),
  };
}

function controlFor(schema: Shape, isRequired: boolean, id: string): { control: Control; read(): unknown } {
  if (schema.enum !== undefined) {
    const options = schema.enum.map((each, index) => element("option", { value: String(index) }, String(each)));
    const none = isRequired ? null : element("option", { value: "" }, "");
    const control = element("select", { id }, none, ...options);
    return { control, read: () => schema.enum?.[Number(control.value)] };
  }
  if (schema.type === "boolean") {
    const control = element("input", { id, type: "checkbox" });
    return { control, read: () => control.checked };
  }
  if (schema.type === "integer" || schema.type === "number") {
    const step = schema.type === "integer" ? "1" : "any";
    const control = element("input", { id, type: "number", step, min: schema.minimum, max: schema.maximum });
    return { control, read: () => Number(control.value) };
  }
  if (schema.type === "array") {
    const control = element("textarea", { id, rows: 3 });
    return { control, read: () => control.value.split("\n").filter((line) => line !== "") };
  }
  if (schema.type === "object") {
    const control = element("textarea", { id, rows: 3, className: "code" });
    return { control, read: () => JSON.parse(control.value || "{}") as unknown };
  }
  const isLong = schema.isLine !== true && (schema.maxLength ?? 0) > 200;
  const limits = { minLength: schema.minLength, maxLength: schema.maxLength };
  const control = isLong ? element("textarea", { id, rows: 3, ...limits }) : element("input", { id, type: "text", ...limits });
  return { control, read: () => control.value };
}

/** A description, or what a value must be, as a sentence of its own. */
function said(description = ""): string {
  const text = description.replace(/^must (be )?/, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function rule(schema: Schema): string {
  if (schema.type === "array") return "One a line";
  if (schema.type === "object") return "JSON";
  const least = schema.minLength ?? schema.minimum;
  const most = schema.maxLength ?? schema.maximum;
  const unit = schema.type === "integer" || schema.type === "number" ? "" : " characters";
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`;
  return most === undefined ? "" : `${most}${unit} at most`;
}
