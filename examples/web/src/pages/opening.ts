import { call, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { cents, choice, date, h, isoDate, labelled, section, ticked, WEEK } from "../dom";
import { button, did, done, form, type Page } from "../main";
import { myInstructors, teachingTabs, type Me } from "./teaching";

type Window = Tables<"availability_windows">;
type Exception = Tables<"availability_exceptions">;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** When an instructor can be booked: weekly hours, closed days, published times. */
export async function openingPage(): Promise<Page> {
  const me = await myInstructors();
  const ids = me.map((one) => one.id);
  const [hours, closed, services] = await Promise.all([
    rows(supabase.from("availability_windows").select("*").in("instructor_id", ids).order("day_of_week").order("start_time")),
    rows(
      supabase.from("availability_exceptions").select("*").in("instructor_id", ids)
        .or(`on_date.gte.${isoDate(now())},last_date.gte.${isoDate(now())}`).order("on_date"),
    ),
    rows(
      supabase
        .from("services")
        .select("id, title, instructor_id")
        .in(
          "org_id",
          me.map((one) => one.org_id),
        )
        .eq("is_active", true)
        .order("title"),
    ),
  ]);
  const part = (one: Me) => {
    const is = (row: { instructor_id: string | null }) => row.instructor_id === one.id;
    const given = services.filter((service) => is(service) || service.instructor_id === null);
    return h("div", {},
      me.length > 1 && h("h2", {}, one.display_name),
      settings(one),
      section(
        "Weekly hours",
        h("p", { class: "soft" }, `Times are those of ${one.time_zone.replaceAll("_", " ")}.`),
        hours.some(is)
          ? h("ul", { class: "plain lines" }, ...hours.filter(is).map(windowLine))
          : h("p", {}, "None yet: nobody can book you."),
        newHours(one),
      ),
      section(
        "Days off",
        closed.some(is) ? h("ul", { class: "plain lines" }, ...closed.filter(is).map(exceptionLine)) : h("p", {}, "None ahead."),
        newException(one),
      ),
      section("Lessons", h("p", {}, given.map(({ title }) => title).join(", ") || "You give none yet."), newLesson(one)),
      given.length > 0 && section("Publish times", publishing(one, given)),
    );
  };
  return { title: "Hours", content: h("div", {}, teachingTabs(), ...me.map(part)) };
}

function settings(one: Me): HTMLElement {
  const isOpen = h("input", { type: "checkbox", checked: one.is_available });
  const number = (value: number, max: string) => h("input", { type: "number", min: "0", max, value: String(value), required: true });
  const notice = number(one.minimum_notice_minutes / 60, "720");
  const horizon = number(one.horizon_days, "366");
  const [before, after] = [number(one.buffer_before_minutes, "240"), number(one.buffer_after_minutes, "240")];
  const save = async () => {
    const changed = {
      is_available: isOpen.checked,
      minimum_notice_minutes: Math.round(Number(notice.value) * 60),
      horizon_days: Number(horizon.value),
      buffer_before_minutes: Number(before.value),
      buffer_after_minutes: Number(after.value),
    };
    await rows(supabase.from("instructors").update(changed).eq("id", one.id).select("id"));
    await done("Saved.");
  };
  return section(
    "Bookings",
    form(
      save,
      ticked("I take bookings", isOpen),
      h("div", { class: "row" },
        labelled("Hours of notice", notice),
        labelled("Days ahead", horizon),
        labelled("Minutes free before", before),
        labelled("Minutes free after", after),
        h("button", {}, "Save"),
      ),
    ),
  );
}

function windowLine(hours: Window): HTMLElement {
  const text = `${DAYS[hours.day_of_week]}, ${hours.start_time.slice(0, 5)} to ${hours.end_time.slice(0, 5)}`;
  const close = () =>
    did(rows(supabase.from("availability_windows").delete().eq("id", hours.id).select("id")), `${text} is closed. What is booked stays.`);
  return h("li", {}, text, button("Close", close, { class: "link", aria: { label: `Close ${text}` } }));
}

function newHours(one: Me): HTMLElement {
  const weekday = choice(DAYS.map((name, number): [string, string] => [String(number), name]));
  weekday.value = "1";
  const start = h("input", { type: "time", required: true, value: "09:00" });
  const end = h("input", { type: "time", required: true, value: "17:00" });
  const open = async () => {
    const hours = { instructor_id: one.id, day_of_week: Number(weekday.value), start_time: start.value, end_time: end.value };
    await rows(supabase.from("availability_windows").insert(hours).select("id"));
    await done("Opened.");
  };
  const fields = [labelled("Day", weekday), labelled("From", start), labelled("To", end)];
  return form(open, h("div", { class: "row" }, ...fields, h("button", {}, "Open")));
}

function exceptionLine(exception: Exception): HTMLElement {
  const until = exception.last_date && exception.last_date !== exception.on_date ? ` to ${date(exception.last_date)}` : "";
  const isWhole = exception.start_time < "00:01" && exception.end_time > "23:59";
  const times = isWhole ? "" : `, ${exception.start_time.slice(0, 5)} to ${exception.end_time.slice(0, 5)}`;
  const note = exception.note ? `: ${exception.note}` : "";
  const text = `${date(exception.on_date)}${until}${times}${exception.is_available ? ", open" : ""}${note}`;
  const remove = () => did(rows(supabase.from("availability_exceptions").delete().eq("id", exception.id).select("id")), "Removed.");
  return h("li", {}, text, button("Remove", remove, { class: "link", aria: { label: `Remove ${text}` } }));
}

function newException(one: Me): HTMLElement {
  const today = isoDate(now(), one.time_zone);
  const [first, last] = [h("input", { type: "date", min: today, required: true }), h("input", { type: "date", min: today })];
  const note = h("input", { maxLength: 200 });
  const add = async () => {
    const closed = {
      instructor_id: one.id,
      on_date: first.value,
      last_date: last.value || null,
      is_available: false,
      note: note.value || null,
    };
    await rows(supabase.from("availability_exceptions").insert(closed).select("id"));
    await done("Nothing more is sold on these days. What is booked stays: cancel it from its day.");
  };
  const fields = [labelled("First day", first), labelled("Last day, if several", last), labelled("Note, for yourself", note)];
  return form(add, h("div", { class: "row" }, ...fields, h("button", {}, "Close")));
}

function newLesson(one: Me): HTMLElement {
  const title = h("input", { required: true, maxLength: 100 });
  const minutes = h("input", { type: "number", min: "15", max: "720", step: "5", value: "60", required: true });
  const price = h("input", { type: "number", min: "0", step: "0.01", placeholder: "by the hour" });
  const add = async () => {
    const of = { p_org_id: one.org_id, p_instructor_id: one.id, p_title: title.value, p_duration_minutes: Number(minutes.value) };
    await call("create_service", { ...of, p_price_cents: price.value ? cents(price.value, one.currency) : null });
    await done(`${title.value} is on offer.`);
  };
  const fields = [labelled("Title", title), labelled("Minutes", minutes), labelled(`Price in ${one.currency.toUpperCase()}`, price)];
  return form(add, h("div", { class: "row" }, ...fields, h("button", {}, "Add")));
}

function publishing(one: Me, services: { id: string; title: string }[]): HTMLElement {
  const service = choice(services.map(({ id, title }): [string, string] => [id, title]));
  const weeks = choice(["1", "2", "4", "8"].map((count): [string, string] => [count, count === "1" ? "1 week" : `${count} weeks`]));
  weeks.value = "2";
  const of = () => ({
    p_service_id: service.value,
    p_instructor_id: one.id,
    p_from: now().toISOString(),
    p_to: new Date(now().getTime() + Number(weeks.value) * WEEK).toISOString(),
  });
  const publish = async () => done(`${await call("publish_slots", of())} new times are published.`);
  const withdraw = async () => done(`${await call("unpublish_slots", of())} free times are withdrawn.`);
  return form(
    publish,
    h("p", { class: "soft" },
      "Published times have addresses of their own. Unpublished ones can be booked from your calendar all the same.",
    ),
    h("div", { class: "row" },
      labelled("Lesson", service),
      labelled("From today for", weeks),
      h("button", {}, "Publish"),
      button("Withdraw", withdraw),
    ),
  );
}
