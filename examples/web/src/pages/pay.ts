import { openPayment, rows, supabase, type Intent } from "../api";
import { config, now } from "../config";
import { day, h, labelled, money, time } from "../dom";
import { act, tell, type Page } from "../main";

const TEST_CARDS = {
  pm_card_visa: "A card that works",
  pm_card_visa_chargeDeclinedInsufficientFunds: "A card without money",
};
const PATIENCE_SECONDS = 60;

/** Pays for a booking: with test cards at a stand-in, with Stripe's own form where the key is Stripe's. */
export async function payPage(bookingId = ""): Promise<Page> {
  const [intent, [booking]] = await Promise.all([
    openPayment(bookingId),
    rows(supabase.from("booking_details").select("session_title, expert_name, start_at").eq("id", bookingId)),
  ]);
  const form = config.stripe_publishable_key.startsWith("pk_test_fake") ? testCards(intent, bookingId) : await stripeForm(intent, bookingId);
  return {
    title: `Pay ${money(intent.amount_cents, intent.currency)}`,
    content: h(
      "div",
      {},
      booking ? h("p", {}, `${booking.session_title} with ${booking.expert_name}, ${day(booking.start_at)}, ${time(booking.start_at)}`) : null,
      form,
    ),
  };
}

function testCards(intent: Intent, bookingId: string): HTMLElement {
  const cards = h("select", {}, ...Object.entries(TEST_CARDS).map(([value, text]) => h("option", { value }, text)));
  const pay = act(async () => {
    const answer = await fetch(`${config.stripe_url}/v1/payment_intents/${intent.payment_intent_id}/confirm`, {
      method: "POST",
      headers: { Authorization: `Bearer ${config.stripe_publishable_key}` },
      body: new URLSearchParams({ payment_method: cards.value, client_secret: intent.client_secret }),
    });
    const body = await answer.json();
    if (!answer.ok) return tell(`${body.error.message} Try another card.`, true);
    await confirmed(bookingId);
  });
  return h(
    "form",
    { class: "card", onsubmit: pay },
    h("p", { class: "soft" }, "This marketplace is played on a machine of its own: no money moves."),
    labelled("Card", cards),
    h("button", { class: "main" }, `Pay ${money(intent.amount_cents, intent.currency)}`),
  );
}

/** The part of Stripe.js that is used here. */
interface Stripe {
  elements(options: { clientSecret: string }): { create(kind: "payment"): { mount(place: HTMLElement): void } };
  confirmPayment(options: object): Promise<{ error?: { message?: string } }>;
}

async function stripeForm(intent: Intent, bookingId: string): Promise<HTMLElement> {
  await new Promise((resolve, reject) =>
    document.head.append(h("script", { src: "https://js.stripe.com/v3/", onload: resolve, onerror: reject })),
  );
  const stripe = (globalThis as unknown as { Stripe: (key: string) => Stripe }).Stripe(config.stripe_publishable_key);
  const elements = stripe.elements({ clientSecret: intent.client_secret });
  const place = h("div");
  elements.create("payment").mount(place);
  const pay = act(async () => {
    const { error } = await stripe.confirmPayment({
      elements,
      confirmParams: { return_url: `${location.origin}/#/bookings` },
      redirect: "if_required",
    });
    if (error) return tell(error.message ?? "The card was declined.", true);
    await confirmed(bookingId);
  });
  return h("form", { class: "card", onsubmit: pay }, place, h("button", { class: "main" }, `Pay ${money(intent.amount_cents, intent.currency)}`));
}

/** Stripe's webhook confirms the booking, a moment after the payment: so look, rather than assume. */
async function confirmed(bookingId: string): Promise<void> {
  const until = now().getTime() + PATIENCE_SECONDS * 1000;
  while (now().getTime() < until) {
    const [booking] = await rows(supabase.from("booking_details").select("status").eq("id", bookingId));
    if (booking?.status === "confirmed") break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  location.hash = "#/bookings";
}
