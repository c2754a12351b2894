import { call, forgetRoles, hasSecondFactor, myRoles, namesOf, requireSession, rows, supabase, verifyFactor, verifyLocally } from "../api";
import { config } from "../config";
import { cards, cents, day, h, labelled, money, section } from "../dom";
import { askWhy, button, did, done, form, type Page, show } from "../main";

/** What waits for the platform: refunds that are asked for, people, problems, payouts, alerts. Needs a second factor. */
export async function adminPage(): Promise<Page> {
  await requireSession();
  if (!(await hasSecondFactor())) return { title: "Second factor", content: secondFactor() };
  const isAdmin = (await myRoles()).some(({ role }) => role === "platform_admin");
  if (!isAdmin) return { title: "Queue", content: h("p", { class: "card" }, "This page is for admins of the platform, and you are none.") };
  const [refunds, instructors, problems, claims, payouts, alerts] = await Promise.all([
    rows(supabase.from("refunds").select("*").eq("status", "requested").order("created_at")),
    rows(supabase.from("instructors").select("*").eq("verification_status", "pending").order("created_at")),
    rows(supabase.from("problem_reports").select("*").or("resolved_at.is.null,awaits_refund.is.true").order("created_at")),
    rows(supabase.from("lesson_claims").select("*").eq("status", "undecided").order("created_at")),
    rows(supabase.from("payouts").select("*").in("status", ["held", "failed", "unknown"]).order("payout_date")),
    rows(supabase.from("alerts").select("*").is("resolved_at", null).order("created_at")),
  ]);
  const people = [...refunds, ...problems, ...claims];
  const [learners, teachers] = await Promise.all([
    namesOf(
      "learners",
      people.map((one) => one.learner_id),
    ),
    namesOf(
      "instructors",
      [...people, ...payouts].map((one) => one.instructor_id).filter((id) => id !== null),
    ),
  ]);
  const who = (one: { learner_id: string; instructor_id: string }) =>
    `${learners.get(one.learner_id)}, taught by ${teachers.get(one.instructor_id)}`;
  const decide = (text: string, work: (why: string) => Promise<unknown>, message: string) =>
    button(text, async () => askWhy(`${text}?`, "Why", text, async (why) => work(why).then(() => done(message))));
  const waiting = people.length + instructors.length + payouts.length + alerts.length;
  return {
    title: "Queue",
    content: h("div", {},
      h("p", {},
        waiting === 0
          ? "Nothing waits for you."
          : `${waiting === 1 ? "One thing waits" : `${waiting} things wait`} for you. Each decision is kept with its reason.`,
      ),
      queue(
        "Refunds asked for",
        refunds.map((one) => {
          const answer = (p_is_granted: boolean) => (p_note: string) =>
            call("decide_refund", { p_refund_id: one.id, p_is_granted, p_note });
          return card(
            money(one.amount_cents, one.currency),
            [who(one), `“${one.reason}”`],
            decide("Grant", answer(true), "Granted. The money is on its way back."),
            decide("Decline", answer(false), "Declined."),
          );
        }),
      ),
      queue(
        "Instructors to verify",
        instructors.map((one) => {
          const answer = (p_verification_status: "verified" | "rejected") => (p_reason: string) =>
            call("admin_verify_instructor", { p_instructor_id: one.id, p_verification_status, p_reason });
          return card(
            one.display_name,
            [one.bio ?? "Has written nothing about themselves.", `Since ${day(one.created_at)}`],
            decide("Verify", answer("verified"), `${one.display_name} can be found and booked.`),
            decide("Reject", answer("rejected"), `${one.display_name} stays hidden.`),
          );
        }),
      ),
      queue(
        "Problems with lessons",
        problems.map((one) => {
          const answer = (p_unfreezes_earning: boolean) => (p_reason: string) =>
            call("admin_resolve_problem", { p_problem_report_id: one.id, p_unfreezes_earning, p_reason });
          return card(
            who(one),
            [`“${one.description}”`, one.awaits_refund ? "Waits for the refund that was decided." : "The earning is frozen."],
            decide("Pay the instructor", answer(true), "The earning is pending again."),
            !one.awaits_refund && decide("Refund instead", answer(false), "The earning stays frozen until the refund is made."),
          );
        }),
      ),
      queue(
        "Who did not come",
        claims.map((one) => {
          const answer = (p_no_show_by: typeof one.no_show_by | null) => (p_reason: string) =>
            call("decide_claim", { p_claim_id: one.id, p_no_show_by, p_reason });
          return card(
            who(one),
            [`The ${one.no_show_by}, it is said. “${one.statement ?? ""}”`, `“${one.answer ?? ""}”`],
            decide(`The ${one.no_show_by} did not come`, answer(one.no_show_by), "Decided. Both sides are told."),
            decide("Nothing is proven", answer(null), "The lesson stays as it was. Both sides are told."),
          );
        }),
      ),
      queue(
        "Payouts that stand still",
        payouts.map((one) =>
          card(
            `${money(one.amount_cents, one.currency)}, ${one.status}`,
            [(one.instructor_id && teachers.get(one.instructor_id)) || "A school", one.failure_message],
            one.status === "unknown"
              ? h("p", {}, "Transfer nothing by hand: the next payout job looks it up.")
              : decide(
                  "Release",
                  (p_reason) => call("admin_release_payout", { p_payout_id: one.id, p_reason }),
                  "The next payout job sends it.",
                ),
          ),
        ),
      ),
      queue(
        "Alerts",
        alerts.map((one) => {
          const resolve = () => did(call("resolve_alert", { p_alert_id: one.id }), "Resolved.");
          return card(one.code.replaceAll("_", " "), [one.message, day(one.created_at)], button("Resolved", resolve));
        }),
      ),
      section("New discount code", newCode()),
    ),
  };
}

