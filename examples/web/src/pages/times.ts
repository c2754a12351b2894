import { call, rows, session, supabase, type Returns } from "../api";
import { now } from "../config";
import { day, h, labelled, money, time } from "../dom";
import { act, type Page } from "../main";

type Slot = Returns<"list_open_slots">[number];

const DAY = 24 * 60 * 60 * 1000;
const WEEK = 7 * DAY;

/** The open times of a week, by day, in the instructor's time zone. Needs three requests. */
export async function timesPage(instructorId = "", serviceId = "", name = "", week = "0"): Promise<Page> {
  const since = new Date(now().getTime() + Number(week) * WEEK);
  const until = new Date(since.getTime() + WEEK);
  const [[service], slots, quote] = await Promise.all([
    rows(supabase.from("services").select("title, description, duration_minutes").eq("id", serviceId)),
    call("list_open_slots", {
      p_instructor_id: instructorId,
      p_service_id: serviceId,
      p_from: since.toISOString(),
      p_to: until.toISOString(),
    }),
    call("quote_booking", { p_service_id: serviceId, p_instructor_id: instructorId }),
  ]);
  const total = quote.reduce((sum, line) => sum + line.amount_cents, 0);
  const price = money(total, quote[0]!.currency);
  const turn = (weeks: number, text: string) => {
    const path = ["times", instructorId, serviceId, name, String(Number(week) + weeks)].map(encodeURIComponent).join("/");
    return h("a", { class: "button", href: `#/${path}` }, text);
  };
  const zone = slots[0]?.time_zone;
  return {
    title: service?.title ?? "Lesson",
    content: h(
      "div",
      {},
      h("p", {}, [name && `With ${name}`, `${service?.duration_minutes} minutes`, `${price}, fee included`].filter(Boolean).join(" · ")),
      service?.description && h("p", {}, service.description),
      h(
        "p",
        { class: "row" },
        Number(week) > 0 && turn(-1, "Earlier"),
        h("span", {}, `${day(since, zone)} to ${day(until, zone)}`),
        turn(1, "Later"),
      ),
      slots.length === 0 && h("p", {}, "Nothing is open in this week."),
      ...byDay(slots).map(([title, times]) =>
        h(
          "section",
          { class: "card" },
          h("h2", {}, title),
          h("div", { class: "times" }, ...times.map((slot) => timeButton(slot, act(() => ask(slot, instructorId, serviceId, price))))),
        ),
      ),
      zone && h("p", { class: "soft" }, `Times are those of ${zone.replace("_", " ")}.`),
    ),
  };
}

export function byDay(slots: Slot[]): [string, Slot[]][] {
  const days = new Map<string, Slot[]>();
  for (const slot of slots) {
    const title = day(slot.start_at, slot.time_zone);
    days.set(title, [...(days.get(title) ?? []), slot]);
  }
  return [...days];
}

export function timeButton(slot: Slot, choose: (event: Event) => void): HTMLElement {
  return h("button", { type: "button", onclick: choose }, time(slot.start_at, slot.time_zone));
}

/** Learners whom the caller may book for: wards, beside the caller. Empty for most, and for visitors. */
async function wards(): Promise<{ id: string; full_name: string }[]> {
  if (!(await session())) return [];
  const links = await rows(
    supabase.from("learner_guardians").select("learner:learners(id, full_name)").eq("can_book", true).not("consented_at", "is", null).is("revoked_at", null),
  );
  return links.map((link) => link.learner);
}

/** Asks once more, with the price, and books. */
async function ask(slot: Slot, instructorId: string, serviceId: string, price: string): Promise<void> {
  const learners = await wards();
  const learner = h("select", {}, h("option", { value: "" }, "Myself"), ...learners.map((one) => h("option", { value: one.id }, one.full_name)));
  const notes = h("textarea", { rows: 2, maxLength: 2000 });
  const clientKey = crypto.randomUUID(); // pressing twice books once
  const book = act(async () => {
    const [booking] = await call("request_booking", {
      p_instructor_id: instructorId,
      p_service_id: serviceId,
      p_start_at: slot.start_at,
      p_notes: notes.value || null,
      p_client_key: clientKey,
      p_learner_id: learner.value || null,
    }).finally(() => dialog.close());
    location.hash = booking!.status === "held" ? `#/pay/${booking!.booking_id}` : "#/bookings";
  });
  const dialog = h(
    "dialog",
    { aria: { labelledby: "ask" } },
    h(
      "form",
      { onsubmit: book },
      h("h2", { id: "ask" }, `${day(slot.start_at, slot.time_zone)}, ${time(slot.start_at, slot.time_zone)}`),
      h("p", {}, `${price}, fee included. The time is kept for you while you pay.`),
      learners.length > 0 && labelled("For", learner),
      labelled("Anything your instructor should know", notes),
      h("p", { class: "row" }, h("button", { class: "main" }, "Book"), h("button", { type: "button", onclick: () => dialog.close() }, "Not now")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.querySelector("#content")!.append(dialog);
  dialog.showModal();
}
