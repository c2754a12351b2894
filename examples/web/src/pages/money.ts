import { call, post, rows, supabase, type Enums, type Tables } from "../api";
import { cards, date, day, h, money, path, section, table } from "../dom";
import { button, type Page } from "../main";
import { myInstructors, teachingTabs } from "./teaching";

const EARNED: Record<Enums["earning_kind"], string> = {
  lesson: "Lesson",
  cancellation: "Cancelled lesson",
  no_show: "Missed lesson",
  credit_expiry: "Hours that expired",
  refund: "Refund",
  dispute: "Dispute",
  adjustment: "Adjustment",
  write_off: "Written off",
};
const PAYOUTS: Record<Enums["payout_status"], string> = {
  pending: "on its way",
  sending: "on its way",
  unknown: "on its way",
  paid: "paid",
  failed: "failed, is tried again",
  held: "held back",
  cancelled: "cancelled",
  reversed: "taken back",
};
const REASONS: Record<string, string> = {
  no_account: "there is no account to pay to. Set it up below.",
  account_not_ready: "Stripe still wants something of you. Go on below.",
  below_minimum: "it was less than the smallest payout, and is paid with the next.",
  negative_balance: "refunds were more than what was earned.",
  nothing_due: "nothing was due.",
};

/** What an instructor earned, what was paid of it, and where it goes. */
export async function moneyPage(): Promise<Page> {
  const ids = (await myInstructors()).map((one) => one.id);
  const [balances, earnings, payouts, skipped, accounts] = await Promise.all([
    call("my_balance", {}),
    rows(supabase.from("earnings").select("*").in("instructor_id", ids).order("created_at", { ascending: false }).limit(20)),
    rows(supabase.from("payouts").select("*").in("instructor_id", ids).order("payout_date", { ascending: false }).limit(20)),
    rows(
      supabase.from("payout_run_results").select("*").in("instructor_id", ids).eq("outcome", "skipped").neq("reason", "nothing_due")
        .limit(5),
    ),
    rows(supabase.from("stripe_connect_accounts").select("status").in("instructor_id", ids).is("retired_at", null)),
  ]);
  const line = (one: Tables<"earnings">) => [
    EARNED[one.kind],
    money(one.amount_cents, one.currency),
    one.status,
    one.status === "pending" ? `payable from ${day(one.available_at)}` : "",
  ];
  return {
    title: "Money",
    content: h("div", {},
      teachingTabs(),
      cards(balances.map(balance), "Nothing was earned yet: complete a lesson."),
      ...skipped.map((one) =>
        h("p", {}, `${money(one.amount_cents, one.currency)} was not paid: ${REASONS[one.reason ?? ""] ?? one.reason}`),
      ),
      section("Payouts", cards(payouts.map(payout), "None yet. Payday is every Friday, for lessons that are a day past.")),
      section(
        "Earnings",
        earnings.length > 0
          ? table("Earnings", ["For", "Amount", "Status", ""], earnings.map(line))
          : h("p", { class: "soft" }, "None yet."),
      ),
      section("Your account", account(accounts[0]?.status ?? "not_started")),
    ),
  };
}

function balance(of: Tables<"instructor_balances">): HTMLElement {
  const row = (text: string, cents: number) => h("div", {}, h("dt", {}, text), h("dd", {}, money(cents, of.currency)));
  return h("li", { class: "card" },
    h("h2", {}, `${money(of.total_cents, of.currency)} earned`),
    h("dl", {},
      row("Held for a day", of.pending_cents),
      row("On the next payday", of.available_cents),
      row("On the way", of.in_transit_cents),
      row("Paid", of.paid_cents),
    ),
  );
}

function payout(one: Tables<"payouts">): HTMLElement {
  return h("li", { class: "card" },
    h("h3", {}, `${money(one.amount_cents, one.currency)}, ${PAYOUTS[one.status]}`),
    h("p", {}, date(one.payout_date)),
    one.failure_message && h("p", { class: "bad" }, one.failure_message),
    h("a", { href: path("statement", one.id) }, "Statement"),
  );
}

function account(status: Enums["connect_status"]): HTMLElement {
  const onboard = async () => {
    const here = location.href;
    location.href = (await post<{ url: string }>("/connect/onboarding-links", { refresh_url: here, return_url: here })).url;
  };
  if (status === "ready") return h("p", {}, "Stripe pays you. Nothing is missing.");
  if (status === "under_review") return h("p", {}, "Stripe looks at what you sent. Come back tomorrow.");
  return h("div", {}, h("p", {}, "Stripe has to know whom it pays."), button("Set up at Stripe", onboard, { class: "main" }));
}

/** The lines of a payout, which sum to its amount. */
export async function statementPage(payoutId = ""): Promise<Page> {
  const lines = await call("payout_statement", { p_payout_id: payoutId });
  const total = lines.reduce((sum, line) => sum + line.amount_cents, 0);
  const row = (line: (typeof lines)[number]) => [
    line.lesson_at ? day(line.lesson_at) : "",
    [EARNED[line.kind], line.service].filter(Boolean).join(": "),
    line.learner_initials,
    money(line.amount_cents, line.currency),
  ];
  const download = async () => {
    const text = await rows(supabase.rpc("payout_statement", { p_payout_id: payoutId }).csv());
    const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    h("a", { href, download: `statement-${lines[0]?.payout_date}.csv` }).click();
    URL.revokeObjectURL(href);
  };
  const first = lines[0];
  return {
    title: first ? `Statement of ${date(first.payout_date)}` : "Statement",
    content: h("div", {},
      first && h("p", {}, `${first.instructor}: ${money(total, first.currency)}`),
      table("Lines", ["Lesson", "For", "Learner", "Amount"], lines.map(row)),
      h("p", { class: "row" }, button("Download as CSV", download), h("a", { class: "button", href: "#/money" }, "Back to the money")),
    ),
  };
}
