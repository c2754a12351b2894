// Written by `make types`: do not edit it. The types that the Supabase CLI generates, as tight as the API is: a client made with
// createClient<Database>(…) is refused by the compiler what it would be refused by the database.
//
//   * texts of views are the values that they have, and what is never null is not null
//   * Insert and Update have the columns that callers may write, and demand those that must be given; other tables have neither
//   * columns that nobody may read are left out; JSON has its shape
//   * codeOf(error) reads the code of a refusal, of the database or of the webhook service
import type { Database as Generated, Json } from "./database.types";

export type { Json };
export type Enums = Generated["public"]["Enums"];

type GeneratedTables = Generated["public"]["Tables"];
type GeneratedViews = Generated["public"]["Views"];
type GeneratedFunctions = Generated["public"]["Functions"];
type Flat<T> = { [K in keyof T]: T[K] } & {};
type Replaced<T, Part> = Flat<Omit<T, keyof Part> & Part>;

type Table<T extends keyof GeneratedTables, Hidden extends string = never, Part = {}, Insert = never, Update = never> = {
  Row: Replaced<Omit<GeneratedTables[T]["Row"], Hidden>, Part>;
  Insert: Insert;
  Update: Update;
  Relationships: GeneratedTables[T]["Relationships"];
};
type View<T extends keyof GeneratedViews, Part> = {
  Row: Replaced<GeneratedViews[T]["Row"], Part>;
  Relationships: GeneratedViews[T]["Relationships"];
};
type Call<T extends keyof GeneratedFunctions, Args, Returns> = Flat<
  Omit<GeneratedFunctions[T], "Args" | "Returns"> & { Args: Args; Returns: Returns }
>;

export type Place = { address?: string; lat?: number; lng?: number };
export type Labels = { [word: string]: string };
export type ReceiptLine = { booking_id: string | null; credit_id: string | null; title: string | null; start_at: string | null; minutes: number; amount_cents: number };
export type Facets = { [facet: string]: string[] };
export type Tier = { notice_minutes: number; refund_bps: number };
export type Changes = { [column: string]: Json };
export type TripPoint = { ts: string; lat: number; lng: number; speed_kph?: number | null; accuracy_meters?: number | null };
export type TripLine = { type: "Feature"; id: string; geometry: { type: "LineString"; coordinates: [number, number][] } | null; properties: { lesson_id: string; started_at: string; ended_at: string | null; distance_meters: number | null; duration_seconds: number | null } };
export type Skill = { title: string; area?: string };
export type SkillLevel = { skill_id: string; level: 1 | 2 | 3 | 4 | 5; note?: string };
export type MessageKind = "booking_requested" | "booking_accepted" | "lesson_proposed" | "time_offered" | "lesson_reserved" | "lesson_not_collected" | "hold_expiring" | "move_expiring" | "booking_confirmed" | "booking_declined" | "booking_expired" | "booking_moved" | "move_not_made" | "booking_cancelled" | "lesson_reminder" | "lesson_not_completed" | "rating_invited" | "move_proposed" | "lesson_reassigned" | "no_show_claimed" | "no_show_settled" | "payout_held" | "payout_changed" | "account_changed" | "dispute_opened" | "attention" | "payment_failed" | "refund_made" | "payout_sent" | "payout_skipped" | "account_needs_attention" | "hours_running_out" | "hours_expiring" | "problem_reported" | "problem_decided" | "invitation" | "guardian_consent_wanted" | "phone_code" | "subscription_withdrawn" | "buy_hours" | "recommend";
export type MessageAbout = "bookings" | "alerts" | "payments" | "refunds" | "payouts" | "payout_runs" | "stripe_connect_accounts" | "learner_credits" | "problem_reports" | "invitations" | "learner_guardians" | "subscriptions" | "phone_codes";

