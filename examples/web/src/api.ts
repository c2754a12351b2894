// Every call goes through here, typed by the types that the backend ships.
import { createClient, type Session } from "@supabase/supabase-js";
import { codeOf, type Args, type Database, type ErrorCode, type Returns, type Tables } from "../../../supabase/types/api";
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

/** Names by id, to show beside rows that have the id only. */
export async function namesOf(table: "instructors" | "learners" | "services", ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const found =
    table === "instructors"
      ? await rows(supabase.from("instructors").select("id, name:display_name").in("id", ids))
      : table === "learners"
        ? await rows(supabase.from("learners").select("id, name:full_name").in("id", ids))
        : await rows(supabase.from("services").select("id, name:title").in("id", ids));
  return new Map(found.map((one) => [one.id, one.name]));
}

/** Asks the webhook service, which does what needs Stripe's secret key; throws a Refusal if it says no. */
export async function post<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(config.service_url + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${(await requireSession()).access_token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Refusal(content.detail, content.hint ?? null, codeOf(content));
  return content;
}

export interface Intent {
  payment_intent_id: string;
  client_secret: string;
  amount_cents: number;
  currency: string;
}

/** Opens the payment of a booking or of hours bought ahead, or finds the one that is open. */
export function openPayment(due: { booking_id: string } | { credit_id: string }): Promise<Intent> {
  return post("/payment-intents", due);
}

export async function session(): Promise<Session | null> {
  return (await supabase.auth.getSession()).data.session;
}

export async function requireSession(): Promise<Session> {
  const current = await session();
  if (!current) throw new Refusal("Sign in first.", null, "sign_in_required");
  return current;
}

let roles: Promise<Tables<"my_roles">[]> | null = null;

/** What the person is, and where; asked once a sign-in, and again after `forgetRoles`. */
export async function myRoles(): Promise<Tables<"my_roles">[]> {
  if (!(await session())) return [];
  roles ??= rows(supabase.from("my_roles").select("*"));
  return roles;
}

export function forgetRoles(): void {
  roles = null;
}

let unread: Promise<number> | null = null;

/** How much news nobody has read, 50 at most; asked once a sign-in, and again after `forgetNews`: whenever something was done. */
export async function unreadNews(): Promise<number> {
  if (!(await session())) return 0;
  unread ??= call("my_notifications", { p_only_unread: true }).then((news) => news.length);
  return unread;
}

export function forgetNews(): void {
  unread = null;
}

supabase.auth.onAuthStateChange(() => {
  forgetRoles();
  forgetNews();
});

/** Whether the session has a second factor, which the platform asks its admins for. */
export async function hasSecondFactor(): Promise<boolean> {
  return (await supabase.auth.mfa.getAuthenticatorAssuranceLevel()).data?.currentLevel === "aal2";
}

/** Raises the session by a code from the person's authenticator app. */
export async function verifyFactor(code: string): Promise<void> {
  const { data } = await supabase.auth.mfa.listFactors();
  const factor = data?.totp[0];
  if (!factor) throw new Refusal("You have no second factor yet.", "Enrol one first: supabase.auth.mfa.enroll.", "second_factor_required");
  const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code });
  if (error) throw new Refusal(error.message, "Wait for the next code, and try again.", null);
}

/** The local stack, whose Auth has no factors, raises a session by one call. */
export async function verifyLocally(): Promise<void> {
  const { access_token, refresh_token } = await requireSession();
  const answer = await fetch(`${config.api_url}/auth/v1/local/second-factor`, {
    method: "POST",
    headers: { Authorization: `Bearer ${access_token}` },
  });
  const { error } = await supabase.auth.setSession({ ...(await answer.json()), refresh_token });
  if (error) throw new Refusal(error.message, null, null);
}