function queue(title: string, items: HTMLElement[]): HTMLElement | null {
  return items.length > 0 ? section(title, cards(items, "")) : null;
}

function card(title: string, lines: (string | null)[], ...actions: (HTMLElement | false)[]): HTMLElement {
  const texts = lines.filter((line) => line !== null).map((line) => h("p", {}, line));
  return h("li", { class: "card" }, h("h3", {}, title), ...texts, h("div", { class: "row" }, ...actions));
}

function secondFactor(): HTMLElement {
  const code = h("input", { inputMode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", required: true });
  const raise = (work: () => Promise<void>) => async () => {
    await work();
    forgetRoles();
    await show();
  };
  const locally = button("Go on without one: this is a local stack", raise(verifyLocally), { class: "main" });
  return h("div", { class: "narrow" },
    h("p", {}, "What the platform's admins see and decide asks for a second factor."),
    config.clock_url
      ? locally
      : form(
          raise(() => verifyFactor(code.value)),
          labelled("Code of your authenticator app", code),
          h("button", { class: "main" }, "Go on"),
        ),
  );
}

function newCode(): HTMLElement {
  const code = h("input", { required: true, maxLength: 40 });
  const worth = h("input", { type: "number", min: "0.01", step: "0.01", required: true });
  const currency = h("input", { required: true, value: "gbp", maxLength: 3 });
  const reason = h("input", { required: true, maxLength: 500 });
  const create = async () => {
    await call("admin_create_discount_code", {
      p_code: code.value,
      p_reason: reason.value,
      p_amount_cents: cents(worth.value, currency.value),
      p_currency: currency.value,
    });
    await done(`${code.value} takes ${worth.value} off a lesson, at the platform's cost.`);
  };
  const fields = [labelled("Code", code), labelled("Takes off", worth), labelled("Currency", currency), labelled("Why", reason)];
  return form(create, h("div", { class: "row" }, ...fields, h("button", {}, "Create")));
}
