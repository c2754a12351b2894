import { call, requireSession, rows, supabase } from "../api";
import { now } from "../config";
import { day, h, length, money, path, time, WEEK, weeks } from "../dom";
import { act, button, done, type Page } from "../main";
import { askToBook } from "./book";

/** The open times of a week, by day, in the instructor's time zone. Needs three requests. */
export async function timesPage(instructorId = "", serviceId = "", name = "", week = "0"): Promise<Page> {
  const since = new Date(now().getTime() + Number(week) * WEEK);
  const until = new Date(since.getTime() + WEEK);
  const of = { p_instructor_id: instructorId, p_service_id: serviceId };
  const [[service], slots, quote] = await Promise.all([
    rows(supabase.from("services").select("id, org_id, title, description, duration_minutes, requires_approval").eq("id", serviceId)),
    call("list_open_slots", { ...of, p_from: since.toISOString(), p_to: until.toISOString() }),
    call("quote_booking", of),
  ]);
  if (!service) return { title: "No such lesson", content: h("p", {}, h("a", { href: "#/" }, "See what is on offer.")) };
  const total = quote.reduce((sum, line) => sum + line.amount_cents, 0);
  const price = money(total, quote[0]!.currency);
  const zone = slots[0]?.time_zone;
  const wait = async () => {
    await requireSession();
    await call("join_waiting_list", of);
    await done("A time that becomes free is offered to you under My lessons, and kept for two hours.");
  };
  return {
    title: service.title,
    content: h("div", {},
      h("p", {}, [name && `With ${name}`, length(service.duration_minutes), `${price}, fee included`].filter(Boolean).join(" · ")),
      service.description && h("p", {}, service.description),
      service.requires_approval && h("p", {}, "You ask for a time, and pay once your instructor has agreed."),
      weeks(since, until, zone, (count) => path("times", instructorId, serviceId, name, String(Number(week) + count)), Number(week) > 0),
      slots.length === 0 && h("p", { class: "card" }, "Nothing is open in this week. Look at a later one."),
      h("div", { class: "days" },
        ...byDay(slots).map(([title, times]) => {
          const choose = (slot: (typeof slots)[number]) => act(() => askToBook({ slot, service, instructorId, price }));
          return h("section", { class: "card" }, h("h2", {}, title), timeButtons(times, choose));
        }),
      ),
      zone && h("p", { class: "soft" }, `Times are those of ${zone.replaceAll("_", " ")}.`),
      !service.requires_approval && h("p", {}, button("Wait for a time that becomes free", wait, { class: "link" })),
      h("p", {}, h("a", { href: path("buy-hours", instructorId, serviceId, name) }, "Buy several hours ahead")),
    ),
  };
}

interface Time {
  start_at: string;
  time_zone: string;
}

export function byDay<T extends Time>(slots: T[]): [string, T[]][] {
  const days = new Map<string, T[]>();
  for (const slot of slots) {
    const title = day(slot.start_at, slot.time_zone);
    days.set(title, [...(days.get(title) ?? []), slot]);
  }
  return [...days];
}

export function timeButtons<T extends Time>(slots: T[], choose: (slot: T) => (event: Event) => void, more = (_: T) => ""): HTMLElement {
  const button = (slot: T) => h("button", { type: "button", onclick: choose(slot) }, time(slot.start_at, slot.time_zone) + more(slot));
  return h("div", { class: "times" }, ...slots.map(button));
}
