// What the types of supabase/types/api.ts allow and refuse. Compiled with tsc --strict; nothing runs.
import type { SupabaseClient } from "@supabase/supabase-js";
import { expectTypeOf } from "expect-type";
import { codeOf, type Args, type Database, type Enums, type ErrorCode, type Returns, type Tables } from "../types/api";

declare const supabase: SupabaseClient<Database>;
declare const id: string;

// Views: their texts are the values that they have, and what is never null is not null.
type Details = Tables<"booking_details">;
expectTypeOf<Details["status"]>().toEqualTypeOf<"pending" | "confirmed" | "completed" | "cancelled" | "declined">();
expectTypeOf<Details["cancelled_by"]>().toEqualTypeOf<"learner" | "expert" | "system" | null>();
expectTypeOf<Details["booking_status"]>().toEqualTypeOf<Enums["booking_status"]>();
expectTypeOf<Details["amount_captured"]>().toEqualTypeOf<number>();
expectTypeOf<Tables<"instructor_balances">["available_cents"]>().toEqualTypeOf<number>();

// Answers of functions: nullable where they are.
expectTypeOf<Returns<"list_open_slots">[number]["slot_id"]>().toEqualTypeOf<string | null>();
expectTypeOf<Returns<"request_booking">[number]["hold_expires_at"]>().toEqualTypeOf<string | null>();
expectTypeOf<Returns<"my_bookings">>().toEqualTypeOf<Details[]>();
expectTypeOf<Returns<"quote_booking">[number]["line_item"]>().toEqualTypeOf<"lesson" | "platform_fee" | "discount" | "prepaid_hours">();
expectTypeOf<Returns<"start_lesson">>().toEqualTypeOf<string>();

// The newer rooms: what people are told, where lessons led, what they learned.
type Told = Returns<"my_notifications">[number];
expectTypeOf<"no_show_claimed">().toExtend<Told["kind"]>();
expectTypeOf<"no_show">().not.toExtend<Told["kind"]>();
expectTypeOf<Told["related_type"]>().not.toEqualTypeOf<string>();
expectTypeOf<Returns<"my_next_payout">[number]["reason"]>().toEqualTypeOf<string | null>();
expectTypeOf<Args<"assess_skills">["p_levels"][number]["level"]>().toEqualTypeOf<1 | 2 | 3 | 4 | 5>();
expectTypeOf<{ ts: string; lat: number; lng: number }[]>().toExtend<Args<"record_trip_points">["p_points"]>();
expectTypeOf<{ lat: number; lng: number }[]>().not.toExtend<Args<"record_trip_points">["p_points"]>();
expectTypeOf<NonNullable<Returns<"trip_geojson">["geometry"]>["coordinates"]>().toEqualTypeOf<[number, number][]>();
expectTypeOf<Tables<"message_log">["template_key"]>().toEqualTypeOf<Told["kind"]>();
expectTypeOf<Tables<"subscriptions">["status"]>().toEqualTypeOf<Enums["subscription_status"]>();

// Parameters: what must be given, what may be null, how JSON is built.
expectTypeOf<Args<"create_session">["p_price_cents"]>().toEqualTypeOf<number | null>();
expectTypeOf<Args<"set_cancellation_policy">["p_tiers"]>().toEqualTypeOf<{ notice_minutes: number; refund_bps: number }[]>();
expectTypeOf<{ p_booking_id: string }>().toExtend<Args<"cancel_booking">>();
expectTypeOf<{}>().not.toExtend<Args<"cancel_booking">>();

async function calls() {
  const { data: bookings } = await supabase.from("booking_details").select("id, status, payment_status").eq("status", "confirmed");
  expectTypeOf(bookings).toEqualTypeOf<Pick<Details, "id" | "status" | "payment_status">[] | null>();

  const { data: slots } = await supabase.rpc("list_open_slots", {
    p_instructor_id: id, p_service_id: id, p_from: "2027-06-01T00:00:00Z", p_to: "2027-06-08T00:00:00Z",
  });
  expectTypeOf(slots).toEqualTypeOf<Returns<"list_open_slots"> | null>();

  const { data: payouts } = await supabase.from("payouts").select("amount_cents, items:payout_items(earning_id)");
  expectTypeOf(payouts![0]!.items[0]!.earning_id).toEqualTypeOf<string>();

  // Writing: what the caller may, with what is needed.
  await supabase.from("availability_windows").insert({ instructor_id: id, day_of_week: 1, start_time: "09:00", end_time: "17:00" });
  await supabase.from("instructors").update({ bio: null, is_available: true }).eq("id", id);
  // @ts-expect-error a window begins and ends
  await supabase.from("availability_windows").insert({ instructor_id: id, day_of_week: 1 });
  // @ts-expect-error nobody chooses an id
  await supabase.from("availability_windows").insert({ id, instructor_id: id, day_of_week: 1, start_time: "09:00", end_time: "17:00" });
  // @ts-expect-error only admins verify, and by a function
  await supabase.from("instructors").update({ verification_status: "verified" }).eq("id", id);
  // @ts-expect-error bookings change through functions alone
  await supabase.from("bookings").update({ status: "confirmed" }).eq("id", id);
  // @ts-expect-error money is never written
  await supabase.from("payments").insert({ amount_cents: 1 });
  // @ts-expect-error there is no such parameter
  await supabase.rpc("start_lesson", { p_booking: id });
  // @ts-expect-error the token's hash is nobody's to read
  type Hidden = Tables<"invitations">["token_hash"];
  // @ts-expect-error there is no such status
  await supabase.from("booking_details").select("id").eq("status", "held");
  return null as unknown as Hidden;
}

// Codes: one union, read safely.
const { error } = await supabase.rpc("start_lesson", { p_booking_id: id });
expectTypeOf(codeOf(error)).toEqualTypeOf<ErrorCode | null>();
if (codeOf(error) === "booking_not_confirmed") void calls;
expectTypeOf<"slot_taken">().toExtend<ErrorCode>();
expectTypeOf<"duration_is_in_quarters">().toExtend<ErrorCode>();
expectTypeOf<"token_expired">().toExtend<ErrorCode>();
expectTypeOf<"slot_token">().not.toExtend<ErrorCode>();