export type Database = {
  public: {
    Tables: {
      alerts: Table<"alerts">;
      audit_logs: Table<"audit_logs", "reason", { old_values: Changes | null; new_values: Changes | null }>;
      availability_exceptions: Table<"availability_exceptions", never, {}, { org_id?: string; instructor_id: string; on_date: string; last_date?: string | null; is_available: boolean; start_time?: string; end_time?: string; time_zone?: string; note?: string | null }, { on_date?: string; last_date?: string | null; is_available?: boolean; start_time?: string; end_time?: string; time_zone?: string; note?: string | null }>;
      availability_windows: Table<"availability_windows", never, {}, { org_id?: string; instructor_id: string; day_of_week: number; start_time: string; end_time: string; time_zone?: string; effective_from?: string | null; effective_to?: string | null; is_active?: boolean }, { day_of_week?: number; start_time?: string; end_time?: string; time_zone?: string; effective_from?: string | null; effective_to?: string | null; is_active?: boolean }>;
      bank_payouts: Table<"bank_payouts">;
      bookable_slots: Table<"bookable_slots">;
      booking_notes: Table<"booking_notes", never, {}, never, { notes?: string | null }>;
      booking_series: Table<"booking_series">;
      bookings: Table<"bookings">;
      busy_times: Table<"busy_times">;
      cancellation_policies: Table<"cancellation_policies">;
      cancellation_tiers: Table<"cancellation_tiers">;
      code_redemptions: Table<"code_redemptions">;
      connect_account_details: Table<"connect_account_details">;
      credit_entries: Table<"credit_entries">;
      discount_codes: Table<"discount_codes">;
      disputes: Table<"disputes">;
      earnings: Table<"earnings">;
      fee_invoices: Table<"fee_invoices">;
      guardians: Table<"guardians", never, {}, never, { full_name?: string; phone?: string | null }>;
      instructor_details: Table<"instructor_details", never, {}, never, { phone?: string | null; license_id?: string | null }>;
      instructor_documents: Table<"instructor_documents">;
      instructor_fee_plans: Table<"instructor_fee_plans">;
      instructor_learners: Table<"instructor_learners">;
      instructors: Table<"instructors", never, { facets: Facets }, never, { display_name?: string; bio?: string | null; expertise_areas?: string[]; hourly_rate_cents?: number; is_available?: boolean; time_zone?: string; minimum_notice_minutes?: number; horizon_days?: number; buffer_before_minutes?: number; buffer_after_minutes?: number; daily_cap?: number | null; avatar_url?: string | null; area?: string | null; area_lat?: number | null; area_lng?: number | null; facets?: Facets }>;
      invitations: Table<"invitations">;
      invoice_payments: Table<"invoice_payments">;
      invoices: Table<"invoices">;
      learner_contacts: Table<"learner_contacts", never, {}, never, { email?: string | null; phone?: string | null }>;
      learner_credits: Table<"learner_credits">;
      learner_details: Table<"learner_details", never, {}, never, { notes?: string | null }>;
      learner_guardians: Table<"learner_guardians">;
      learner_tests: Table<"learner_tests">;
      learners: Table<"learners", never, {}, never, { full_name?: string; learning_goals?: string[]; interests?: string[]; experience_level?: Enums["experience_level"] | null; preferred_duration_minutes?: number | null }>;
      lesson_claims: Table<"lesson_claims">;
      lesson_ratings: Table<"lesson_ratings">;
      lessons: Table<"lessons">;
      message_contents: Table<"message_contents">;
      message_templates: Table<"message_templates">;
      messages: Table<"messages">;
      order_items: Table<"order_items">;
      order_withdrawals: Table<"order_withdrawals">;
      orders: Table<"orders">;
      organization_members: Table<"organization_members">;
      organizations: Table<"organizations", never, { labels: Labels }>;
      outside_payments: Table<"outside_payments">;
      payment_items: Table<"payment_items">;
      payment_methods: Table<"payment_methods">;
      payments: Table<"payments">;
      payout_items: Table<"payout_items">;
      payout_run_results: Table<"payout_run_results">;
      payout_runs: Table<"payout_runs">;
      payouts: Table<"payouts">;
      platform_registrations: Table<"platform_registrations">;
      problem_reports: Table<"problem_reports">;
      profiles: Table<"profiles", never, {}, never, { full_name?: string | null; display_name?: string | null; first_name?: string | null; last_name?: string | null; phone?: string | null; avatar_url?: string | null; time_zone?: string | null; locale?: string | null }>;
      rate_card_items: Table<"rate_card_items">;
      rate_cards: Table<"rate_cards">;
      reconciliation_reports: Table<"reconciliation_reports">;
      referral_codes: Table<"referral_codes">;
      referral_rewards: Table<"referral_rewards">;
      refunds: Table<"refunds">;
      review_reports: Table<"review_reports">;
      seller_details: Table<"seller_details">;
      service_materials: Table<"service_materials", never, {}, never, { materials_url?: string | null }>;
      services: Table<"services", never, {}, never, { title?: string; description?: string | null; short_description?: string | null; topic_tags?: string[]; duration_minutes?: number; price_cents?: number | null; level?: Enums["experience_level"] | null; prerequisites?: string | null; max_participants?: number; is_active?: boolean; capture_mode?: Enums["capture_mode"]; requires_approval?: boolean; approval_hours?: number }>;
      setup_intents: Table<"setup_intents">;
      skill_assessments: Table<"skill_assessments">;
      skills: Table<"skills">;
      stripe_connect_accounts: Table<"stripe_connect_accounts">;
      stripe_customers: Table<"stripe_customers">;
      subscription_plans: Table<"subscription_plans">;
      subscription_products: Table<"subscription_products">;
      subscriptions: Table<"subscriptions">;
      terms_acceptances: Table<"terms_acceptances">;
      terms_versions: Table<"terms_versions">;
      trip_consents: Table<"trip_consents">;
      trips: Table<"trips">;
      waiting_list_entries: Table<"waiting_list_entries">;
    };
    Views: {
      booking_details: View<"booking_details", { id: string; org_id: string; learner_id: string; expert_id: string; session_id: string; slot_id: string; start_at: string; end_at: string; status: "pending" | "confirmed" | "completed" | "cancelled" | "declined"; payment_status: "pending" | "requires_action" | "processing" | "authorized" | "captured" | "failed" | "cancelled" | "refunded"; amount_authorized: number; amount_captured: number; amount_refunded: number; currency: string; stripe_payment_intent_id: string | null; learner_notes: string | null; expert_notes: string | null; cancelled_by: "learner" | "expert" | "system" | null; cancellation_reason: string | null; cancelled_at: string | null; created_at: string; updated_at: string; session_title: string; session_description: string | null; duration_minutes: number; expert_name: string; expert_bio: string | null; learner_name: string; slot_start_time: string; slot_end_time: string; booking_status: Enums["booking_status"]; total_cents: number; due_cents: number; hold_expires_at: string | null; pickup_address: string | null; pickup_lat: number | null; pickup_lng: number | null; dropoff_address: string | null; learner_phone: string | null; is_paid_outside: boolean }>;
      instructor_balances: View<"instructor_balances", { org_id: string; instructor_id: string; currency: string; total_cents: number; pending_cents: number; available_cents: number; in_transit_cents: number; paid_cents: number }>;
      learner_totals: View<"learner_totals", { org_id: string; learner_id: string; user_profile_id: string | null; total_sessions_booked: number; total_sessions: number; currency: string | null; total_spent_cents: number }>;
      message_log: View<"message_log", { id: string; org_id: string; to_address: string | null; channel: Enums["message_channel"]; template_key: MessageKind; subject: string | null; body: string | null; provider_id: string | null; status: "queued" | "sent" | "failed"; error: string | null; related_type: MessageAbout; related_id: string; created_at: string; updated_at: string; recipient_id: string | null }>;
      my_roles: View<"my_roles", { org_id: string | null; role: "owner" | "admin" | "instructor" | "learner" | "platform_admin" }>;
      transactions: View<"transactions", { id: string; kind: "session_payment" | "subscription_payment"; status: "pending" | "completed" | "failed" | "refunded"; amount_cents: number; currency: string; platform_fee_cents: number; coach_payout_cents: number; refunded_cents: number; booking_ids: string[]; invoice_id: string | null; payer_id: string | null; coach_id: string | null; stripe_payment_intent_id: string | null; stripe_transfer_ids: string[]; metadata: Json; created_at: string; updated_at: string }>;
    };
    Functions: {
      accept_claim: Call<"accept_claim", { p_claim_id: string }, undefined>;
      accept_invitation: Call<"accept_invitation", { p_token: string }, string>;
      accept_proposal: Call<"accept_proposal", { p_booking_id: string; p_use_credits?: boolean }, Enums["booking_status"]>;
      accept_terms: Call<"accept_terms", { p_terms_id: string }, undefined>;
      add_busy_time: Call<"add_busy_time", { p_instructor_id: string; p_start_at: string; p_end_at: string; p_note?: string | null }, string>;
      add_document: Call<"add_document", { p_instructor_id: string; p_kind: Enums["document_kind"]; p_document_number: string; p_expires_on?: string | null; p_file_path?: string | null }, string>;
      add_instructor: Call<"add_instructor", { p_org_id: string; p_display_name: string; p_hourly_rate_cents: number; p_currency?: string | null; p_bio?: string | null; p_time_zone?: string | null }, string>;
      add_learner: Call<"add_learner", { p_org_id: string; p_full_name: string; p_email?: string | null; p_phone?: string | null; p_date_of_birth?: string | null; p_notes?: string | null }, string>;
      add_member_role: Call<"add_member_role", { p_org_id: string; p_user_id: string; p_role: Enums["org_role"] }, undefined>;
      add_test: Call<"add_test", { p_learner_id: string; p_kind: string; p_start_at: string; p_end_at: string; p_centre?: string | null; p_instructor_id?: string | null }, string>;
      admin_adopt_transfer: Call<"admin_adopt_transfer", { p_stripe_transfer_id: string; p_reason: string }, undefined>;
      admin_cancel_payout: Call<"admin_cancel_payout", { p_payout_id: string; p_reason: string; p_amount_cents?: number | null }, undefined>;
      admin_close_month: Call<"admin_close_month", { p_month: string; p_reason: string }, Json>;
      admin_create_discount_code: Call<"admin_create_discount_code", { p_code: string; p_reason: string; p_org_id?: string | null; p_amount_cents?: number | null; p_currency?: string | null; p_discount_bps?: number | null; p_may_exceed_fee?: boolean; p_max_uses?: number | null; p_max_uses_per_learner?: number; p_is_first_lesson_only?: boolean; p_starts_at?: string | null; p_expires_at?: string | null }, string>;
      admin_dismiss_event: Call<"admin_dismiss_event", { p_event_id: string; p_reason: string }, undefined>;
      admin_end_discount_code: Call<"admin_end_discount_code", { p_discount_code_id: string; p_reason: string }, undefined>;
      admin_find_person: Call<"admin_find_person", { p_email: string; p_reason: string }, { user_id: string; email: string | null; display_name: string; standing: string; org_id: string | null; organization: string | null; id: string; since: string }[]>;
      admin_hide_review: Call<"admin_hide_review", { p_rating_id: string; p_fault: Enums["review_fault"]; p_reason: string }, undefined>;
      admin_hold_instructor: Call<"admin_hold_instructor", { p_instructor_id: string; p_is_held: boolean; p_reason: string }, undefined>;
      admin_hold_payout: Call<"admin_hold_payout", { p_payout_id: string; p_reason: string }, undefined>;
      admin_keep_review: Call<"admin_keep_review", { p_rating_id: string; p_reason: string }, undefined>;
      admin_reconciliation_exceptions: Call<"admin_reconciliation_exceptions", { p_state?: string | null }, { exception_id: string; object_key: string; currency: string; reason: "missing_here" | "missing_there" | "amount_differs" | "currency_differs" | "ambiguous" | "late" | "unknown_category"; stripe_cents: number; ledger_cents: number; difference_cents: number; suggested_key: string | null; since: string; state: "open" | "matched" | "resolved"; owner_id: string | null; resolution: string | null; resolution_reason: string | null; resolved_at: string | null }[]>;
      admin_record_refund: Call<"admin_record_refund", { p_payment_id: string; p_amount_cents: number; p_reason: string; p_client_key?: string | null }, string>;
      admin_refund: Call<"admin_refund", { p_payment_id: string; p_amount_cents: number; p_reason: string; p_client_key?: string | null; p_booking_id?: string | null }, string>;
      admin_release_payout: Call<"admin_release_payout", { p_payout_id: string; p_reason: string }, undefined>;
      admin_reopen_month: Call<"admin_reopen_month", { p_month: string; p_reason: string }, undefined>;
      admin_replay_command: Call<"admin_replay_command", { p_command_id: number; p_reason: string }, undefined>;
      admin_replay_event: Call<"admin_replay_event", { p_event_id: string; p_reason: string }, undefined>;
      admin_resend_message: Call<"admin_resend_message", { p_message_id: string; p_reason: string }, undefined>;
      admin_resolve_exception: Call<"admin_resolve_exception", { p_exception_id: string; p_resolution: string; p_reason: string }, undefined>;
      admin_resolve_problem: Call<"admin_resolve_problem", { p_problem_report_id: string; p_unfreezes_earning: boolean; p_reason: string }, undefined>;
      admin_resolve_suspense: Call<"admin_resolve_suspense", { p_suspense_item_id: string; p_resolution: string; p_reason: string; p_payment_id?: string | null }, undefined>;
      admin_set_instructor_fee: Call<"admin_set_instructor_fee", { p_org_id: string; p_amount_cents: number; p_reason: string; p_period?: Enums["instructor_fee_period"] }, string>;
      admin_set_registration: Call<"admin_set_registration", { p_country: string; p_legal_name: string; p_address: string; p_reason: string; p_vat_number?: string | null; p_vat_rate_bps?: number; p_is_home?: boolean }, undefined>;
      admin_set_terms: Call<"admin_set_terms", { p_org_id: string; p_reason: string; p_fee_mode?: Enums["fee_mode"] | null; p_fee_bps?: number | null; p_payout_hold?: string | null; p_fee_refundable?: boolean | null; p_dispute_liability?: Enums["dispute_liability"] | null; p_referral_discount_bps?: number | null; p_referral_reward_cents?: number | null; p_withdrawal_mode?: Enums["withdrawal_mode"] | null; p_supply_model?: Enums["supply_model"] | null }, undefined>;
      admin_suppress_address: Call<"admin_suppress_address", { p_channel: Enums["message_channel"]; p_address: string; p_reason: string; p_cause?: string | null }, undefined>;
      admin_take_exception: Call<"admin_take_exception", { p_exception_id: string; p_reason: string }, undefined>;
      admin_verify_instructor: Call<"admin_verify_instructor", { p_instructor_id: string; p_verification_status: Enums["verification_status"]; p_reason: string }, undefined>;
      admin_write_off_balance: Call<"admin_write_off_balance", { p_payee_id: string; p_currency: string; p_reason: string }, number>;
      assess_skills: Call<"assess_skills", { p_booking_id: string; p_levels: SkillLevel[] }, number>;
      become_instructor: Call<"become_instructor", { p_display_name: string; p_hourly_rate_cents: number; p_currency?: string | null; p_bio?: string | null; p_time_zone?: string | null }, string>;
      buy_credits: Call<"buy_credits", { p_instructor_id: string; p_hours: number; p_service_id?: string | null; p_learner_id?: string | null; p_discount_code?: string | null; p_client_key?: string | null }, { credit_id: string; amount_cents: number; currency: string; status: Enums["credit_status"]; hold_expires_at: string | null }[]>;
      cancel_booking: Call<"cancel_booking", { p_booking_id: string; p_reason?: string | null; p_expected_refund_cents?: number | null }, { booking_id: string; cancelled_by: Enums["booking_party"]; refund_bps: number; refund_cents: number; restored_minutes: number; currency: string }[]>;
      cancel_day: Call<"cancel_day", { p_instructor_id: string; p_on: string; p_reason?: string | null }, { booking_id: string; learner_id: string; start_at: string; refund_cents: number; restored_minutes: number; currency: string; next_start_at: string }[]>;
      cancel_series: Call<"cancel_series", { p_series_id: string; p_from?: string | null; p_reason?: string | null; p_expected_refund_cents?: number | null }, { booking_id: string; start_at: string; refund_bps: number; refund_cents: number; restored_minutes: number; currency: string }[]>;
      cancellation_policy: Call<"cancellation_policy", { p_org_id: string }, { notice_minutes: number; refund_bps: number }[]>;
      check_discount_code: Call<"check_discount_code", { p_code: string; p_service_id: string; p_instructor_id?: string | null; p_start_at?: string | null; p_learner_id?: string | null }, { is_valid: boolean; discount_cents: number; total_cents: number; currency: string }[]>;
      check_request: Call<"check_request", Record<PropertyKey, never>, undefined>;
      complete_lesson: Call<"complete_lesson", { p_booking_id: string; p_notes?: string | null }, string>;
      confirm_booking: Call<"confirm_booking", { p_booking_id: string }, undefined>;
      confirm_phone: Call<"confirm_phone", { p_code: string }, boolean>;
      contest_claim: Call<"contest_claim", { p_claim_id: string; p_statement?: string | null }, undefined>;
      create_booking_with_payment: Call<"create_booking_with_payment", { p_learner_user_id: string; p_slot_id: string; p_notes?: string | null; p_client_key?: string | null; p_learner_id?: string | null; p_pickup?: Place | null; p_dropoff?: Place | null; p_discount_code?: string | null; p_use_credits?: boolean; p_use_rewards?: boolean; p_pay_rest_by_card?: boolean }, { booking_id: string; amount_cents: number; currency: string; expert_id: string; session_id: string; order_id: string }[]>;
      create_organization: Call<"create_organization", { p_name: string; p_time_zone: string; p_currency: string; p_slug?: string | null; p_tax_id?: string | null }, string>;
      create_rate_card: Call<"create_rate_card", { p_org_id: string; p_name: string; p_currency?: string | null; p_is_default?: boolean; p_valid_from?: string | null; p_valid_to?: string | null }, string>;
      create_referral_code: Call<"create_referral_code", { p_org_id?: string | null }, { code: string; discount_bps: number; reward_cents: number; currency: string }[]>;
      create_service: Call<"create_service", { p_org_id: string; p_title: string; p_duration_minutes: number; p_instructor_id?: string | null; p_description?: string | null; p_short_description?: string | null; p_topic_tags?: string[]; p_price_cents?: number | null; p_currency?: string | null; p_level?: Enums["experience_level"] | null; p_prerequisites?: string | null; p_materials_url?: string | null; p_max_participants?: number; p_requires_approval?: boolean; p_approval_hours?: number; p_capture_mode?: Enums["capture_mode"] }, string>;
      create_session: Call<"create_session", { p_expert_user_id: string; p_title: string; p_description: string; p_duration_minutes: number; p_price_cents: number | null; p_currency?: string; p_org_id?: string | null }, string>;
      credit_balance: Call<"credit_balance", { p_instructor_id?: string | null }, { learner_id: string; instructor_id: string; service_id: string | null; minutes_left: number; hours_left: number; minutes_reserved: number; next_expiry_at: string | null }[]>;
      current_terms: Call<"current_terms", { p_org_id: string }, { terms_id: string; version: number; body: string; published_at: string; accepted_at: string | null }[]>;
      decide_claim: Call<"decide_claim", { p_claim_id: string; p_no_show_by: Enums["booking_party"] | null; p_reason: string }, undefined>;
      decide_refund: Call<"decide_refund", { p_refund_id: string; p_is_granted: boolean; p_note?: string | null }, Enums["refund_status"]>;
      decline_booking: Call<"decline_booking", { p_booking_id: string; p_reason?: string | null }, undefined>;
      decline_proposal: Call<"decline_proposal", { p_booking_id: string }, undefined>;
      define_syllabus: Call<"define_syllabus", { p_org_id: string; p_syllabus: string; p_skills: Skill[] }, number>;
      delete_message_template: Call<"delete_message_template", { p_org_id: string; p_template_id: string }, undefined>;
      delete_rate_card: Call<"delete_rate_card", { p_rate_card_id: string }, undefined>;
      end_calendar_feed: Call<"end_calendar_feed", Record<PropertyKey, never>, undefined>;
      erase_instructor: Call<"erase_instructor", { p_instructor_id: string }, undefined>;
      erase_learner: Call<"erase_learner", { p_learner_id: string }, undefined>;
      erase_person: Call<"erase_person", { p_user_id: string; p_reason?: string | null }, undefined>;
      export_person: Call<"export_person", { p_user_id: string; p_reason?: string | null }, Json>;
      find_organization: Call<"find_organization", { p_slug: string }, { id: string; name: string; slug: string; time_zone: string; currency: string; labels: Labels }[]>;
      finish_trip: Call<"finish_trip", { p_trip_id: string }, { distance_meters: number; duration_seconds: number; point_count: number }[]>;
      give_guardian_consent: Call<"give_guardian_consent", { p_learner_guardian_id: string }, string>;
      has_entitlement: Call<"has_entitlement", { p_feature: string }, boolean>;
      instructor_contact: Call<"instructor_contact", { p_booking_id: string }, { display_name: string; phone: string | null }[]>;
      instructor_day: Call<"instructor_day", { p_instructor_id: string; p_on: string; p_limit?: number; p_after_start_at?: string | null; p_after_id?: string | null }, Database["public"]["Views"]["booking_details"]["Row"][]>;
      invite_member: Call<"invite_member", { p_org_id: string; p_email: string; p_role: Enums["org_role"]; p_instructor_id?: string | null; p_learner_id?: string | null }, { invitation_id: string; token: string; expires_at: string }[]>;
      join_waiting_list: Call<"join_waiting_list", { p_instructor_id?: string | null; p_service_id?: string | null; p_days?: number[]; p_from_time?: string; p_to_time?: string; p_until_date?: string | null; p_max_total_cents?: number | null; p_learner_id?: string | null }, string>;
      learner_progress: Call<"learner_progress", { p_learner_id: string }, { skill_id: string; syllabus: string; area: string; title: string; level: number | null; previous_level: number | null; assessed_at: string | null }[]>;
      leave_waiting_list: Call<"leave_waiting_list", { p_entry_id: string }, undefined>;
      lesson_materials: Call<"lesson_materials", { p_booking_id: string }, string>;
      lessons_to_complete: Call<"lessons_to_complete", { p_limit?: number; p_after_start_at?: string | null; p_after_id?: string | null }, Database["public"]["Views"]["booking_details"]["Row"][]>;
      link_guardian: Call<"link_guardian", { p_learner_id: string; p_guardian_email: string; p_relation?: string | null; p_can_view?: boolean; p_can_book?: boolean; p_can_pay?: boolean }, string>;
      list_currencies: Call<"list_currencies", Record<PropertyKey, never>, { code: string; minor_digits: number; minimum_charge_cents: number }[]>;
      list_fee_invoices: Call<"list_fee_invoices", { p_limit?: number; p_before?: string | null }, { id: string; number: string; kind: Enums["fee_document_kind"]; credits_number: string; bearer: Enums["fee_bearer"]; org_id: string; organization: string; order_id: string; currency: string; fee_cents: number; discount_cents: number; total_cents: number; net_cents: number; vat_treatment: Enums["vat_treatment"]; vat_rate_bps: number; vat_cents: number; issuer_name: string; issuer_address: string; issuer_vat_number: string; recipient_name: string; recipient_address: string; recipient_vat_number: string; supplied_at: string; issued_at: string }[]>;
      list_members: Call<"list_members", { p_org_id: string; p_role?: Enums["org_role"] | null; p_limit?: number; p_after?: string | null }, { user_id: string; full_name: string | null; email: string | null; roles: (Enums["org_role"])[] }[]>;
      list_open_slots: Call<"list_open_slots", { p_instructor_id: string; p_service_id: string; p_from: string; p_to: string; p_limit?: number; p_after?: string | null }, { start_at: string; end_at: string; local_start: string; local_end: string; time_zone: string; slot_id: string | null; seats_left: number }[]>;
      list_payouts: Call<"list_payouts", { p_from: string; p_until: string; p_limit?: number; p_after_date?: string | null; p_after_id?: string | null }, { payout_id: string; payout_date: string; paid_at: string | null; status: Enums["payout_status"]; organization: string; payee: string; lessons_cents: number; late_cancellations_cents: number; no_shows_cents: number; expired_hours_cents: number; refunds_cents: number; disputes_cents: number; adjustments_cents: number; amount_cents: number; reversed_cents: number; currency: string; stripe_transfer_id: string | null }[]>;
      list_reschedule_times: Call<"list_reschedule_times", { p_booking_id: string; p_from: string; p_to: string; p_limit?: number; p_after?: string | null }, { start_at: string; end_at: string; local_start: string; local_end: string; time_zone: string; seats_left: number; amount_cents: number }[]>;
      list_reviews: Call<"list_reviews", { p_instructor_id: string; p_limit?: number; p_after_rated_at?: string | null; p_after_id?: string | null }, { rating_id: string; rating: number; review: string | null; rated_at: string; reply: string | null; replied_at: string | null }[]>;
      list_time_zones: Call<"list_time_zones", Record<PropertyKey, never>, { name: string }[]>;
      list_trip_points: Call<"list_trip_points", { p_trip_id: string; p_after?: string | null; p_limit?: number }, { ts: string; lat: number; lng: number; speed_kph: number | null; accuracy_meters: number | null; received_at: string }[]>;
      mark_no_show: Call<"mark_no_show", { p_booking_id: string; p_who: Enums["booking_party"]; p_statement?: string | null }, string>;
      mark_notifications_read: Call<"mark_notifications_read", { p_ids?: string[] | null }, number>;
      my_balance: Call<"my_balance", Record<PropertyKey, never>, Database["public"]["Views"]["instructor_balances"]["Row"][]>;
      my_bookings: Call<"my_bookings", { p_from?: string; p_limit?: number; p_after_start_at?: string | null; p_after_id?: string | null }, Database["public"]["Views"]["booking_details"]["Row"][]>;
      my_message_preferences: Call<"my_message_preferences", Record<PropertyKey, never>, { kind: MessageKind; class: "essential" | "optional" | "marketing"; channel: Enums["message_channel"]; is_on: boolean; can_change: boolean }[]>;
      my_next_payout: Call<"my_next_payout", Record<PropertyKey, never>, { instructor_id: string; payout_date: string; earning_id: string; kind: Enums["earning_kind"]; booking_id: string | null; lesson_at: string | null; service: string | null; amount_cents: number; currency: string; is_included: boolean; reason: string | null }[]>;
      my_notifications: Call<"my_notifications", { p_only_unread?: boolean; p_limit?: number; p_after_created_at?: string | null; p_after_id?: string | null }, { id: string; org_id: string; kind: MessageKind; title: string | null; body: string | null; learner_id: string | null; related_type: MessageAbout; related_id: string; created_at: string; read_at: string | null }[]>;
      my_payments: Call<"my_payments", { p_limit?: number; p_after_created_at?: string | null; p_after_id?: string | null }, { id: string; created_at: string; organization_name: string; instructor_name: string; learner_name: string; description: string | null; status: Enums["payment_status"]; currency: string; amount_cents: number; captured_cents: number; refunded_cents: number; lines: ReceiptLine[] }[]>;
      my_platform_report: Call<"my_platform_report", { p_year: number }, { year: number; org_id: string; organization: string; payee_id: string; kind: Enums["seller_kind"]; legal_name: string; address_line: string; city: string; postal_code: string; country: string; birth_date: string; registration_number: string; tax_ids: string; vat_number: string; stripe_account_id: string; currency: string; q1_consideration_cents: number; q2_consideration_cents: number; q3_consideration_cents: number; q4_consideration_cents: number; q1_fees_cents: number; q2_fees_cents: number; q3_fees_cents: number; q4_fees_cents: number; q1_activities: number; q2_activities: number; q3_activities: number; q4_activities: number; missing: string }[]>;
      offboard_instructor: Call<"offboard_instructor", { p_instructor_id: string; p_reason?: string | null }, { credit_id: string; learner_id: string; minutes: number; amount_cents: number; currency: string; refund_id: string }[]>;
      organization_bookings: Call<"organization_bookings", { p_org_id: string; p_from: string; p_to: string; p_limit?: number; p_after_start_at?: string | null; p_after_id?: string | null }, Database["public"]["Views"]["booking_details"]["Row"][]>;
      organization_kpis: Call<"organization_kpis", { p_org_id: string | null; p_from: string; p_months?: number }, { month: string; active_learners: number; lessons: number; new_learners: number; repeat_bps: number | null; offered_minutes: number; sold_minutes: number; utilisation_bps: number | null; cancelled_by_learner: number; cancelled_by_instructor: number; cancelled_by_others: number; no_shows: number; no_show_bps: number | null; hours_to_first_lesson: number | null }[]>;
      organization_learner_revenue: Call<"organization_learner_revenue", { p_org_id: string | null; p_from: string; p_months?: number }, { month: string; currency: string; revenue_cents: number; active_learners: number; revenue_per_learner_cents: number }[]>;
      organization_templates: Call<"organization_templates", { p_org_id: string }, { id: string; kind: MessageKind; class: "essential" | "optional" | "marketing"; channel: Enums["message_channel"]; locale: string; is_own: boolean; subject: string | null; body: string; html: string | null; content_sid: string | null; content_status: string | null; content_variables: string[]; placeholders: string[] }[]>;
      payout_statement: Call<"payout_statement", { p_payout_id: string }, { line: number; payout_date: string; instructor: string; kind: Enums["earning_kind"]; booking_id: string | null; lesson_at: string | null; service: string | null; learner_initials: string | null; amount_cents: number; currency: string; line_group: "lessons" | "late_cancellations" | "no_shows" | "expired_hours" | "refunds" | "disputes" | "adjustments"; explanation: string | null }[]>;
      preview_cancellation: Call<"preview_cancellation", { p_booking_id: string }, { booking_id: string; cancelled_by: Enums["booking_party"]; refund_bps: number; refund_cents: number; kept_cents: number; restored_minutes: number; currency: string }[]>;
      preview_series_cancellation: Call<"preview_series_cancellation", { p_series_id: string; p_from?: string | null }, { booking_id: string; start_at: string; refund_bps: number; refund_cents: number; kept_cents: number; restored_minutes: number; currency: string }[]>;
      publish_slots: Call<"publish_slots", { p_service_id: string; p_from: string; p_to: string; p_instructor_id?: string | null }, number>;
      publish_terms: Call<"publish_terms", { p_org_id: string; p_body: string }, number>;
      quote_booking: Call<"quote_booking", { p_service_id: string; p_instructor_id?: string | null; p_start_at?: string | null; p_use_credits?: boolean; p_learner_id?: string | null }, { line_item: "lesson" | "platform_fee" | "discount" | "prepaid_hours"; amount_cents: number; currency: string }[]>;
      rate_lesson: Call<"rate_lesson", { p_booking_id: string; p_rating: number; p_review?: string | null }, string>;
      reassign_booking: Call<"reassign_booking", { p_booking_id: string; p_instructor_id: string; p_service_id?: string | null }, { booking_id: string; booking_status: Enums["booking_status"]; amount_cents: number; currency: string; refund_cents: number; restored_minutes: number }[]>;
      record_payment_outside: Call<"record_payment_outside", { p_booking_id: string; p_method?: Enums["outside_payment_method"]; p_reason?: string | null }, string>;
      record_test_result: Call<"record_test_result", { p_test_id: string; p_outcome: Enums["test_outcome"]; p_note?: string | null }, undefined>;
      record_trip_points: Call<"record_trip_points", { p_trip_id: string; p_points: TripPoint[]; p_sent_at?: string | null }, string[]>;
      refund_credits: Call<"refund_credits", { p_credit_id: string; p_minutes?: number | null; p_reason?: string | null; p_client_key?: string | null }, { refund_id: string; minutes: number; amount_cents: number; currency: string }[]>;
      remove_busy_time: Call<"remove_busy_time", { p_busy_time_id: string }, undefined>;
      remove_member_role: Call<"remove_member_role", { p_org_id: string; p_user_id: string; p_role: Enums["org_role"] }, undefined>;
      remove_payment_method: Call<"remove_payment_method", { p_payment_method_id: string }, undefined>;
      replace_calendar_feed: Call<"replace_calendar_feed", Record<PropertyKey, never>, string>;
      reply_to_review: Call<"reply_to_review", { p_rating_id: string; p_reply: string }, undefined>;
      report_problem: Call<"report_problem", { p_booking_id: string; p_description: string }, string>;
      report_review: Call<"report_review", { p_rating_id: string; p_fault: Enums["review_fault"]; p_statement?: string | null }, undefined>;
      request_booking: Call<"request_booking", { p_instructor_id: string; p_service_id: string; p_start_at: string; p_notes?: string | null; p_client_key?: string | null; p_learner_user_id?: string | null; p_learner_id?: string | null; p_pickup?: Place | null; p_dropoff?: Place | null; p_discount_code?: string | null; p_use_credits?: boolean; p_use_rewards?: boolean; p_pay_rest_by_card?: boolean }, { booking_id: string; status: Enums["booking_status"]; amount_cents: number; currency: string; hold_expires_at: string | null; order_id: string }[]>;
      request_booking_series: Call<"request_booking_series", { p_instructor_id: string; p_service_id: string; p_start_at: string; p_occurrences: number; p_every_weeks?: number; p_mode?: Enums["series_mode"]; p_learner_user_id?: string | null; p_learner_id?: string | null; p_notes?: string | null; p_use_credits?: boolean }, { occurrence: number; start_at: string; booking_id: string | null; refusal: string | null; order_id: string }[]>;
      request_refund: Call<"request_refund", { p_booking_id: string; p_amount_cents: number; p_reason: string; p_client_key?: string | null }, string>;
      request_series_paid_later: Call<"request_series_paid_later", { p_instructor_id: string; p_service_id: string; p_start_at: string; p_occurrences: number; p_every_weeks?: number; p_mode?: Enums["series_mode"]; p_learner_user_id?: string | null; p_learner_id?: string | null; p_notes?: string | null }, { occurrence: number; start_at: string; booking_id: string | null; refusal: string | null; order_id: string | null; collect_at: string | null; hold_expires_at: string | null }[]>;
      reschedule_booking: Call<"reschedule_booking", { p_booking_id: string; p_start_at: string; p_client_key?: string | null }, { booking_id: string; status: Enums["booking_status"]; amount_cents: number; refund_cents: number; currency: string; hold_expires_at: string | null }[]>;
      resolve_alert: Call<"resolve_alert", { p_alert_id: string }, undefined>;
      retire_connect_account: Call<"retire_connect_account", { p_connect_account_id: string }, undefined>;
      revoke_guardian: Call<"revoke_guardian", { p_learner_guardian_id: string }, undefined>;
      revoke_invitation: Call<"revoke_invitation", { p_invitation_id: string }, undefined>;
      reward_balance: Call<"reward_balance", Record<PropertyKey, never>, { learner_id: string; org_id: string; available_cents: number; currency: string }[]>;
      save_message_template: Call<"save_message_template", { p_org_id: string; p_kind: MessageKind; p_channel: Enums["message_channel"]; p_locale: string; p_body: string; p_subject?: string | null; p_html?: string | null; p_content_sid?: string | null; p_content_variables?: string[] | null }, string>;
      save_seller_details: Call<"save_seller_details", { p_kind: Enums["seller_kind"]; p_legal_name: string; p_address_line: string; p_city: string; p_postal_code: string; p_country: string; p_birth_date?: string | null; p_registration_number?: string | null; p_tax_ids?: Json; p_vat_number?: string | null; p_org_id?: string | null }, undefined>;
      search_directory: Call<"search_directory", { p_query?: string | null; p_name?: string | null; p_topic_tags?: string[]; p_level?: Enums["experience_level"] | null; p_facets?: Facets; p_org_id?: string | null; p_instructor_id?: string | null; p_currency?: string | null; p_lat?: number | null; p_lng?: number | null; p_radius_km?: number | null; p_order?: Enums["directory_order"]; p_limit?: number; p_after?: string | null }, { service_id: string; instructor_id: string; org_id: string; title: string; short_description: string | null; topic_tags: string[]; level: Enums["experience_level"] | null; duration_minutes: number; max_participants: number; requires_approval: boolean; instructor_name: string; avatar_url: string | null; area: string | null; area_lat: number | null; area_lng: number | null; distance_km: number | null; facets: Facets; rating: number | null; rating_count: number; lesson_count: number; organization_name: string; organization_slug: string; labels: Labels; time_zone: string; currency: string; list_cents: number | null; fee_cents: number | null; total_cents: number | null; next_free_at: string | null; cursor: string }[]>;
      search_instructors: Call<"search_instructors", { p_query?: string | null; p_expertise_areas?: string[]; p_org_id?: string | null; p_limit?: number; p_after?: string | null }, Database["public"]["Tables"]["instructors"]["Row"][]>;
      search_services: Call<"search_services", { p_query?: string | null; p_topic_tags?: string[]; p_level?: Enums["experience_level"] | null; p_org_id?: string | null; p_limit?: number; p_after?: string | null }, Database["public"]["Tables"]["services"]["Row"][]>;
      send_phone_code: Call<"send_phone_code", Record<PropertyKey, never>, string>;
      set_cancellation_policy: Call<"set_cancellation_policy", { p_org_id: string; p_tiers: Tier[] }, string>;
      set_date_of_birth: Call<"set_date_of_birth", { p_learner_id: string; p_date_of_birth: string }, undefined>;
      set_default_payment_method: Call<"set_default_payment_method", { p_payment_method_id: string }, undefined>;
      set_instructor_active: Call<"set_instructor_active", { p_instructor_id: string; p_is_active: boolean }, undefined>;
      set_message_preference: Call<"set_message_preference", { p_channel: Enums["message_channel"]; p_is_on: boolean; p_kind?: MessageKind | null }, undefined>;
      set_payout_settings: Call<"set_payout_settings", { p_instructor_id: string; p_payout_schedule?: Enums["payout_schedule"] | null; p_minimum_payout_cents?: number | null; p_payee?: Enums["payee_kind"] | null }, undefined>;
      set_rate: Call<"set_rate", { p_rate_card_id: string; p_service_id: string; p_price_cents: number | null }, undefined>;
      set_rate_card_validity: Call<"set_rate_card_validity", { p_rate_card_id: string; p_valid_from: string | null; p_valid_to: string | null }, undefined>;
      set_trip_consent: Call<"set_trip_consent", { p_learner_id: string; p_agrees: boolean }, undefined>;
      start_lesson: Call<"start_lesson", { p_booking_id: string }, string>;
      start_trip: Call<"start_trip", { p_booking_id: string }, string>;
      timeline: Call<"timeline", { p_type: string; p_id: string; p_before?: string | null }, { happened_at: string; org_id: string | null; source: "audit" | "credit" | "message" | "transfer" | "ledger"; entity_type: string; entity_id: string; event: string; details: Json; actor_kind: string | null; user_id: string | null; reason: string | null }[]>;
      transfer_credit: Call<"transfer_credit", { p_credit_id: string; p_instructor_id: string; p_minutes?: number | null; p_service_id?: string | null; p_client_key?: string | null }, { refund_id: string; refunded_minutes: number; refund_cents: number; credit_id: string; minutes: number; amount_cents: number; currency: string; hold_expires_at: string }[]>;
      trip_geojson: Call<"trip_geojson", { p_trip_id: string }, TripLine>;
      unpublish_slots: Call<"unpublish_slots", { p_service_id: string; p_from: string; p_to: string; p_instructor_id?: string | null }, number>;
      update_organization: Call<"update_organization", { p_org_id: string; p_name?: string | null; p_tax_id?: string | null; p_time_zone?: string | null; p_currency?: string | null; p_payout_weekday?: number | null; p_minimum_payout_cents?: number | null; p_checkout_hold_minutes?: number | null; p_max_open_holds?: number | null; p_labels?: Labels | null; p_credit_validity_months?: number | null; p_forfeits_expired_hours?: boolean | null; p_requires_second_factor?: boolean | null; p_max_held_lessons?: number | null; p_refunds_resold_times?: boolean | null; p_reminder_minutes?: number[] | null; p_completion_grace?: string | null; p_max_lessons_paid_later?: number | null }, undefined>;
      verify_document: Call<"verify_document", { p_document_id: string; p_is_valid: boolean }, undefined>;
      withdraw_claim: Call<"withdraw_claim", { p_claim_id: string }, undefined>;
      withdraw_from_order: Call<"withdraw_from_order", { p_order_id: string }, Database["public"]["Tables"]["order_withdrawals"]["Row"][]>;
      withdraw_from_subscription: Call<"withdraw_from_subscription", { p_subscription_id: string }, { refund_cents: number; currency: string }[]>;
      write_lesson_notes: Call<"write_lesson_notes", { p_booking_id: string; p_notes: string }, undefined>;
      year_statement: Call<"year_statement", { p_instructor_id: string; p_year: number }, { paid_on: string; payout_id: string; line: number; instructor: string; kind: Enums["earning_kind"]; line_group: "lessons" | "late_cancellations" | "no_shows" | "expired_hours" | "refunds" | "disputes" | "adjustments"; lesson_at: string | null; service: string | null; learner_initials: string | null; amount_cents: number; currency: string; explanation: string | null }[]>;
    };
    Enums: Enums;
    CompositeTypes: { [_ in never]: never };
  };
};

