// Elements without a framework, and how money and times are written.
export type Child = Node | string | null | undefined | false;
type Props<K extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[K], "style" | "children">> & {
  class?: string;
  aria?: Record<string, string>;
};

export const DAY = 24 * 60 * 60 * 1000;
export const WEEK = 7 * DAY;

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

export function ticked(label: string, box: HTMLInputElement): HTMLElement {
  return h("label", { class: "tick" }, box, h("span", {}, label));
}

export function checkbox(checked = false): HTMLInputElement {
  return h("input", { type: "checkbox", checked });
}

export function choice(options: Iterable<[string, string]>): HTMLSelectElement {
  return h("select", {}, ...[...options].map(([value, text]) => h("option", { value }, text)));
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), ...children);
}

/** A list of cards, or what stands there while it is empty. */
export function cards(items: HTMLElement[], whenEmpty: string): HTMLElement {
  return items.length > 0 ? h("ul", { class: "cards" }, ...items) : h("p", { class: "soft" }, whenEmpty);
}

export function table(caption: string, head: string[], body: Child[][]): HTMLElement {
  const row = (cells: Child[]) => h("tr", {}, ...cells.map((cell) => h("td", {}, cell)));
  return h("div", { class: "wide", tabIndex: 0, role: "region", aria: { label: caption } },
    h("table", {}, h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, ...body.map(row))),
  );
}

/** Links between the pages of one part. */
export function tabs(name: string, links: [string, string][]): HTMLElement {
  const here = (href: string) => (location.hash === href ? { aria: { current: "page" } } : {});
  return h("nav", { class: "tabs", aria: { label: name } }, ...links.map(([href, text]) => h("a", { href, ...here(href) }, text)));
}

/** Which seven days are shown, and links to those before and after. */
export function weeks(since: Date, until: Date, zone: string | undefined, to: (count: number) => string, hasEarlier = true): HTMLElement {
  const link = (count: number, text: string) => h("a", { class: "button", href: to(count) }, text);
  const days = `${day(since, zone)} to ${day(until, zone)}`;
  return h("div", { class: "row" }, h("span", {}, days), h("div", { class: "row" }, hasEarlier && link(-1, "Earlier"), link(1, "Later")));
}

/** A dialog with a place of its own for what is told meanwhile: what stands behind it cannot be heard. */
export function openDialog(title: string, ...content: Child[]): HTMLDialogElement {
  const dialog = h("dialog", { aria: { labelledby: "dialog" } },
    h("h2", { id: "dialog" }, title),
    ...content,
    h("p", { class: "told", role: "status" }),
    h("button", { class: "link", type: "button", onclick: () => dialog.close() }, "Leave it"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.querySelector("#content")!.append(dialog);
  dialog.showModal();
  return dialog;
}

/** An address below #: path("times", id, "Ivy Hart") is #/times/…/Ivy%20Hart. */
export function path(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** 5340 of gbp is £53.40. */
export function money(cents: number, currency: string): string {
  return formatOf(currency).format(cents / minorUnits(currency));
}

/** What a person typed, such as 48.50, in the minor unit. */
export function cents(text: string, currency: string): number {
  return Math.round(Number(text) * minorUnits(currency));
}

/** How 4850 of gbp stands in a field: 48.50. */
export function amount(cents: number, currency: string): string {
  return (cents / minorUnits(currency)).toFixed(formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2);
}

function minorUnits(currency: string): number {
  return 10 ** (formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2);
}

function formatOf(currency: string): Intl.NumberFormat {
  return new Intl.NumberFormat(undefined, { style: "currency", currency });
}

/** 90 is 1 h 30 min. */
export function length(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 && `${hours} h`, (rest > 0 || hours === 0) && `${rest} min`].filter(Boolean).join(" ");
}

export function day(moment: string | Date, timeZone?: string): string {
  return write(moment, { weekday: "long", day: "numeric", month: "long" }, timeZone);
}

export function time(moment: string | Date, timeZone?: string): string {
  return write(moment, { hour: "2-digit", minute: "2-digit" }, timeZone);
}

/** A moment's date as the API writes dates: 2027-01-31. */
export function isoDate(moment: string | Date, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-CA", timeZone ? { timeZone } : {}).format(new Date(moment));
}

/** A date of the API, which has no time zone: 31 January 2027. */
export function date(isoDate: string): string {
  return write(`${isoDate}T12:00:00Z`, { day: "numeric", month: "long", year: "numeric" }, "UTC");
}

function write(moment: string | Date, options: Intl.DateTimeFormatOptions, timeZone?: string): string {
  return new Intl.DateTimeFormat(undefined, { ...options, ...(timeZone && { timeZone }) }).format(new Date(moment));
}
