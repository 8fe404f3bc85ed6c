// Elements without a framework. Text is set as text: nothing here reads HTML.

type Child = Node | string | null;

/** A new element: properties as they are called in the DOM, attributes with a dash in their name, then what is in it. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in made && !name.includes("-")) Reflect.set(made, name, value);
    else made.setAttribute(name, String(value));
  }
  made.append(...children.filter((each) => each !== null));
  return made;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found as T;
}

/** Say it to those who listen to the page instead of seeing it. */
export function announce(text: string): void {
  const region = byId("announcement");
  region.textContent = "";
  region.textContent = text;
}

/** Run what a button starts, with the button off meanwhile. */
export async function busy(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  button.setAttribute("aria-disabled", "true"); // not `disabled`: that would take the focus away
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

export function isBusy(button: HTMLButtonElement): boolean {
  return button.getAttribute("aria-disabled") === "true";
}