/** Codes of refusals; docs/api.md says what each means. */
export type RefusalCode =
  | "alert_not_found"
  | "already_an_instructor"
  | "already_rated"
  | "already_replied"
  | "already_subscribed"
  | "amount_too_large"
  | "amount_too_small"
  | "another_account_is_known"
  | "append_only"
  | "bad_amount"
  | "bad_area"
  | "bad_clock"
  | "bad_cursor"
  | "bad_hours"
  | "bad_levels"
  | "bad_minutes"
  | "bad_party"
  | "bad_place"
  | "bad_point"
  | "bad_resolution"
  | "bad_skills"
  | "bad_tiers"
  | "bad_time_range"
  | "bad_year"
  | "balance_not_negative"
  | "birth_is_plausible"
  | "booking_is_frozen"
  | "booking_not_cancellable"
  | "booking_not_confirmed"
  | "booking_not_found"
  | "booking_not_proposed"
  | "booking_not_requested"
  | "booking_not_reschedulable"
  | "busy_time_not_found"
  | "calendar_changed"
  | "cannot_report_no_show"
  | "claim_answered"
  | "claim_exists"
  | "claim_not_found"
  | "claim_open"
  | "client_key_reused"
  | "code_exists"
  | "code_not_checked"
  | "code_not_found"
  | "code_not_valid"
  | "command_not_found"
  | "consent_required"
  | "cooling_off_is_over"
  | "country_not_served"
  | "credit_changed"
  | "credit_is_frozen"
  | "credit_not_found"
  | "currency_differs"
  | "date_is_plausible"
  | "date_of_birth_is_set"
  | "day_not_over"
  | "discount_with_credit"
  | "dispute_not_found"
  | "document_not_found"
  | "entry_not_found"
  | "event_body_is_gone"
  | "event_not_found"
  | "exception_not_found"
  | "facets_are_lists_of_words"
  | "fee_invoice_not_found"
  | "guardian_is_linked"
  | "guardian_is_minor"
  | "guardianship_not_found"
  | "has_a_login"
  | "hold_expired"
  | "hours_left"
  | "illegal_transition"
  | "instructor_busy"
  | "instructor_has_left"
  | "instructor_not_found"
  | "instructor_unavailable"
  | "insufficient_credit"
  | "invariants_are_broken"
  | "invitation_expired"
  | "invitation_for_another"
  | "invitation_needed"
  | "invitation_not_found"
  | "invitation_used"
  | "is_platform_admin"
  | "kind_not_found"
  | "last_owner"
  | "learner_busy"
  | "learner_is_adult"
  | "learner_not_found"
  | "learner_spends"
  | "lesson_not_begun"
  | "lesson_not_in_progress"
  | "lesson_not_named"
  | "lesson_was_not_paid"
  | "lessons_ahead"
  | "login_is_linked"
  | "may_not_book"
  | "member_not_found"
  | "message_not_found"
  | "money_on_the_way"
  | "month_closed"
  | "month_not_begun"
  | "month_not_latest"
  | "month_not_over"
  | "month_not_reconciled"
  | "month_out_of_order"
  | "no_account"
  | "no_phone_code"
  | "no_referral_programme"
  | "no_saved_card"
  | "no_such_timeline"
  | "no_withdrawal"
  | "not_a_learner_here"
  | "not_a_payday"
  | "not_an_admin"
  | "not_an_instructor"
  | "not_another_instructor"
  | "not_paid_later"
  | "not_payable_outside"
  | "not_whole_lessons"
  | "not_yours_to_decide"
  | "not_yourself"
  | "nothing_to_freeze"
  | "nothing_to_sell"
  | "nothing_to_withdraw"
  | "onboarding_not_finished"
  | "one_discount_at_a_time"
  | "opt_out_missing"
  | "order_busy"
  | "order_not_found"
  | "order_not_payable"
  | "organization_not_found"
  | "own_document"
  | "own_guardian"
  | "own_lesson"
  | "own_payment"
  | "paid_outside"
  | "payday_in_future"
  | "payday_too_old"
  | "payee_is_the_schools_choice"
  | "payment_differs"
  | "payment_disputed"
  | "payment_does_not_last"
  | "payment_is_frozen"
  | "payment_method_not_found"
  | "payment_not_found"
  | "payment_not_succeeded"
  | "payout_cannot_do_that"
  | "payout_in_flight"
  | "payout_not_found"
  | "person_not_found"
  | "phone_missing"
  | "plan_not_found"
  | "point_in_future"
  | "point_outside_lesson"
  | "points_too_dense"
  | "price_missing"
  | "problem_not_found"
  | "rate_card_exists"
  | "rate_card_not_found"
  | "reason_required"
  | "refund_by_minutes"
  | "refund_changed"
  | "refund_exceeds_balance"
  | "refund_exceeds_payment"
  | "refund_not_found"
  | "review_not_found"
  | "role_above_yours"
  | "same_time"
  | "second_factor_required"
  | "second_transfer"
  | "series_not_found"
  | "service_exists"
  | "service_inactive"
  | "service_not_found"
  | "settlement_currency_differs"
  | "sign_in_required"
  | "slot_in_the_past"
  | "slot_is_booked"
  | "slot_not_found"
  | "slot_taken"
  | "slug_taken"
  | "subscription_not_found"
  | "suggestion_outdated"
  | "suppression_is_known"
  | "suspense_not_found"
  | "tags_are_lines"
  | "template_not_found"
  | "terms_not_found"
  | "terms_superseded"
  | "test_not_found"
  | "text_is_the_platforms"
  | "time_is_plausible"
  | "time_not_offered"
  | "timeline_not_found"
  | "too_early"
  | "too_far_ahead"
  | "too_late"
  | "too_late_to_rate"
  | "too_late_to_reschedule"
  | "too_many_busy_times"
  | "too_many_cards"
  | "too_many_checkouts"
  | "too_many_documents"
  | "too_many_entries"
  | "too_many_exceptions"
  | "too_many_guardians"
  | "too_many_guesses"
  | "too_many_held_lessons"
  | "too_many_holds"
  | "too_many_invitations"
  | "too_many_learners"
  | "too_many_lessons_paid_later"
  | "too_many_links"
  | "too_many_organizations"
  | "too_many_phone_codes"
  | "too_many_points"
  | "too_many_portal_pages"
  | "too_many_refund_requests"
  | "too_many_reports"
  | "too_many_slots"
  | "too_many_tests"
  | "too_many_trips"
  | "too_many_unpaid_holds"
  | "too_many_windows"
  | "too_short_notice"
  | "too_soon"
  | "tracking_not_agreed"
  | "transfer_differs"
  | "transfer_not_found"
  | "transfer_of_a_stopped_payout"
  | "trip_closed"
  | "trip_not_found"
  | "unknown_currency"
  | "unknown_method"
  | "unknown_placeholder"
  | "unknown_transfer"
  | "value_missing"
  | "value_out_of_range"
  | "view_is_read_only"
  | "withdrawal_too_late"
  | "wrong_account"
  | "wrong_customer"
  | "wrong_dispute"
  | "wrong_payment_intent"
  | "wrong_refund"
  | "wrong_setup_intent"
  | "wrong_transfer";
