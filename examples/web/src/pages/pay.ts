import { forgetNews, openPayment, rows, supabase, type Intent } from "../api";
import { config, now } from "../config";
import { choice, day, h, labelled, length, money, time } from "../dom";
import { form, tell, type Page } from "../main";

const TEST_CARDS: [string, string][] = [
  ["pm_card_visa", "A card that works"],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", "A card without money"],
];
const PATIENCE_SECONDS = 60;

/** Pays for a booking. */
export async function payPage(bookingId = ""): Promise<Page> {
  const [intent, [booking], [hold]] = await Promise.all([
    openPayment({ booking_id: bookingId }),
    rows(supabase.from("booking_details").select("session_title, expert_name, start_at").eq("id", bookingId)),
    rows(supabase.from("bookings").select("hold_expires_at").eq("id", bookingId)),
  ]);
  const isPaid = async () => {
    const [found] = await rows(supabase.from("booking_details").select("status").eq("id", bookingId));
    return found?.status === "confirmed";
  };
  const what = booking && `${booking.session_title} with ${booking.expert_name}, ${day(booking.start_at)}, ${time(booking.start_at)}.`;
  return page(intent, [what, kept(hold?.hold_expires_at)], isPaid, "#/bookings");
}

/** Pays for hours that were bought ahead. */
export async function payHoursPage(creditId = ""): Promise<Page> {
  const [intent, [lot]] = await Promise.all([
    openPayment({ credit_id: creditId }),
    rows(supabase.from("learner_credits").select("minutes_purchased, hold_expires_at").eq("id", creditId)),
  ]);
  const isPaid = async () => {
    const [found] = await rows(supabase.from("learner_credits").select("status").eq("id", creditId));
    return found?.status === "active";
  };
  return page(intent, [lot && `${length(lot.minutes_purchased)} of lessons.`, kept(lot?.hold_expires_at)], isPaid, "#/hours");
}

function kept(until: string | null | undefined): string | null {
  return until ? `Kept for you until ${time(until)}.` : null;
}

/** With test cards at a stand-in, with Stripe's own form where the key is Stripe's. */
async function page(intent: Intent, about: (string | null | undefined)[], isPaid: () => Promise<boolean>, next: string): Promise<Page> {
  const isPlayed = config.stripe_publishable_key.startsWith("pk_test_fake");
  return {
    title: `Pay ${money(intent.amount_cents, intent.currency)}`,
    content: h("div", { class: "narrow" },
      h("p", {}, about.filter(Boolean).join(" ")),
      isPlayed ? testCards(intent, () => wait(isPaid, next)) : await stripeForm(intent, () => wait(isPaid, next), next),
    ),
  };
}

function testCards(intent: Intent, paid: () => Promise<void>): HTMLElement {
  const card = choice(TEST_CARDS);
  const pay = async () => {
    const answer = await fetch(`${config.stripe_url}/v1/payment_intents/${intent.payment_intent_id}/confirm`, {
      method: "POST",
      headers: { Authorization: `Bearer ${config.stripe_publishable_key}` },
      body: new URLSearchParams({ payment_method: card.value, client_secret: intent.client_secret }),
    });
    const body = await answer.json();
    if (!answer.ok) return tell(`${body.error.message} Try another card.`, true);
    await paid();
  };
  const played = h("p", { class: "soft" }, "This marketplace is played on a machine of its own: no money moves.");
  const element = form(
    pay,
    played,
    labelled("Card", card),
    h("button", { class: "main" }, `Pay ${money(intent.amount_cents, intent.currency)}`),
  );
  element.className = "card";
  return element;
}

/** The part of Stripe.js that is used here. */
interface Stripe {
  elements(options: { clientSecret: string }): { create(kind: "payment"): { mount(place: HTMLElement): void } };
  confirmPayment(options: object): Promise<{ error?: { message?: string } }>;
}

async function stripeForm(intent: Intent, paid: () => Promise<void>, next: string): Promise<HTMLElement> {
  await new Promise((resolve, reject) =>
    document.head.append(h("script", { src: "https://js.stripe.com/v3/", onload: resolve, onerror: reject })),
  );
  const stripe = (globalThis as unknown as { Stripe: (key: string) => Stripe }).Stripe(config.stripe_publishable_key);
  const elements = stripe.elements({ clientSecret: intent.client_secret });
  const place = h("div");
  elements.create("payment").mount(place);
  const pay = async () => {
    const confirmParams = { return_url: `${location.origin}/${next}` };
    const { error } = await stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
    if (error) return tell(error.message ?? "The card was declined.", true);
    await paid();
  };
  const element = form(pay, place, h("button", { class: "main" }, `Pay ${money(intent.amount_cents, intent.currency)}`));
  element.className = "card";
  return element;
}

/** Stripe's webhook tells of the payment, a moment after it: so look, rather than assume. */
async function wait(isPaid: () => Promise<boolean>, next: string): Promise<void> {
  tell("Waiting for the bank …");
  const until = now().getTime() + PATIENCE_SECONDS * 1000;
  while (now().getTime() < until && !(await isPaid())) await new Promise((resolve) => setTimeout(resolve, 500));
  forgetNews();
  location.hash = next;
}
