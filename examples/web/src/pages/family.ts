import { call, requireSession, rows, supabase, type Tables } from "../api";
import { now } from "../config";
import { cards, checkbox, choice, date, h, isoDate, labelled, section, ticked } from "../dom";
import { button, did, done, form, type Page } from "../main";
import { bookingCard, isAhead } from "./bookings";
import { openClaims } from "./claims";

type Link = Tables<"learner_guardians">;
type Right = "can_view" | "can_book" | "can_pay";

/** Learners for whom the person may do something: as their guardian, who has consented. */
export async function wards(userId: string, right: Right): Promise<{ id: string; name: string }[]> {
  return (await guardianships(userId)).filter((link) => link[right]).map((link) => ({ id: link.learner_id, name: link.learner.full_name }));
}

async function guardianships(userId: string) {
  const me = await rows(supabase.from("guardians").select("id").eq("user_id", userId));
  if (me.length === 0) return [];
  return rows(
    supabase.from("learner_guardians").select("*, learner:learners(full_name)").eq("guardian_id", me[0]!.id)
      .not("consented_at", "is", null).is("revoked_at", null),
  );
}

/** Whom the person answers for, their lessons and payments; what they are asked to consent to; and who answers for the person. */
export async function familyPage(): Promise<Page> {
  const { user } = await requireSession();
  const [mine, offers, bookings, claims, learners] = await Promise.all([
    guardianships(user.id),
    rows(
      supabase.from("learner_guardians").select("*").ilike("guardian_email", user.email ?? "").is("consented_at", null)
        .is("revoked_at", null).gt("expires_at", now().toISOString()),
    ),
    call("my_bookings", { p_limit: 200 }),
    openClaims(),
    rows(supabase.from("learners").select("id, full_name").eq("user_id", user.id)),
  ]);
  const guardians = await rows(
    supabase
      .from("learner_guardians")
      .select("*")
      .in(
        "learner_id",
        learners.map(({ id }) => id),
      )
      .is("revoked_at", null)
      .order("created_at"),
  );
  const ward = (link: (typeof mine)[number]) => {
    const ahead = bookings.filter((booking) => booking.learner_id === link.learner_id && isAhead(booking));
    return section(
      link.learner.full_name,
      h("p", {}, `You may ${rights(link)}. `, revoke(link, `Stop answering for ${link.learner.full_name}`)),
      cards(ahead.map((one) => bookingCard(one, claims)), "No lessons ahead."),
    );
  };
  return {
    title: "Family",
    content: h("div", {},
      offers.length > 0 && section("You are asked", cards(offers.map(offer), "")),
      ...mine.map(ward),
      offers.length + mine.length === 0 &&
        h("p", { class: "card" }, "You answer for nobody. A school, or a learner, can ask you to: the offer is then here."),
      ...learners.slice(0, 1).map((learner) => section("Who answers for me", cards(guardians.map(guardian), "Nobody."), ask(learner.id))),
    ),
  };
}

function rights(link: Link): string {
  const words = [link.can_view && "see lessons", link.can_book && "book", link.can_pay && "pay"].filter((word) => word !== false);
  return words.join(", ").replace(/, (\w+)$/, " and $1");
}

function offer(link: Link): HTMLElement {
  const consent = () => did(call("give_guardian_consent", { p_learner_guardian_id: link.id }), "You answer for this learner from now on.");
  return h("li", { class: "card" },
    h("p", {}, `To be the guardian of a learner${link.relation ? `, as ${link.relation}` : ""}: you could ${rights(link)}.`),
    h("p", { class: "soft" },
      `The offer holds until ${date(isoDate(link.expires_at))}. Under 18 nothing is booked before somebody consents.`,
    ),
    h("p", { class: "row" }, button("Consent", consent, { class: "main" }), revoke(link, "Decline")),
  );
}

function guardian(link: Link): HTMLElement {
  return h("li", { class: "card" },
    h("h3", {}, link.guardian_email),
    h("p", {}, `May ${rights(link)}${link.consented_at ? "" : ", once they have consented"}. `),
    revoke(link, `End it`),
  );
}

function revoke(link: Link, text: string): HTMLElement {
  const end = () => did(call("revoke_guardian", { p_learner_guardian_id: link.id }), "Ended.");
  return button(text, end, { class: "link" });
}

function ask(learnerId: string): HTMLElement {
  const email = h("input", { type: "email", required: true });
  const relation = choice([
    ["mother", "Mother"],
    ["father", "Father"],
    ["guardian", "Other"],
  ]);
  const [book, pay] = [checkbox(true), checkbox(true)];
  const link = async () => {
    await call("link_guardian", {
      p_learner_id: learnerId,
      p_guardian_email: email.value,
      p_relation: relation.value,
      p_can_book: book.checked,
      p_can_pay: pay.checked,
    });
    await done("Asked. They find the offer on this page once they sign in.");
  };
  const fields = [labelled("E-mail", email), labelled("Relation", relation), ticked("may book", book), ticked("may pay", pay)];
  return form(link, h("h3", {}, "Ask somebody"), h("div", { class: "row" }, ...fields, h("button", {}, "Ask")));
}
