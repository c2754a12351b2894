import { call, type Tables } from "../api";
import { now } from "../config";
import { day, h, money, time } from "../dom";
import { act, show, tell, type Page } from "../main";
import { byDay, timeButton } from "./times";

type Booking = Tables<"booking_details">;

const WORDS: Record<Booking["booking_status"], string> = {
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
const WEEK = 7 * 24 * 60 * 60 * 1000;

/** The caller's lessons, and those of whom they are guardian of. */
export async function bookingsPage(): Promise<Page> {
  const bookings = await call("my_bookings", {});
  const isAhead = (one: Booking) => ["held", "requested", "confirmed", "in_progress"].includes(one.booking_status);
  const list = (title: string, some: Booking[]) =>
    some.length > 0 && h("section", {}, h("h2", {}, title), h("ul", { class: "cards" }, ...some.map(card)));
  return {
    title: "My lessons",
    content: h(
      "div",
      {},
      bookings.length === 0 && h("p", {}, "You have not booked anything yet. ", h("a", { href: "#/" }, "Find a lesson.")),
      list("Ahead", bookings.filter(isAhead)),
      list("Over", bookings.filter((one) => !isAhead(one)).reverse()),
    ),
  };
}

function card(booking: Booking): HTMLElement {
  const status = booking.payment_status === "refunded" ? "refunded" : WORDS[booking.booking_status];
  const mayEnd = ["held", "requested", "confirmed"].includes(booking.booking_status);
  return h(
    "li",
    { class: "card" },
    h("h3", {}, `${day(booking.start_at)}, ${time(booking.start_at)}`),
    h("p", {}, `${booking.session_title} for ${booking.learner_name} with ${booking.expert_name}`),
    h(
      "p",
      {},
      h("strong", { class: `status ${booking.status}` }, status),
      booking.amount_captured > 0 && ` · ${money(booking.amount_captured, booking.currency)} paid`,
      booking.amount_refunded > 0 && ` · ${money(booking.amount_refunded, booking.currency)} back`,
    ),
    mayEnd &&
      h(
        "p",
        { class: "row" },
        booking.booking_status === "held" && h("a", { class: "button main", href: `#/pay/${booking.id}` }, "Pay"),
        booking.booking_status === "confirmed" && h("button", { type: "button", onclick: act(() => move(booking)) }, "Move"),
        h("button", { type: "button", onclick: act(() => cancel(booking)) }, "Cancel"),
      ),
  );
}

/** Says what cancelling gives back, and cancels for exactly that. */
async function cancel(booking: Booking): Promise<void> {
  const [preview] = await call("preview_cancellation", { p_booking_id: booking.id });
  const back = preview!.restored_minutes > 0 ? `${preview!.restored_minutes} minutes` : money(preview!.refund_cents, preview!.currency);
  const yes = act(async () => {
    await call("cancel_booking", { p_booking_id: booking.id, p_expected_refund_cents: preview!.refund_cents }).finally(() => dialog.close());
    await show();
    tell(`Cancelled. ${back} ${preview!.restored_minutes > 0 ? "are yours again" : "is on its way back"}.`);
  });
  const dialog = openDialog(
    "Cancel this lesson?",
    h("p", {}, `You get ${back} back${preview!.kept_cents > 0 ? `; ${money(preview!.kept_cents, preview!.currency)} is kept` : ""}.`),
    h("button", { class: "main", type: "button", onclick: yes }, "Cancel the lesson"),
  );
}

/** Shows the open times of the next weeks, and moves the lesson to the one that is chosen. */
async function move(booking: Booking): Promise<void> {
  const slots = await call("list_open_slots", {
    p_instructor_id: booking.expert_id,
    p_service_id: booking.session_id,
    p_from: now().toISOString(),
    p_to: new Date(now().getTime() + 2 * WEEK).toISOString(),
  });
  const to = (startAt: string) =>
    act(async () => {
      const [moved] = await call("reschedule_booking", { p_booking_id: booking.id, p_start_at: startAt }).finally(() => dialog.close());
      if (moved!.status === "held") location.hash = `#/pay/${moved!.booking_id}`;
      else await show();
      tell(`Moved to ${day(startAt)}, ${time(startAt)}.`);
    });
  const dialog = openDialog(
    "Move to",
    ...byDay(slots).map(([title, times]) =>
      h(
        "section",
        {},
        h("h3", {}, title),
        h("div", { class: "times" }, ...times.map((slot) => timeButton(slot, to(slot.start_at)))),
      ),
    ),
  );
}

function openDialog(title: string, ...content: Node[]): HTMLDialogElement {
  const dialog = h(
    "dialog",
    { aria: { labelledby: "dialog" } },
    h("h2", { id: "dialog" }, title),
    ...content,
    h("p", {}, h("button", { type: "button", onclick: () => dialog.close() }, "Leave it")),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.querySelector("#content")!.append(dialog);
  dialog.showModal();
  return dialog;
}
