import { call, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { h, type Child } from "../dom";
import { askWhy, button, did, done } from "../main";

type Booking = Tables<"booking_details">;
export type Claim = Tables<"lesson_claims">;

const MINUTE = 60 * 1000;

/** Who is said not to have come to a lesson: what the person may see and nobody has settled yet. */
export function openClaims(): Promise<Claim[]> {
  return rows(supabase.from("lesson_claims").select("*").in("status", ["open", "undecided"]));
}

/** What is said about a lesson. A side answers what is said of it, and takes back what it has said. */
export function claimsAbout(booking: Booking, claims: Claim[], side: "learner" | "instructor"): HTMLElement[] {
  return claims.filter((one) => one.booking_id === booking.id).map((one) => about(one, one.no_show_by === side));
}

function about(claim: Claim, isOfCaller: boolean): HTMLElement {
  const of = { p_claim_id: claim.id };
  const accept = () => did(call("accept_claim", of), "Thank you. That settles it.");
  const withdraw = () => did(call("withdraw_claim", of), "Taken back.");
  const contest = (p_statement: string) =>
    call("contest_claim", { ...of, p_statement }).then(() => done("Contested. An admin decides, and you are told."));
  return h("div", { class: "told" },
    h("p", {}, `It is said that the ${claim.no_show_by} did not come. ${claim.status === "open" ? "" : "An admin decides."}`),
    claim.statement && h("p", {}, `“${claim.statement}”`),
    h("div", { class: "row" },
      isOfCaller && button("That is true", accept),
      isOfCaller && claim.status === "open" && button("It is not", async () => askWhy("Contest it?", "What happened?", "Contest", contest)),
      !isOfCaller && claim.claimant !== "admin" && button("Take it back", withdraw),
    ),
  );
}

/** Says that the other side did not come: from a quarter of an hour after the start until a day after the end. */
export function sayAbsent(booking: Booking, claims: Claim[], who: "learner" | "instructor"): Child {
  const isSaid = claims.some((one) => one.booking_id === booking.id && one.no_show_by === who);
  const present = now().getTime();
  const isTime = present >= Date.parse(booking.start_at) + 15 * MINUTE && present < Date.parse(booking.end_at) + 24 * 60 * MINUTE;
  const say = (p_statement: string) =>
    call("mark_no_show", { p_booking_id: booking.id, p_who: who, p_statement }).then(() =>
      done("Noted. The other side is told, and has three days to contest it."),
    );
  const text = `The ${who} did not come`;
  return isTime && !isSaid && button(text, async () => askWhy(`${text}?`, "What happened?", "Say so", say));
}
