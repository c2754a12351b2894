import { call, namesOf, requireSession, rows, supabase, type Tables } from "../api";
import { cards, choice, date, h, isoDate, labelled, length, money, openDialog, path } from "../dom";
import { button, done, form, type Page } from "../main";
import { codeField } from "./book";
import { wards } from "./family";

type Lot = Tables<"learner_credits">;

/** Hours that were bought ahead, by the caller or for a ward. */
export async function hoursPage(): Promise<Page> {
  const { user } = await requireSession();
  const [mine, others] = await Promise.all([
    rows(supabase.from("learners").select("id").eq("user_id", user.id)),
    wards(user.id, "can_view"),
  ]);
  const learners = [...mine, ...others].map(({ id }) => id);
  const lots = await rows(
    supabase.from("learner_credits").select("*").in("learner_id", learners).neq("status", "cancelled")
      .order("created_at", { ascending: false }),
  );
  const ids = (column: "instructor_id" | "service_id" | "learner_id") => lots.map((lot) => lot[column]).filter((id) => id !== null);
  const [instructors, services, people] = await Promise.all([
    namesOf("instructors", ids("instructor_id")),
    namesOf("services", ids("service_id")),
    namesOf("learners", ids("learner_id")),
  ]);
  const about = (lot: Lot) =>
    [
      lot.service_id ? (services.get(lot.service_id) ?? "One lesson") : "Any lesson by the hour",
      `with ${instructors.get(lot.instructor_id) ?? "an instructor"}`,
      mine.some(({ id }) => id === lot.learner_id) ? "" : `for ${people.get(lot.learner_id)}`,
    ].join(" ");
  return {
    title: "Hours bought ahead",
    content: h("div", {},
      h("p", { class: "soft" }, "Hours keep the price of the day on which they were bought, and pay for lessons of that instructor."),
      cards(
        lots.map((lot) => lotCard(lot, about(lot))),
        "You have none. Choose a lesson, and buy hours ahead from the page of its times.",
      ),
    ),
  };
}

function lotCard(lot: Lot, about: string): HTMLElement {
  const isPending = lot.status === "pending";
  return h("li", { class: "card" },
    h("h2", {}, isPending ? `${length(lot.minutes_purchased)}, not paid yet` : `${length(lot.minutes_left)} left`),
    h("p", {}, about),
    h("p", { class: "soft" },
      `${length(lot.minutes_purchased)} for ${money(lot.total_cents, lot.currency)}`,
      lot.minutes_refunded > 0 && `, ${length(lot.minutes_refunded)} given back`,
      lot.expires_at && `, usable until ${date(isoDate(lot.expires_at))}`,
      lot.status === "frozen" && ", frozen while the payment is disputed",
    ),
    h("p", { class: "row" },
      isPending && h("a", { class: "button main", href: path("pay-hours", lot.id) }, "Pay"),
      lot.status === "active" && lot.minutes_left > 0 && button("Give hours back", async () => giveBack(lot)),
    ),
  );
}

function giveBack(lot: Lot): void {
  const minutes = h("input", { type: "number", min: "1", max: String(lot.minutes_left), value: String(lot.minutes_left), required: true });
  const clientKey = crypto.randomUUID();
  const refund = async () => {
    const [returned] = await call("refund_credits", { p_credit_id: lot.id, p_minutes: Number(minutes.value), p_client_key: clientKey });
    await done(`${length(returned!.minutes)} given back: ${money(returned!.amount_cents, returned!.currency)} is on its way to your card.`);
  };
  openDialog(
    "Give hours back",
    h("p", {}, "Each minute is paid back at the price that you paid for it."),
    form(refund, labelled(`Minutes, at most ${lot.minutes_left}`, minutes), h("button", { class: "main" }, "Give back")),
  );
}

/** Buys hours with an instructor, for one service. */
export async function buyPage(instructorId = "", serviceId = "", name = ""): Promise<Page> {
  const { user } = await requireSession();
  const [[service], quote, learners] = await Promise.all([
    rows(supabase.from("services").select("title, duration_minutes").eq("id", serviceId)),
    call("quote_booking", { p_service_id: serviceId, p_instructor_id: instructorId }),
    wards(user.id, "can_pay"),
  ]);
  const step = (service?.duration_minutes ?? 60) / 60;
  const hours = h("input", { type: "number", min: String(step), step: String(step), max: "100", value: String(step * 5), required: true });
  const learner = choice([["", "Myself"], ...learners.map((one): [string, string] => [one.id, one.name])]);
  const of = { p_instructor_id: instructorId, p_service_id: serviceId };
  const code = codeField(
    () => ({ ...of, p_learner_id: learner.value || null }),
    () => "The code is good.",
  );
  const clientKey = crypto.randomUUID();
  const buy = async () => {
    const [lot] = await call("buy_credits", {
      ...of,
      p_hours: Number(hours.value),
      p_learner_id: learner.value || null,
      p_discount_code: await code.find(),
      p_client_key: clientKey,
    });
    location.hash = lot!.status === "pending" ? path("pay-hours", lot!.credit_id) : "#/hours";
  };
  const price = money(
    quote.reduce((sum, line) => sum + line.amount_cents, 0),
    quote[0]!.currency,
  );
  return {
    title: "Buy hours ahead",
    content: h("div", { class: "narrow" },
      h("p", {},
        `${service?.title ?? "Lessons"} with ${name}: ${price}, fee included, for each ${length(service?.duration_minutes ?? 60)}.`,
      ),
      form(
        buy,
        labelled("Hours", hours),
        learners.length > 0 && labelled("For", learner),
        code.element,
        h("button", { class: "main" }, "Buy"),
      ),
    ),
  };
}