/** Rules of tables, whose names are codes where a function writes. */
export type RuleCode =
  | "a_cancellation_says_when_and_by_whom"
  | "a_claimed_message_has_a_worker"
  | "a_company_has_a_registration_number"
  | "a_declared_birth_has_a_date"
  | "a_default_is_always_valid"
  | "a_discount_is_of_the_fee"
  | "a_finished_trip_is_measured"
  | "a_hold_has_a_deadline"
  | "a_lesson_earns_a_positive_amount"
  | "a_no_show_says_who"
  | "a_payout_or_a_reason"
  | "a_reply_has_a_time"
  | "a_rescheduled_booking_is_cancelled"
  | "a_resolved_report_says_how"
  | "a_reward_is_for_a_discounted_lesson"
  | "a_series_is_of_two_to_a_year_of_weeks"
  | "a_settled_claim_says_when_by_whom_and_why"
  | "a_started_account_exists_at_stripe"
  | "a_success_captured_money"
  | "a_success_captured_the_rest"
  | "account_id_is_stripes"
  | "accounts_api_is_known"
  | "action_is_known"
  | "amount_can_be_charged"
  | "amount_is_not_zero"
  | "amount_is_positive"
  | "amount_is_sensible"
  | "amount_is_share_plus_fee_minus_discount"
  | "amounts_are_not_negative"
  | "an_amount_has_a_currency"
  | "an_individual_has_a_birth_date"
  | "an_instructor_fee_is_of_a_period"
  | "an_invitation_ends_once"
  | "an_undecided_claim_has_a_deadline"
  | "an_unpaid_purchase_has_a_deadline"
  | "approval_takes_at_most_two_weeks"
  | "area_is_on_earth"
  | "area_is_readable"
  | "area_is_short"
  | "at_most_the_amount_is_unmatched"
  | "at_most_the_discount_is_returned"
  | "at_most_the_reward_is_taken_back"
  | "at_most_the_total_is_refunded"
  | "at_most_two_reminders_a_lesson"
  | "attempts_are_not_negative"
  | "avatar_url_is_a_link"
  | "bio_is_short"
  | "birth_is_plausible"
  | "body_is_a_text"
  | "body_is_visible"
  | "buffers_are_reasonable"
  | "busy_time_is_a_year_at_most"
  | "cancelled_and_no_show_say_what_they_refund"
  | "checkout_hold_is_reasonable"
  | "client_key_is_short"
  | "closed_at_is_set_when_closed"
  | "closing_is_opening_and_what_moved"
  | "code_is_plain"
  | "collection_is_tried_twice_at_most"
  | "completed_runs_say_when"
  | "completion_grace_is_reasonable"
  | "consent_is_given_by_somebody"
  | "contact_is_short"
  | "content_is_whatsapps"
  | "content_sid_is_twilios"
  | "content_status_is_known"
  | "cooling_off_is_a_few_days"
  | "coordinates_are_a_pair"
  | "country_is_an_iso_code"
  | "counts_are_not_negative"
  | "credit_is_valid_for_months"
  | "credit_pays_a_part"
  | "credit_pays_at_most_the_total"
  | "currency_is_lower_case_iso"
  | "customer_id_is_stripes"
  | "daily_cap_is_reasonable"
  | "date_is_plausible"
  | "dates_are_at_most_a_year"
  | "dates_are_plausible"
  | "day_is_a_weekday"
  | "days_are_of_the_week"
  | "decisions_have_a_time"
  | "description_is_short"
  | "description_is_visible"
  | "discount_is_positive"
  | "display_name_is_readable"
  | "display_name_is_short"
  | "dispute_id_is_stripes"
  | "distance_is_not_negative"
  | "duration_is_in_quarters"
  | "each_learner_may_use_it"
  | "email_is_short"
  | "email_is_valid"
  | "end_is_after_start"
  | "end_is_not_before_start"
  | "evidence_is_known"
  | "exception_is_not_empty"
  | "expertise_is_short"
  | "expiry_is_plausible"
  | "expiry_month_is_a_month"
  | "facets_are_lists_of_words"
  | "fee_is_a_fraction"
  | "fee_is_a_share"
  | "fee_is_plausible"
  | "full_name_is_readable"
  | "full_name_is_short"
  | "goals_are_lines"
  | "goals_are_short"
  | "grace_is_a_few_days"
  | "group_is_of_reasonable_size"
  | "held_lessons_are_limited"
  | "hidden_reviews_say_why"
  | "horizon_is_at_most_a_year"
  | "hourly_rate_can_be_charged"
  | "hours_are_a_range"
  | "intent_id_is_stripes"
  | "interval_count_is_positive"
  | "interval_is_known"
  | "invoice_id_is_stripes"
  | "it_is_an_amount_or_a_percentage"
  | "it_recurs_at_least_every_13_weeks"
  | "kind_agrees_with_the_code"
  | "kind_says_what_it_is"
  | "labels_are_an_object"
  | "labels_are_words"
  | "last4_are_the_last_four"
  | "lessons_paid_later_are_limited"
  | "level_is_one_to_five"
  | "liability_is_for_what_is_lost"
  | "license_is_short"
  | "line_is_a_list"
  | "locale_is_a_language"
  | "mail_has_a_subject"
  | "materials_url_is_a_link"
  | "measures_are_not_negative"
  | "message_is_short"
  | "minimum_payout_is_not_negative"
  | "minutes_are_in_quarters"
  | "minutes_are_positive"
  | "money_returned_is_at_most_the_amount"
  | "money_taken_is_at_most_the_amount"
  | "name_is_readable"
  | "name_is_short"
  | "names_are_readable"
  | "names_are_short"
  | "no_minute_is_used_twice"
  | "note_is_short"
  | "note_is_visible"
  | "notes_are_short"
  | "notice_is_at_most_90_days"
  | "notice_is_reasonable"
  | "number_is_short"
  | "one_organization_is_the_platform"
  | "only_a_cancelled_booking_is_withdrawn"
  | "only_a_credit_note_credits"
  | "only_a_learner_or_an_instructor_is_absent"
  | "only_a_payout_being_sent_is_leased"
  | "only_a_resolved_report_awaits_a_refund"
  | "only_an_authorization_is_left_uncaptured"
  | "only_an_unpaid_lesson_is_to_be_collected"
  | "only_available_earnings_are_paid_out"
  | "only_bookings_reserve_use_and_return"
  | "only_disputes_have_a_dispute"
  | "only_instant_runs_repeat_within_a_day"
  | "only_instructors_become_instructors"
  | "only_learners_become_learners"
  | "only_mail_has_a_subject_and_html"
  | "only_minutes_are_credit"
  | "only_published_slots_can_be_withdrawn"
  | "only_refunds_have_a_refund"
  | "only_rewards_are_returned"
  | "only_standard_vat_is_charged"
  | "only_the_app_knows_what_was_read"
  | "only_what_is_collected_later_has_a_plan"
  | "only_what_was_tried_waits_for_an_admin"
  | "only_who_is_registered_charges_vat"
  | "only_whole_lessons_are_paid_outside"
  | "open_holds_are_limited"
  | "original_total_needs_an_original"
  | "paid_credit_has_its_activation_time"
  | "paid_earnings_are_in_a_payout"
  | "paid_means_transferred"
  | "path_is_short"
  | "payee_is_the_instructor_or_the_organization"
  | "payment_method_id_is_stripes"
  | "payout_hold_is_reasonable"
  | "payout_id_is_stripes"
  | "payout_weekday_is_a_weekday"
  | "percentage_is_a_fraction"
  | "phone_is_readable"
  | "phone_is_short"
  | "places_are_on_earth"
  | "plan_fee_is_a_fraction"
  | "prerequisites_are_short"
  | "price_can_be_charged"
  | "price_is_not_negative"
  | "processing_fee_is_not_negative"
  | "rate_is_a_fraction"
  | "rating_is_one_to_five"
  | "ready_means_that_money_can_arrive"
  | "reason_is_short"
  | "reason_is_visible"
  | "referral_discount_is_a_fraction"
  | "refund_id_is_stripes"
  | "refund_is_a_fraction"
  | "refund_is_not_negative"
  | "relation_is_readable"
  | "relation_is_short"
  | "reversal_is_at_most_the_amount"
  | "reversed_means_all_of_it"
  | "reward_is_not_negative"
  | "seats_are_never_oversold"
  | "service_agreement_is_known"
  | "setup_intent_id_is_stripes"
  | "share_follows_from_the_price"
  | "short_description_is_short"
  | "slot_is_at_most_a_day"
  | "slug_is_url_safe"
  | "somebody_or_something_is_waited_for"
  | "statement_is_short"
  | "subject_is_a_line"
  | "subscription_id_is_stripes"
  | "tags_are_short"
  | "tax_id_is_readable"
  | "tax_id_is_short"
  | "tax_ids_are_numbers_by_country"
  | "test_is_a_day_at_most"
  | "texts_are_lines"
  | "texts_are_readable"
  | "texts_are_short"
  | "texts_are_visible"
  | "texts_show_something"
  | "the_app_shows_what_mail_says"
  | "the_platform_has_no_people"
  | "the_platform_sells_nothing"
  | "the_share_never_grows"
  | "time_zone_is_known"
  | "times_are_plausible"
  | "times_are_whole_minutes"
  | "title_is_readable"
  | "title_is_short"
  | "total_is_share_plus_fee_minus_discount"
  | "transfer_id_is_stripes"
  | "trial_is_not_negative"
  | "uses_are_within_the_maximum"
  | "values_fit_the_action"
  | "vat_is_a_part_of_the_total"
  | "vat_number_has_the_form_of_its_country"
  | "versions_count_from_one"
  | "what_is_made_elsewhere_is_not_at_stripe"
  | "who_charges_vat_is_registered"
  | "window_is_not_empty"
  | "withdrawal_says_what_goes_back";
