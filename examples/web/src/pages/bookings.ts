import { call, requireSession, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { amount, cards, cents, day, h, labelled, money, openDialog, path, section, time, WEEK } from "../dom";
import { act, askWhy, button, did, done, type Page } from "../main";
import { claimsAbout, openClaims, sayAbsent, type Claim } from "./claims";
import { byDay, timeButtons } from "./times";

type Booking = Tables<"booking_details">;

export const WORDS: Record<Booking["booking_status"], string> = {
  proposed: "waits for your answer",
  held: "not paid yet",
  requested: "waits for the instructor",
  confirmed: "confirmed",
  in_progress: "goes on",
  completed: "took place",
  no_show: "missed",
  cancelled: "cancelled",
  declined: "declined",
  expired: "not paid in time",
};

/** The caller's lessons, and those of whom they are guardian of. */
export async function bookingsPage(): Promise<Page> {
  const { user } = await requireSession();
  const [bookings, claims, waiting] = await Promise.all([
    call("my_bookings", { p_limit: 200 }),
    openClaims(),
    rows(
      supabase.from("waiting_list_entries")
        .select("id, instructor:instructors(display_name), service:services(title), learner:learners!inner(user_id)")
        .eq("learner.user_id", user.id).is("ended_at", null),
    ),
  ]);
  const list = (title: string, some: Booking[]) =>
    some.length > 0 && section(title, cards(some.map((one) => bookingCard(one, claims)), ""));
  const entry = (one: (typeof waiting)[number]) => {
    const leave = () => did(call("leave_waiting_list", { p_entry_id: one.id }), "You wait no more.");
    const what = `${one.service?.title ?? "A lesson"} with ${one.instructor?.display_name ?? "anybody"}`;
    return h("li", { class: "card" }, h("p", {}, what), button("Wait no more", leave));
  };
  return {
    title: "My lessons",
    content: h("div", {},
      bookings.length === 0 && h("p", { class: "card" }, "You have not booked anything yet. ", h("a", { href: "#/" }, "Find a lesson.")),
      list("Ahead", bookings.filter(isAhead)),
      waiting.length > 0 && section("Waiting for a free time", cards(waiting.map(entry), "")),
      list("Over", bookings.filter((one) => !isAhead(one)).reverse()),
    ),
  };
}

export function isAhead(booking: Booking): boolean {
  return ["proposed", "held", "requested", "confirmed", "in_progress"].includes(booking.booking_status);
}

/** A lesson as its learner or a guardian sees it, with what they may do next. */
export function bookingCard(booking: Booking, claims: Claim[]): HTMLElement {
  const status = booking.payment_status === "refunded" ? "refunded" : WORDS[booking.booking_status];
  const is = (...statuses: Booking["booking_status"][]) => statuses.includes(booking.booking_status);
  const of = { p_booking_id: booking.id };
  const left = booking.amount_captured - booking.amount_refunded;
  const hasBegun = Date.parse(booking.start_at) <= now().getTime();
  const said = claimsAbout(booking, claims, "learner");
  const decline = () => did(call("decline_proposal", of), "Declined. It costs nothing.");
  const complete = () => did(call("complete_lesson", of), "Thank you. The lesson is completed.");
  return h("li", { class: "card" },
    h("h3", {}, `${day(booking.start_at)}, ${time(booking.start_at)}`),
    h("p", {}, `${booking.session_title} for ${booking.learner_name} with ${booking.expert_name}`),
    h("p", {},
      h("strong", { class: `status ${booking.status}` }, status),
      booking.amount_captured > 0 && ` · ${money(booking.amount_captured, booking.currency)} paid`,
      booking.amount_refunded > 0 && ` · ${money(booking.amount_refunded, booking.currency)} back`,
      booking.hold_expires_at && ` · until ${day(booking.hold_expires_at)}, ${time(booking.hold_expires_at)}`,
    ),
    ...said,
    h("p", { class: "row" },
      is("proposed") && button("Accept", () => accept(booking), { class: "main" }),
      is("proposed") && button("Decline", decline),
      is("held") && h("a", { class: "button main", href: path("pay", booking.id) }, "Pay"),
      is("confirmed") && !hasBegun && button("Move", () => move(booking)),
      is("held", "requested", "confirmed") && !hasBegun && button("Cancel", () => cancel(booking)),
      is("confirmed", "in_progress") && hasBegun && said.length === 0 && button("It took place", complete),
      is("confirmed", "in_progress", "completed") && sayAbsent(booking, claims, "instructor"),
      is("completed") && left > 0 && button("Ask for money back", async () => askForRefund(booking, left)),
    ),
  );
}

async function accept(booking: Booking): Promise<void> {
  const status = await call("accept_proposal", { p_booking_id: booking.id });
  if (status === "held") location.hash = path("pay", booking.id);
  else await done("Accepted.");
}

/** Says what cancelling gives back, and cancels for exactly that. */
async function cancel(booking: Booking): Promise<void> {
  const [preview] = await call("preview_cancellation", { p_booking_id: booking.id });
  const { restored_minutes: minutes, refund_cents: refund, kept_cents: kept, currency } = preview!;
  const back = minutes > 0 ? `${minutes} minutes` : money(refund, currency);
  const yes = async () => {
    await call("cancel_booking", { p_booking_id: booking.id, p_expected_refund_cents: refund });
    const outcome = minutes > 0 ? `${back} are yours again.` : refund > 0 ? `${back} is on its way back.` : "";
    await done(`Cancelled. ${outcome}`);
  };
  openDialog(
    "Cancel this lesson?",
    h("p", {}, `You get ${back} back${kept > 0 ? `; ${money(kept, currency)} is kept` : ""}.`),
    button("Cancel the lesson", yes, { class: "main" }),
  );
}

/** Shows the times of the next weeks and what each costs more, and moves the lesson to the one that is chosen, or proposes that. */
export async function move(booking: Booking): Promise<void> {
  const slots = await call("list_reschedule_times", {
    p_booking_id: booking.id,
    p_from: now().toISOString(),
    p_to: new Date(now().getTime() + 2 * WEEK).toISOString(),
  });
  const to = ({ start_at }: { start_at: string }) =>
    act(async () => {
      const [moved] = await call("reschedule_booking", { p_booking_id: booking.id, p_start_at: start_at });
      if (moved!.status === "proposed") await done("Proposed. Until the learner agrees, the lesson stays where it is.");
      else if (moved!.status === "held") location.hash = path("pay", moved!.booking_id);
      else await done(`Moved to ${day(start_at)}, ${time(start_at)}.`);
    });
  const dearer = (slot: { amount_cents: number }) => (slot.amount_cents > 0 ? ` + ${money(slot.amount_cents, booking.currency)}` : "");
  openDialog(
    "Move to",
    slots.length === 0 && h("p", {}, "Nothing is open in the next two weeks."),
    ...byDay(slots).map(([title, times]) => h("section", {}, h("h3", {}, title), timeButtons(times, to, dearer))),
  );
}

function askForRefund(booking: Booking, most: number): void {
  const field = h("input", {
    type: "number",
    min: "0.01",
    step: "0.01",
    max: amount(most, booking.currency),
    value: amount(most, booking.currency),
  });
  const clientKey = crypto.randomUUID();
  const ask = async (reason: string) => {
    await call("request_refund", {
      p_booking_id: booking.id,
      p_amount_cents: cents(field.value, booking.currency),
      p_reason: reason,
      p_client_key: clientKey,
    });
    await done("Asked. You hear from us once it is decided.");
  };
  askWhy("Ask for money back", "What was wrong?", "Ask", ask, labelled(`Amount in ${booking.currency.toUpperCase()}`, field));
}
