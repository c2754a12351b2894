// The pages, by what stands behind # in the address, and what frames them.
import { Refusal, rows, session, supabase } from "./api";
import { readClock } from "./config";
import { h } from "./dom";
import { bookingsPage } from "./pages/bookings";
import { payPage } from "./pages/pay";
import { searchPage } from "./pages/search";
import { signInPage } from "./pages/sign_in";
import { teachingPage } from "./pages/teaching";
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
  bookings: bookingsPage,
  teaching: teachingPage,
  "sign-in": signInPage,
};

const content = document.querySelector<HTMLElement>("#content")!;
const status = document.querySelector<HTMLElement>("#status")!;
let shown = 0;

export async function show(): Promise<void> {
  const [name = "", ...path] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const turn = ++shown;
  content.setAttribute("aria-busy", "true");
  try {
    await header();
    const page = await (PAGES[name] ?? searchPage)(...path);
    if (turn !== shown) return; // somebody has gone on
    document.title = `${page.title} · Lessons`;
    content.replaceChildren(h("h1", {}, page.title), page.content);
    content.focus({ preventScroll: true });
    scrollTo(0, 0);
  } catch (error) {
    if (turn === shown) explain(error);
  } finally {
    content.removeAttribute("aria-busy");
  }
}

async function header(): Promise<void> {
  const current = await session();
  const link = (href: string, text: string) =>
    h("a", location.hash === href ? { href, aria: { current: "page" } } : { href }, text);
  document.querySelector("#top")!.replaceChildren(
    h(
      "nav",
      { aria: { label: "Pages" } },
      link("#/", "Find lessons"),
      link("#/bookings", "My lessons"),
      current && (await teaches()) && link("#/teaching", "Teaching"),
      current
        ? h("button", { class: "link", type: "button", onclick: signOut }, `Sign out ${current.user.email}`)
        : link("#/sign-in", "Sign in"),
    ),
  );
}

let teacher: Promise<boolean> | null = null;

/** Whether the person teaches anywhere; asked once a sign-in. */
function teaches(): Promise<boolean> {
  teacher ??= rows(supabase.from("my_roles").select("role").eq("role", "instructor")).then((found) => found.length > 0);
  return teacher;
}

supabase.auth.onAuthStateChange(() => {
  teacher = null;
});

async function signOut(): Promise<void> {
  await supabase.auth.signOut();
  location.hash = "#/";
  await show();
}

/** Tells the person what went wrong and what to do next; whoever is not signed in is asked to. */
export function explain(error: unknown): void {
  if (error instanceof Refusal && error.code === "sign_in_required") {
    sessionStorage.setItem("back", location.hash);
    location.hash = "#/sign-in";
    return;
  }
  if (!(error instanceof Refusal)) console.error(error);
  const message = error instanceof Refusal ? [error.message, error.hint].filter(Boolean).join(" ") : "Something went wrong. Try again.";
  tell(message, true);
}

export function tell(message: string, isBad = false): void {
  status.textContent = message;
  status.className = isBad ? "bad" : "good";
}

/** What a button does: it cannot be pressed again meanwhile, and what goes wrong is told. */
export function act(work: () => Promise<void>): (event: Event) => void {
  return async (event) => {
    event.preventDefault();
    const button = event.target instanceof HTMLFormElement ? event.target.querySelector("button") : event.currentTarget;
    if (button instanceof HTMLButtonElement) button.disabled = true;
    tell("");
    try {
      await work();
    } catch (error) {
      explain(error);
    } finally {
      if (button instanceof HTMLButtonElement) button.disabled = false;
    }
  };
}

addEventListener("hashchange", () => {
  tell("");
  void show();
});
await readClock();
await show();
