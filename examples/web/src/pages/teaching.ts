import { call, forgetRoles, requireSession, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { cards, cents, DAY, day, h, isoDate, labelled, money, openDialog, path, section, tabs, time, WEEK, weeks } from "../dom";
import { askWhy, button, done, form, type Page } from "../main";
import { WORDS } from "./bookings";

type Booking = Tables<"booking_details">;
export type Me = Tables<"instructors">;

/** The person as an instructor: once for each school, and once for the marketplace. */
export async function myInstructors(): Promise<Me[]> {
  const { user } = await requireSession();
  return rows(supabase.from("instructors").select("*").eq("user_id", user.id).order("created_at"));
}

export function teachingTabs(): HTMLElement {
  return tabs("Teaching", [
    ["#/teaching", "Week"],
    ["#/opening", "Hours"],
    ["#/money", "Money"],
  ]);
}

/** An instructor's lessons of seven days, and the requests that wait for an answer. */
export async function weekPage(week = "0"): Promise<Page> {
  const me = await myInstructors();
  if (me.length === 0) return { title: "Teach here", content: beginning() };
  const since = new Date(now().getTime() + Number(week) * WEEK);
  const until = new Date(since.getTime() + WEEK);
  const ids = me.map((one) => one.id);
  const zone = me[0]!.time_zone;
  const days = [0, 1, 2, 3, 4, 5, 6].map((count) => isoDate(new Date(since.getTime() + count * DAY), zone));
  const of = () => supabase.from("booking_details").select("*").in("expert_id", ids);
  const [bookings, requests] = await Promise.all([
    rows(
      of()
        .in("booking_status", ["held", "confirmed", "in_progress", "completed", "no_show"])
        .gte("start_at", new Date(since.getTime() - DAY).toISOString())
        .lt("start_at", until.toISOString())
        .order("start_at"),
    ),
    rows(of().eq("booking_status", "requested").order("start_at")),
  ]);
  return {
    title: "Teaching",
    content: h(
      "div",
      {},
      teachingTabs(),
      me.some((one) => one.verification_status !== "verified") &&
        h("p", { class: "card" }, "Nobody finds you before the platform has verified you. Meanwhile, open your hours."),
      requests.length > 0 && section("Waiting for your answer", cards(requests.map(lessonCard), "")),
      weeks(since, new Date(until.getTime() - DAY), zone, (count) => path("teaching", String(Number(week) + count))),
      h(
        "div",
        { class: "days" },
        ...days.map((on) =>
          dayOfWeek(
            on,
            bookings.filter((one) => isoDate(one.start_at, zone) === on),
            zone,
          ),
        ),
      ),
    ),
  };
}

function beginning(): HTMLElement {
  const name = h("input", { required: true, maxLength: 100, autocomplete: "name" });
  const rate = h("input", { type: "number", min: "0.01", step: "0.01", required: true });
  const currency = h("input", { required: true, value: "gbp", maxLength: 3 });
  const begin = async () => {
    const p_time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const price = { p_hourly_rate_cents: cents(rate.value, currency.value), p_currency: currency.value };
    await call("become_instructor", { p_display_name: name.value, p_time_zone, ...price });
    forgetRoles();
    location.hash = "#/opening";
  };
  const fields = [labelled("Your name, as learners see it", name), labelled("Price of an hour", rate), labelled("Currency", currency)];
  const element = form(begin, ...fields, h("button", { class: "main" }, "Teach here"));
  element.classList.add("narrow");
  return element;
}

function dayOfWeek(on: string, bookings: Booking[], zone: string): HTMLElement {
  const line = (one: Booking) =>
    h("li", {}, h("strong", {}, time(one.start_at, zone)), ` ${one.session_title} for ${one.learner_name}, ${WORDS[one.booking_status]}`);
  return h(
    "section",
    { class: "card" },
    h("h2", {}, h("a", { href: path("day", on) }, day(`${on}T12:00:00Z`, "UTC"))),
    bookings.length > 0 ? h("ul", { class: "plain" }, ...bookings.map(line)) : h("p", { class: "soft" }, "Free"),
  );
}

/** A day in the instructor's time zone, with what is to be done at each lesson. */
export async function dayPage(on = ""): Promise<Page> {
  const me = await myInstructors();
  const bookings = (await Promise.all(me.map((one) => call("instructor_day", { p_instructor_id: one.id, p_on: on })))).flat();
  const ahead = bookings.filter((one) => ["held", "requested", "confirmed"].includes(one.booking_status));
  const cancelDay = (reason: string) =>
    Promise.all(me.map((one) => call("cancel_day", { p_instructor_id: one.id, p_on: on, p_reason: reason }))).then((ended) =>
      done(`The day is closed. ${ended.flat().length} lessons were cancelled; their learners are told, and get their money back.`),
    );
  return {
    title: day(`${on}T12:00:00Z`, "UTC"),
    content: h(
      "div",
      {},
      teachingTabs(),
      cards(bookings.map(lessonCard), "No lessons."),
      h("p", { class: "row" }, h("a", { class: "button", href: "#/teaching" }, "Back to the week")),
      ahead.length > 0 &&
        button(
          "Cancel the whole day",
          async () => askWhy("Cancel every lesson of this day?", "Why, for the learners", "Cancel the day", cancelDay),
          {
            class: "link",
          },
        ),
    ),
  };
}

function lessonCard(booking: Booking): HTMLElement {
  const is = (status: Booking["booking_status"]) => booking.booking_status === status;
  const of = { p_booking_id: booking.id };
  const say = (work: Promise<unknown>, message: string) => work.then(() => done(message));
  const isNear = Date.parse(booking.start_at) - 15 * 60 * 1000 <= now().getTime();
  const hasBegun = Date.parse(booking.start_at) <= now().getTime();
  const isOver = Date.parse(booking.end_at) <= now().getTime();
  const missed = () => say(call("mark_no_show", { ...of, p_who: "learner" }), "Noted. The learner has three days to say otherwise. Then the lesson is earned all the same; if you had not pressed Start, an admin decides.");
  const cancel = (reason: string) =>
    say(call("cancel_booking", { ...of, p_reason: reason }), "Cancelled. The learner gets everything back.");
  return h(
    "li",
    { class: "card" },
    h("h3", {}, `${day(booking.start_at)}, ${time(booking.start_at)}`),
    h(
      "p",
      {},
      `${booking.session_title} for ${booking.learner_name}, `,
      h("strong", { class: `status ${booking.status}` }, WORDS[booking.booking_status]),
    ),
    booking.learner_notes && h("p", {}, `“${booking.learner_notes}”`),
    booking.amount_captured > 0 && h("p", { class: "soft" }, `${money(booking.amount_captured, booking.currency)} paid`),
    h(
      "p",
      { class: "row" },
      is("requested") && button("Accept", () => say(call("confirm_booking", of), "Accepted. The learner pays now."), { class: "main" }),
      is("requested") && button("Decline", () => say(call("decline_booking", of), "Declined.")),
      is("confirmed") && isNear && button("Start", () => say(call("start_lesson", of), "The lesson has begun.")),
      is("confirmed") && hasBegun && button("Did not come", missed),
      is("confirmed") &&
        !hasBegun &&
        button("Cancel", async () => askWhy("Cancel this lesson?", "Why, for the learner", "Cancel the lesson", cancel)),
      is("in_progress") && isOver && button("Complete", async () => complete(booking), { class: "main" }),
    ),
  );
}

function complete(booking: Booking): void {
  const notes = h("textarea", { rows: 3, maxLength: 2000 });
  const finish = async () => {
    await call("complete_lesson", { p_booking_id: booking.id, p_notes: notes.value || null });
    await done("Completed. You find what it earned under Money.");
  };
  openDialog("Complete the lesson", form(finish, labelled("Summary for the learner", notes), h("button", { class: "main" }, "Complete")));
}
