/** The element with this id. @throws where the page has none */
export function $<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

type Child = Node | string;

/** A new element with its properties and children; texts are texts, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What this browser remembers under a name of ours; storage may be forbidden. */
export function stored(name: string, value?: string): string | null {
  try {
    if (value !== undefined) localStorage.setItem(`haqei-${name}`, value);
    return localStorage.getItem(`haqei-${name}`);
  } catch {
    return null;
  }
}
