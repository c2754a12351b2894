import { call, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { day, h, labelled, money, time } from "../dom";
import { act, show, tell, type Page } from "../main";

type Booking = Tables<"booking_details">;
type Window = Tables<"availability_windows">;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const WEEK = 7 * 24 * 60 * 60 * 1000;

/** An instructor's week, hours, published times and money. */
export async function teachingPage(): Promise<Page> {
  const { data } = await supabase.auth.getUser();
  const me = await rows(supabase.from("instructors").select("id, verification_status").eq("user_id", data.user?.id ?? ""));
  const ids = me.map((one) => one.id);
  const since = new Date(now().getTime() - WEEK / 7);
  const [bookings, hours, services, balances] = await Promise.all([
    rows(
      supabase
        .from("booking_details")
        .select("*")
        .in("expert_id", ids)
        .in("booking_status", ["requested", "confirmed", "in_progress"])
        .gte("start_at", since.toISOString())
        .lt("start_at", new Date(since.getTime() + 2 * WEEK).toISOString())
        .order("start_at"),
    ),
    rows(supabase.from("availability_windows").select("*").in("instructor_id", ids).order("day_of_week").order("start_time")),
    rows(supabase.from("services").select("id, title").in("instructor_id", ids).eq("is_active", true)),
    call("my_balance", {}),
  ]);
  return {
    title: "Teaching",
    content: h(
      "div",
      {},
      me.some((one) => one.verification_status !== "verified") && h("p", {}, "Nobody finds you before the platform has verified you."),
      h("section", {}, h("h2", {}, "Lessons ahead"), bookings.length === 0 && h("p", {}, "None in the next two weeks."), h("ul", { class: "cards" }, ...bookings.map(card))),
      h("section", {}, h("h2", {}, "Money"), ...(balances.length ? balances.map(balance) : [h("p", {}, "Nothing was earned yet.")])),
      h("section", {}, h("h2", {}, "Weekly hours"), h("ul", { class: "plain" }, ...hours.map(window)), ...ids.slice(0, 1).map(newHours)),
      h("section", {}, h("h2", {}, "Publish the times of two weeks"), h("p", { class: "row" }, ...services.map(publish))),
    ),
  };
}

function card(booking: Booking): HTMLElement {
  const button = (text: string, work: () => Promise<unknown>) =>
    h("button", { type: "button", onclick: act(async () => { await work(); await show(); }) }, text);
  const of = { p_booking_id: booking.id };
  return h(
    "li",
    { class: "card" },
    h("h3", {}, `${day(booking.start_at)}, ${time(booking.start_at)}`),
    h("p", {}, `${booking.session_title} for ${booking.learner_name}, ${booking.booking_status.replace("_", " ")}`),
    booking.learner_notes && h("p", {}, booking.learner_notes),
    h(
      "p",
      { class: "row" },
      booking.booking_status === "requested" && button("Accept", () => call("confirm_booking", of)),
      booking.booking_status === "requested" && button("Decline", () => call("decline_booking", of)),
      booking.booking_status === "confirmed" && button("Start", () => call("start_lesson", of)),
      booking.booking_status === "in_progress" && button("Complete", () => call("complete_lesson", of)),
    ),
  );
}

function balance(of: Tables<"instructor_balances">): HTMLElement {
  const amount = (cents: number) => money(cents, of.currency);
  return h(
    "p",
    {},
    `${amount(of.total_cents)} earned: ${amount(of.pending_cents)} held for a day, ${amount(of.available_cents)} for the next payday, `,
    `${amount(of.in_transit_cents)} on the way, ${amount(of.paid_cents)} paid.`,
  );
}

function window(hours: Window): HTMLElement {
  const text = `${DAYS[hours.day_of_week]}, ${hours.start_time.slice(0, 5)} to ${hours.end_time.slice(0, 5)}`;
  const close = act(async () => {
    await rows(supabase.from("availability_windows").delete().eq("id", hours.id).select("id"));
    await show();
  });
  return h("li", { class: "row" }, text, h("button", { class: "link", type: "button", onclick: close, aria: { label: `Close ${text}` } }, "Close"));
}

function newHours(instructorId: string): HTMLElement {
  const weekday = h("select", {}, ...DAYS.map((name, number) => h("option", { value: String(number) }, name)));
  const start = h("input", { type: "time", required: true, value: "09:00" });
  const end = h("input", { type: "time", required: true, value: "17:00" });
  const open = act(async () => {
    const hours = { instructor_id: instructorId, day_of_week: Number(weekday.value), start_time: start.value, end_time: end.value };
    await rows(supabase.from("availability_windows").insert(hours).select("id"));
    await show();
  });
  return h("form", { class: "row", onsubmit: open }, labelled("Day", weekday), labelled("From", start), labelled("To", end), h("button", {}, "Open"));
}

function publish(service: { id: string; title: string }): HTMLElement {
  const times = act(async () => {
    const count = await call("publish_slots", {
      p_service_id: service.id,
      p_from: now().toISOString(),
      p_to: new Date(now().getTime() + 2 * WEEK).toISOString(),
    });
    tell(`${count} new times of ${service.title} are published.`);
  });
  return h("button", { type: "button", onclick: times }, service.title);
}
