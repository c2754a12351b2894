// The pages, by what stands behind # in the address, and what frames them.
import { forgetNews, myRoles, Refusal, session, supabase, unreadNews } from "./api";
import { readClock } from "./config";
import { h, labelled, openDialog, type Child } from "./dom";
import { adminPage } from "./pages/admin";
import { bookingsPage } from "./pages/bookings";
import { familyPage } from "./pages/family";
import { buyPage, hoursPage } from "./pages/hours";
import { invitationPage } from "./pages/invitation";
import { moneyPage, statementPage } from "./pages/money";
import { newsPage } from "./pages/news";
import { openingPage } from "./pages/opening";
import { payHoursPage, payPage } from "./pages/pay";
import { peoplePage } from "./pages/people";
import { pricesPage } from "./pages/prices";
import { searchPage } from "./pages/search";
import { signInPage } from "./pages/sign_in";
import { dayPage, weekPage } from "./pages/teaching";
import { timesPage } from "./pages/times";

export interface Page {
  title: string;
  content: Node;
}

const PAGES: Record<string, (...path: string[]) => Promise<Page>> = {
  "": () => searchPage(),
  search: searchPage,
  times: timesPage,
  pay: payPage,
  "pay-hours": payHoursPage,
  bookings: bookingsPage,
  hours: hoursPage,
  "buy-hours": buyPage,
  family: familyPage,
  news: newsPage,
  invitation: invitationPage,
  teaching: weekPage,
  day: dayPage,
  opening: openingPage,
  money: moneyPage,
  statement: statementPage,
  people: peoplePage,
  prices: pricesPage,
  admin: adminPage,
  "sign-in": signInPage,
};
const TEACHING = ["#/teaching", "#/day", "#/opening", "#/money", "#/statement"];
const SCHOOL = ["#/people", "#/prices"];

const content = document.querySelector<HTMLElement>("#content")!;
const status = document.querySelector<HTMLElement>("#status")!;
let shown = 0;

/** Shows the page of the address; anew, if it is shown already. */
export async function show(isAnother = false): Promise<void> {
  const [name = "", ...path] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const turn = ++shown;
  content.setAttribute("aria-busy", "true");
  try {
    await header();
    const page = await (PAGES[name] ?? searchPage)(...path);
    if (turn !== shown) return; // somebody has gone on
    fill(page);
  } catch (error) {
    if (turn !== shown) return;
    if (isAnother && !isSignedOut(error)) fill({ title: "This page cannot be shown", content: button("Try again", () => show(true)) });
    explain(error);
  } finally {
    if (turn === shown) content.removeAttribute("aria-busy");
  }
  if (isAnother) scrollTo(0, 0);
}

function fill(page: Page): void {
  document.title = `${page.title} · Lessons`;
  content.replaceChildren(h("h1", {}, page.title), page.content);
  content.focus({ preventScroll: true });
}

/** After something was done: the page as it is now, and what was done. */
export async function done(message: string): Promise<void> {
  forgetNews();
  await show();
  tell(message);
}

/** Does something, and says so: see `done`. */
export function did(work: PromiseLike<unknown>, message: string): PromiseLike<void> {
  return work.then(() => done(message));
}

async function header(): Promise<void> {
  const [current, roles, unread] = await Promise.all([session(), myRoles(), unreadNews()]);
  const has = (...names: string[]) => roles.some(({ role }) => names.includes(role));
  const here = location.hash || "#/";
  const link = (href: string, text: string, part = [href]) => {
    const isHere = part.some((start) => here === start || here.startsWith(`${start}/`));
    return h("a", isHere ? { href, aria: { current: "page" } } : { href }, text);
  };
  document
    .querySelector("#top")!
    .replaceChildren(
      h("nav", { aria: { label: "Pages" } },
        link("#/", "Find lessons", ["#/", "#/search", "#/times"]),
        link("#/bookings", "My lessons"),
        current && link("#/hours", "Hours", ["#/hours", "#/buy-hours"]),
        current && link("#/family", "Family"),
        current && link("#/news", unread > 0 ? `News (${unread})` : "News"),
        has("instructor") && link("#/teaching", "Teaching", TEACHING),
        has("owner", "admin") && link("#/people", "School", SCHOOL),
        has("platform_admin") && link("#/admin", "Queue"),
        current
          ? h("button", { class: "link", type: "button", onclick: signOut }, `Sign out ${current.user.email}`)
          : link("#/sign-in", "Sign in"),
      ),
    );
}

async function signOut(): Promise<void> {
  await supabase.auth.signOut();
  if (location.hash === "#/") await show(true);
  location.hash = "#/";
}

/** Tells the person what went wrong and what to do next; whoever is not signed in is asked to. */
export function explain(error: unknown): void {
  if (isSignedOut(error)) {
    sessionStorage.setItem("back", location.hash);
    location.hash = "#/sign-in";
    return;
  }
  if (!(error instanceof Refusal)) console.error(error);
  const message = error instanceof Refusal ? [error.message, error.hint].filter(Boolean).join(" ") : "Something went wrong. Try again.";
  tell(message, true);
}

function isSignedOut(error: unknown): boolean {
  return error instanceof Refusal && error.code === "sign_in_required";
}

export function tell(message: string, isBad = false): void {
  const place = document.querySelector<HTMLElement>("dialog[open] > .told") ?? status;
  place.textContent = message;
  place.classList.toggle("bad", isBad);
}

/** What a button does: it cannot be pressed again meanwhile, and what goes wrong is told. */
export function act(work: () => PromiseLike<unknown>): (event: Event) => void {
  return async (event) => {
    event.preventDefault();
    const pressed = event instanceof SubmitEvent ? event.submitter : event.currentTarget;
    if (pressed instanceof HTMLButtonElement) pressed.disabled = true;
    tell("");
    try {
      await work();
    } catch (error) {
      explain(error);
    } finally {
      if (pressed instanceof HTMLButtonElement) pressed.disabled = false;
    }
  };
}

export function button(
  text: string,
  work: () => PromiseLike<unknown>,
  props: { class?: string; aria?: Record<string, string> } = {},
): HTMLElement {
  return h("button", { type: "button", onclick: act(work), ...props }, text);
}

export function form(work: () => PromiseLike<unknown>, ...children: Child[]): HTMLFormElement {
  return h("form", { onsubmit: act(work) }, ...children);
}

/** Asks for a few words, and does the work with them. The words are kept with the decision. */
export function askWhy(title: string, label: string, yes: string, work: (why: string) => PromiseLike<unknown>, ...more: Node[]): void {
  const why = h("textarea", { rows: 2, maxLength: 500, required: true });
  const decide = async () => {
    await work(why.value);
    dialog.close();
  };
  const dialog = openDialog(title, form(decide, ...more, labelled(label, why), h("button", { class: "main" }, yes)));
}

addEventListener("hashchange", () => {
  tell("");
  void show(true);
});
await readClock();
await show(true);
