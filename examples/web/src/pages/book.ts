import { call, Refusal, requireSession, type Args, type Returns, type Tables } from "../api";
import { checkbox, choice, day, h, labelled, length, money, openDialog, path, ticked, time } from "../dom";
import { act, form } from "../main";
import { wards } from "./family";

interface Wish {
  slot: Returns<"list_open_slots">[number];
  service: Pick<Tables<"services">, "id" | "org_id" | "duration_minutes">;
  instructorId: string;
  price: string;
}

/** Asks once more: for whom, with a code, hours or rewards; and books. */
export async function askToBook({ slot, service, instructorId, price }: Wish): Promise<void> {
  const { user } = await requireSession();
  const [learners, lots, rewards] = await Promise.all([
    wards(user.id, "can_book"),
    call("credit_balance", { p_instructor_id: instructorId }),
    call("reward_balance", {}),
  ]);
  const learner = choice([["", "Myself"], ...learners.map((one): [string, string] => [one.id, one.name])]);
  const notes = h("textarea", { rows: 2, maxLength: 2000 });
  const usable = lots.filter((lot) => lot.minutes_left >= service.duration_minutes && (lot.service_id ?? service.id) === service.id);
  const reward = rewards.find((one) => one.org_id === service.org_id && one.available_cents > 0);
  const useHours = checkbox();
  const useReward = checkbox();
  const of = { p_instructor_id: instructorId, p_service_id: service.id, p_start_at: slot.start_at };
  const code = codeField(
    () => ({ ...of, p_learner_id: learner.value || null }),
    (found) => `${money(found.discount_cents, found.currency)} off: ${money(found.total_cents, found.currency)} to pay.`,
  );
  const clientKey = crypto.randomUUID(); // pressing twice books once
  const book = async () => {
    const [booking] = await call("request_booking", {
      ...of,
      p_notes: notes.value || null,
      p_client_key: clientKey,
      p_learner_id: learner.value || null,
      p_discount_code: await code.find(),
      p_use_credits: useHours.checked,
      p_use_rewards: useReward.checked,
    });
    location.hash = booking!.status === "held" ? path("pay", booking!.booking_id) : "#/bookings";
  };
  openDialog(
    `${day(slot.start_at, slot.time_zone)}, ${time(slot.start_at, slot.time_zone)}`,
    h("p", {}, `${price}, fee included. The time is kept for you while you pay.`),
    form(
      book,
      learners.length > 0 && labelled("For", learner),
      code.element,
      ...usable.map((lot) => ticked(`Pay by hours bought ahead (${length(lot.minutes_left)} left)`, useHours)).slice(0, 1),
      reward && ticked(`Use my reward of ${money(reward.available_cents, reward.currency)}`, useReward),
      labelled("Anything your instructor should know", notes),
      h("button", { class: "main" }, "Book"),
    ),
  );
}

type Answer = Returns<"check_discount_code">[number];

/** A field for a discount or referral code. `find` returns the code, checked, or null where none was given. */
export function codeField(of: () => Omit<Args<"check_discount_code">, "p_code">, worth: (answer: Answer) => string) {
  const field = h("input", { autocomplete: "off", maxLength: 40 });
  const outcome = h("p", { class: "soft" });
  const find = async (): Promise<string | null> => {
    outcome.textContent = "";
    if (!field.value) return null;
    const [answer] = await call("check_discount_code", { ...of(), p_code: field.value });
    if (!answer!.is_valid)
      throw new Refusal("This code cannot be used here.", "Check how it is written, or leave it out.", "code_not_valid");
    outcome.textContent = worth(answer!);
    return field.value;
  };
  const check = h("button", { type: "button", onclick: act(find) }, "Check");
  return { element: h("div", {}, h("div", { class: "joined" }, labelled("Code, if you have one", field), check), outcome), find };
}
