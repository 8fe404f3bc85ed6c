// A form for a route's JSON body, made from its schema.

import { type Contract, resolved, type Schema } from "./contract";
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
  return {
    fields: made.map((each) => each.element),
    value() {
      const pairs = made.map((each) => [each.name, each.read()] as const);
      return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
    },
  };
}

/** Without a pointer, and without the null that may stand in its place. */
function plain(schema: Schema, contract: Contract): Schema {
  const found = resolved(schema, contract);
  const other = found.anyOf?.find((each) => each.type !== "null");
  if (other !== undefined) return { ...plain(other, contract), ...(found.description && { description: found.description }) };
  return Array.isArray(found.type) ? { ...found, type: found.type.find((each) => each !== "null") ?? "string" } : found;
}

function field(name: string, schema: Schema, isRequired: boolean, id: string): { element: HTMLElement; read(): unknown } {
  const { control, read } = controlFor(schema, id);
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
    read: () => (control.type !== "checkbox" && control.value === "" && !isRequired ? undefined : read()),
  };
}

function controlFor(schema: Schema, id: string): { control: Control; read(): unknown } {
  if (schema.enum !== undefined) {
    const options = schema.enum.map((each, index) => element("option", { value: String(index) }, String(each)));
    const control = element("select", { id }, ...options);
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
  const isLong = (schema.maxLength ?? 0) > 200;
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
