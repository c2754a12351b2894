// Every call goes through here, typed by the types that the backend ships.
import { createClient, type Session } from "@supabase/supabase-js";
import { codeOf, type Args, type Database, type ErrorCode, type Returns } from "../../../supabase/types/api";
import { config } from "./config";

export type { Args, Enums, Returns, Tables } from "../../../supabase/types/api";

export const supabase = createClient<Database>(config.api_url, config.publishable_key);

/** A rule said no: the message and the hint are for the person, the code is for the program. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly hint: string | null,
    readonly code: ErrorCode | null,
  ) {
    super(message);
  }
}

/** Calls a function of the database; throws a Refusal if a rule says no. */
export async function call<F extends keyof Database["public"]["Functions"]>(name: F, args: Args<F>): Promise<Returns<F>> {
  const { data, error } = await supabase.rpc(name, args as never);
  if (error) throw new Refusal(error.message, error.hint, codeOf(error));
  return data as Returns<F>;
}

/** The rows of a query; throws a Refusal if it fails. */
export async function rows<T>(
  query: PromiseLike<{ data: T | null; error: { message: string; hint: string; details: string } | null }>,
): Promise<T> {
  const { data, error } = await query;
  if (error || data === null) throw new Refusal(error?.message ?? "Nothing came back.", error?.hint ?? null, codeOf(error));
  return data;
}

export interface Intent {
  payment_intent_id: string;
  client_secret: string;
  amount_cents: number;
  currency: string;
}

/** Opens the payment of a booking, or finds the one that is open. */
export async function openPayment(bookingId: string): Promise<Intent> {
  const answer = await fetch(`${config.service_url}/payment-intents`, {
    method: "POST",
    headers: { Authorization: `Bearer ${(await requireSession()).access_token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ booking_id: bookingId }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(body.detail, body.hint ?? null, codeOf(body));
  return body;
}

export async function session(): Promise<Session | null> {
  return (await supabase.auth.getSession()).data.session;
}

async function requireSession(): Promise<Session> {
  const current = await session();
  if (!current) throw new Refusal("Sign in first.", null, "sign_in_required");
  return current;
}