/** The webhook service's own codes; those of the database pass through it. */
export type ServiceCode =
  | "account_disconnected"
  | "bad_request"
  | "body_too_large"
  | "calendar_not_found"
  | "country_not_served"
  | "database_unavailable"
  | "event_malformed"
  | "http_error"
  | "internal_error"
  | "invalid_request"
  | "invalid_token"
  | "message_not_found"
  | "method_not_allowed"
  | "missing_token"
  | "no_such_route"
  | "sign_in_unavailable"
  | "signature_mismatch"
  | "stripe_refused"
  | "stripe_unavailable"
  | "token_expired"
  | "unsupported_content_type"
  | "user_required";
export type ErrorCode = RefusalCode | RuleCode | ServiceCode;

export type Tables<T extends keyof (Database["public"]["Tables"] & Database["public"]["Views"])> =
  (Database["public"]["Tables"] & Database["public"]["Views"])[T]["Row"];
export type Args<T extends keyof Database["public"]["Functions"]> = Database["public"]["Functions"][T]["Args"];
export type Returns<T extends keyof Database["public"]["Functions"]> = Database["public"]["Functions"][T]["Returns"];

/**
 * The code of a refusal: of an error of supabase-js, or of the problem that the webhook service answers with. Null if it has none:
 * the network was away, or nobody foresaw the error (its SQLSTATE is then in error.code).
 */
export function codeOf(refusal: unknown): ErrorCode | null {
  if (typeof refusal !== "object" || refusal === null) return null;
  if ("type" in refusal && "code" in refusal && String(refusal.type).startsWith("urn:lplate:problem:")) {
    return refusal.code as ErrorCode;
  }
  if (!("details" in refusal) || typeof refusal.details !== "string") return null;
  try {
    const detail: unknown = JSON.parse(refusal.details);
    return typeof detail === "object" && detail !== null && "code" in detail ? (detail.code as ErrorCode) : null;
  } catch {
    return null;
  }
}
