// Elements without a framework, and how money and times are written.
type Child = Node | string | null | undefined | false;
type Props<K extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[K], "style" | "children">> & {
  class?: string;
  aria?: Record<string, string>;
};

/** Makes an element: h("button", { class: "main", onclick: pay }, "Pay"). */
export function h<K extends keyof HTMLElementTagNameMap>(name: K, props: Props<K> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  const { class: className, aria, ...rest } = props;
  if (className) element.className = className;
  for (const [key, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${key}`, value);
  Object.assign(element, rest);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

export function labelled(label: string, field: HTMLElement): HTMLElement {
  return h("label", {}, h("span", {}, label), field);
}

/** 5340 of gbp is £53.40. */
export function money(cents: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(cents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export function day(moment: string | Date, timeZone?: string): string {
  return write(moment, { weekday: "long", day: "numeric", month: "long" }, timeZone);
}

export function time(moment: string | Date, timeZone?: string): string {
  return write(moment, { hour: "2-digit", minute: "2-digit" }, timeZone);
}

function write(moment: string | Date, options: Intl.DateTimeFormatOptions, timeZone?: string): string {
  return new Intl.DateTimeFormat(undefined, { ...options, ...(timeZone && { timeZone }) }).format(new Date(moment));
}
