
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "alerts": {
                  Row: {
                    "code": string,"created_at": string,"id": string,"idempotency_key": string,"instructor_id": string | null,"learner_id": string | null,"message": string,"org_id": string,"related_id": string,"related_type": string,"resolved_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "code": string,"created_at"?: string,"id"?: string,"idempotency_key": string,"instructor_id"?: string | null,"learner_id"?: string | null,"message": string,"org_id": string,"related_id": string,"related_type": string,"resolved_at"?: string | null
                  }
                  Update: {
                    "code"?: string,"created_at"?: string,"id"?: string,"idempotency_key"?: string,"instructor_id"?: string | null,"learner_id"?: string | null,"message"?: string,"org_id"?: string,"related_id"?: string,"related_type"?: string,"resolved_at"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "alerts_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "alerts_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "alerts_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "alerts_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"audit_logs": {
                  Row: {
                    "action": string,"actor_kind": "user"|"service"|"job"|"studio","created_at": string,"description": string | null,"entity_id": string,"entity_type": string,"id": number,"ip": unknown,"new_values": Json | null,"old_values": Json | null,"org_id": string | null,"reason": string | null,"request_id": string | null,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "action": string,"actor_kind": "user"|"service"|"job"|"studio","created_at"?: string,"description"?: string | null,"entity_id": string,"entity_type": string,"id"?: never,"ip"?: unknown,"new_values"?: Json | null,"old_values"?: Json | null,"org_id"?: string | null,"reason"?: string | null,"request_id"?: string | null,"user_id"?: string | null
                  }
                  Update: {
                    "action"?: string,"actor_kind"?: "user"|"service"|"job"|"studio","created_at"?: string,"description"?: string | null,"entity_id"?: string,"entity_type"?: string,"id"?: never,"ip"?: unknown,"new_values"?: Json | null,"old_values"?: Json | null,"org_id"?: string | null,"reason"?: string | null,"request_id"?: string | null,"user_id"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"availability_exceptions": {
                  Row: {
                    "created_at": string,"end_time": string,"id": string,"instructor_id": string,"is_available": boolean,"last_date": string | null,"note": string | null,"on_date": string,"org_id": string,"start_time": string,"time_zone": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"end_time"?: string,"id"?: string,"instructor_id": string,"is_available": boolean,"last_date"?: string | null,"note"?: string | null,"on_date": string,"org_id": string,"start_time"?: string,"time_zone": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"end_time"?: string,"id"?: string,"instructor_id"?: string,"is_available"?: boolean,"last_date"?: string | null,"note"?: string | null,"on_date"?: string,"org_id"?: string,"start_time"?: string,"time_zone"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "availability_exceptions_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"availability_windows": {
                  Row: {
                    "created_at": string,"day_of_week": number,"effective_from": string | null,"effective_to": string | null,"end_time": string,"id": string,"instructor_id": string,"is_active": boolean,"org_id": string,"start_time": string,"time_zone": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"day_of_week": number,"effective_from"?: string | null,"effective_to"?: string | null,"end_time": string,"id"?: string,"instructor_id": string,"is_active"?: boolean,"org_id": string,"start_time": string,"time_zone": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"day_of_week"?: number,"effective_from"?: string | null,"effective_to"?: string | null,"end_time"?: string,"id"?: string,"instructor_id"?: string,"is_active"?: boolean,"org_id"?: string,"start_time"?: string,"time_zone"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "availability_windows_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"bank_payouts": {
                  Row: {
                    "amount_cents": number,"arrival_on": string | null,"connect_account_id": string,"created_at": string,"currency": string,"failure_code": string | null,"failure_message": string | null,"id": string,"instructor_id": string | null,"last_event_at": string,"org_id": string,"status": Database["public"]['Enums']["bank_payout_status"],"stripe_payout_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"arrival_on"?: string | null,"connect_account_id": string,"created_at"?: string,"currency": string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id"?: string | null,"last_event_at": string,"org_id": string,"status": Database["public"]['Enums']["bank_payout_status"],"stripe_payout_id": string,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"arrival_on"?: string | null,"connect_account_id"?: string,"created_at"?: string,"currency"?: string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id"?: string | null,"last_event_at"?: string,"org_id"?: string,"status"?: Database["public"]['Enums']["bank_payout_status"],"stripe_payout_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "bank_payouts_org_id_connect_account_id_fkey"
      columns: ["org_id","connect_account_id"]
isOneToOne: false
      referencedRelation: "stripe_connect_accounts"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bank_payouts_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"bookable_slots": {
                  Row: {
                    "availability_window_id": string | null,"created_at": string,"current_bookings": number,"end_at": string,"id": string,"instructor_id": string,"is_available": boolean,"is_published": boolean,"is_withdrawn_when_free": boolean,"max_bookings": number,"org_id": string,"service_id": string,"start_at": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "availability_window_id"?: string | null,"created_at"?: string,"current_bookings"?: number,"end_at": string,"id"?: string,"instructor_id": string,"is_available"?: never,"is_published"?: boolean,"is_withdrawn_when_free"?: boolean,"max_bookings"?: number,"org_id": string,"service_id": string,"start_at": string,"updated_at"?: string
                  }
                  Update: {
                    "availability_window_id"?: string | null,"created_at"?: string,"current_bookings"?: number,"end_at"?: string,"id"?: string,"instructor_id"?: string,"is_available"?: never,"is_published"?: boolean,"is_withdrawn_when_free"?: boolean,"max_bookings"?: number,"org_id"?: string,"service_id"?: string,"start_at"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "bookable_slots_org_id_availability_window_id_fkey"
      columns: ["org_id","availability_window_id"]
isOneToOne: false
      referencedRelation: "availability_windows"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookable_slots_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookable_slots_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"booking_notes": {
                  Row: {
                    "booking_id": string,"created_at": string,"instructor_id": string,"notes": string | null,"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "booking_id": string,"created_at"?: string,"instructor_id": string,"notes"?: string | null,"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "booking_id"?: string,"created_at"?: string,"instructor_id"?: string,"notes"?: string | null,"org_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "booking_notes_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "booking_notes_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "booking_notes_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"booking_series": {
                  Row: {
                    "created_at": string,"every_weeks": number,"first_start_at": string,"id": string,"instructor_id": string,"learner_id": string,"mode": Database["public"]['Enums']["series_mode"],"occurrences": number,"org_id": string,"service_id": string,"time_zone": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"every_weeks": number,"first_start_at": string,"id"?: string,"instructor_id": string,"learner_id": string,"mode": Database["public"]['Enums']["series_mode"],"occurrences": number,"org_id": string,"service_id": string,"time_zone": string
                  }
                  Update: {
                    "created_at"?: string,"every_weeks"?: number,"first_start_at"?: string,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"mode"?: Database["public"]['Enums']["series_mode"],"occurrences"?: number,"org_id"?: string,"service_id"?: string,"time_zone"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "booking_series_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "booking_series_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "booking_series_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "booking_series_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"bookings": {
                  Row: {
                    "accepted_at": string | null,"booked_by": string | null,"cancellation_policy_id": string,"cancellation_reason": string | null,"cancellation_refund_cents": number | null,"cancelled_at": string | null,"cancelled_by": Database["public"]['Enums']["booking_party"] | null,"client_key": string | null,"collect_at": string | null,"collect_from": string | null,"collection_tries": number,"created_at": string,"credit_applied_cents": number,"credit_minutes": number,"currency": string,"discount_cents": number,"dropoff_address": string | null,"dropoff_lat": number | null,"dropoff_lng": number | null,"due_cents": number,"early_start_requested_at": string | null,"end_at": string,"fee_bps": number,"fee_mode": Database["public"]['Enums']["fee_mode"],"given_up_at": string | null,"hold_expires_at": string | null,"id": string,"instructor_id": string,"instructor_share_cents": number,"is_collected_later": boolean,"is_fee_refundable": boolean,"is_group": boolean,"is_partly_kept": boolean | null,"is_rescheduled": boolean,"is_withdrawn": boolean,"keeps_seat": boolean,"kept_share_cents": number | null,"learner_id": string,"learner_notes": string | null,"learner_person_id": string,"no_show_by": Database["public"]['Enums']["booking_party"] | null,"order_id": string,"org_id": string,"original_booking_id": string | null,"original_total_cents": number,"payout_hold": string,"pickup_address": string | null,"pickup_lat": number | null,"pickup_lng": number | null,"platform_fee_cents": number,"price_cents": number,"refund_bps": number | null,"restored_minutes": number | null,"series_id": string | null,"service_id": string,"slot_id": string,"start_at": string,"status": Database["public"]['Enums']["booking_status"],"total_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "accepted_at"?: string | null,"booked_by"?: string | null,"cancellation_policy_id": string,"cancellation_reason"?: string | null,"cancellation_refund_cents"?: number | null,"cancelled_at"?: string | null,"cancelled_by"?: Database["public"]['Enums']["booking_party"] | null,"client_key"?: string | null,"collect_at"?: string | null,"collect_from"?: string | null,"collection_tries"?: number,"created_at"?: string,"credit_applied_cents"?: number,"credit_minutes"?: number,"currency": string,"discount_cents"?: number,"dropoff_address"?: string | null,"dropoff_lat"?: number | null,"dropoff_lng"?: number | null,"due_cents"?: never,"early_start_requested_at"?: string | null,"end_at": string,"fee_bps": number,"fee_mode": Database["public"]['Enums']["fee_mode"],"given_up_at"?: string | null,"hold_expires_at"?: string | null,"id"?: string,"instructor_id": string,"instructor_share_cents": number,"is_collected_later"?: boolean,"is_fee_refundable": boolean,"is_group": boolean,"is_partly_kept"?: never,"is_rescheduled"?: boolean,"is_withdrawn"?: boolean,"keeps_seat"?: never,"kept_share_cents"?: number | null,"learner_id": string,"learner_notes"?: string | null,"learner_person_id": string,"no_show_by"?: Database["public"]['Enums']["booking_party"] | null,"order_id": string,"org_id": string,"original_booking_id"?: string | null,"original_total_cents"?: number,"payout_hold": string,"pickup_address"?: string | null,"pickup_lat"?: number | null,"pickup_lng"?: number | null,"platform_fee_cents": number,"price_cents": number,"refund_bps"?: number | null,"restored_minutes"?: number | null,"series_id"?: string | null,"service_id": string,"slot_id": string,"start_at": string,"status": Database["public"]['Enums']["booking_status"],"total_cents": number,"updated_at"?: string
                  }
                  Update: {
                    "accepted_at"?: string | null,"booked_by"?: string | null,"cancellation_policy_id"?: string,"cancellation_reason"?: string | null,"cancellation_refund_cents"?: number | null,"cancelled_at"?: string | null,"cancelled_by"?: Database["public"]['Enums']["booking_party"] | null,"client_key"?: string | null,"collect_at"?: string | null,"collect_from"?: string | null,"collection_tries"?: number,"created_at"?: string,"credit_applied_cents"?: number,"credit_minutes"?: number,"currency"?: string,"discount_cents"?: number,"dropoff_address"?: string | null,"dropoff_lat"?: number | null,"dropoff_lng"?: number | null,"due_cents"?: never,"early_start_requested_at"?: string | null,"end_at"?: string,"fee_bps"?: number,"fee_mode"?: Database["public"]['Enums']["fee_mode"],"given_up_at"?: string | null,"hold_expires_at"?: string | null,"id"?: string,"instructor_id"?: string,"instructor_share_cents"?: number,"is_collected_later"?: boolean,"is_fee_refundable"?: boolean,"is_group"?: boolean,"is_partly_kept"?: never,"is_rescheduled"?: boolean,"is_withdrawn"?: boolean,"keeps_seat"?: never,"kept_share_cents"?: number | null,"learner_id"?: string,"learner_notes"?: string | null,"learner_person_id"?: string,"no_show_by"?: Database["public"]['Enums']["booking_party"] | null,"order_id"?: string,"org_id"?: string,"original_booking_id"?: string | null,"original_total_cents"?: number,"payout_hold"?: string,"pickup_address"?: string | null,"pickup_lat"?: number | null,"pickup_lng"?: number | null,"platform_fee_cents"?: number,"price_cents"?: number,"refund_bps"?: number | null,"restored_minutes"?: number | null,"series_id"?: string | null,"service_id"?: string,"slot_id"?: string,"start_at"?: string,"status"?: Database["public"]['Enums']["booking_status"],"total_cents"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "bookings_booked_by_fkey"
      columns: ["booked_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "bookings_collect_from_fkey"
      columns: ["collect_from"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "bookings_org_id_cancellation_policy_id_fkey"
      columns: ["org_id","cancellation_policy_id"]
isOneToOne: false
      referencedRelation: "cancellation_policies"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "bookings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: false
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_original_booking_id_fkey"
      columns: ["org_id","original_booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_original_booking_id_fkey"
      columns: ["org_id","original_booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_series_id_fkey"
      columns: ["org_id","series_id"]
isOneToOne: false
      referencedRelation: "booking_series"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_slot_id_fkey"
      columns: ["org_id","slot_id"]
isOneToOne: false
      referencedRelation: "bookable_slots"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"busy_times": {
                  Row: {
                    "created_at": string,"end_at": string,"id": string,"instructor_id": string,"note": string | null,"org_id": string,"start_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"end_at": string,"id"?: string,"instructor_id": string,"note"?: string | null,"org_id": string,"start_at": string
                  }
                  Update: {
                    "created_at"?: string,"end_at"?: string,"id"?: string,"instructor_id"?: string,"note"?: string | null,"org_id"?: string,"start_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "busy_times_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"cancellation_policies": {
                  Row: {
                    "created_at": string,"id": string,"org_id": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"org_id": string,"version": number
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"org_id"?: string,"version"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "cancellation_policies_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"cancellation_tiers": {
                  Row: {
                    "notice_minutes": number,"org_id": string,"policy_id": string,"refund_bps": number
                  }
                  ComputedFields: never
                  Insert: {
                    "notice_minutes": number,"org_id": string,"policy_id": string,"refund_bps": number
                  }
                  Update: {
                    "notice_minutes"?: number,"org_id"?: string,"policy_id"?: string,"refund_bps"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "cancellation_tiers_org_id_policy_id_fkey"
      columns: ["org_id","policy_id"]
isOneToOne: false
      referencedRelation: "cancellation_policies"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"code_redemptions": {
                  Row: {
                    "created_at": string,"currency": string,"discount_cents": number,"discount_code_id": string | null,"id": string,"kind": Database["public"]['Enums']["redemption_kind"],"learner_id": string,"learner_person_id": string,"order_id": string,"org_id": string,"redeemed_at": string | null,"referral_code_id": string | null,"returned_cents": number,"revision": number,"status": Database["public"]['Enums']["redemption_status"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"currency": string,"discount_cents": number,"discount_code_id"?: string | null,"id"?: string,"kind": Database["public"]['Enums']["redemption_kind"],"learner_id": string,"learner_person_id": string,"order_id": string,"org_id": string,"redeemed_at"?: string | null,"referral_code_id"?: string | null,"returned_cents"?: number,"revision"?: number,"status"?: Database["public"]['Enums']["redemption_status"],"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"currency"?: string,"discount_cents"?: number,"discount_code_id"?: string | null,"id"?: string,"kind"?: Database["public"]['Enums']["redemption_kind"],"learner_id"?: string,"learner_person_id"?: string,"order_id"?: string,"org_id"?: string,"redeemed_at"?: string | null,"referral_code_id"?: string | null,"returned_cents"?: number,"revision"?: number,"status"?: Database["public"]['Enums']["redemption_status"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "code_redemptions_discount_code_id_fkey"
      columns: ["discount_code_id"]
isOneToOne: false
      referencedRelation: "discount_codes"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "code_redemptions_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "code_redemptions_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "code_redemptions_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: false
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "code_redemptions_org_id_referral_code_id_fkey"
      columns: ["org_id","referral_code_id"]
isOneToOne: false
      referencedRelation: "referral_codes"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"connect_account_details": {
                  Row: {
                    "business_profile": Json | null,"connect_account_id": string,"created_at": string,"disabled_reason": string | null,"org_id": string,"requirements": Json | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "business_profile"?: Json | null,"connect_account_id": string,"created_at"?: string,"disabled_reason"?: string | null,"org_id": string,"requirements"?: Json | null,"updated_at"?: string
                  }
                  Update: {
                    "business_profile"?: Json | null,"connect_account_id"?: string,"created_at"?: string,"disabled_reason"?: string | null,"org_id"?: string,"requirements"?: Json | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "connect_account_details_org_id_connect_account_id_fkey"
      columns: ["org_id","connect_account_id"]
isOneToOne: false
      referencedRelation: "stripe_connect_accounts"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"credit_entries": {
                  Row: {
                    "booking_id": string | null,"created_at": string,"credit_id": string,"discount_cents": number,"dispute_id": string | null,"fee_cents": number,"id": string,"instructor_id": string,"kind": Database["public"]['Enums']["credit_entry_kind"],"learner_id": string,"minutes": number,"org_id": string,"refund_id": string | null,"share_cents": number
                  }
                  ComputedFields: never
                  Insert: {
                    "booking_id"?: string | null,"created_at"?: string,"credit_id": string,"discount_cents": number,"dispute_id"?: string | null,"fee_cents": number,"id"?: string,"instructor_id": string,"kind": Database["public"]['Enums']["credit_entry_kind"],"learner_id": string,"minutes": number,"org_id": string,"refund_id"?: string | null,"share_cents": number
                  }
                  Update: {
                    "booking_id"?: string | null,"created_at"?: string,"credit_id"?: string,"discount_cents"?: number,"dispute_id"?: string | null,"fee_cents"?: number,"id"?: string,"instructor_id"?: string,"kind"?: Database["public"]['Enums']["credit_entry_kind"],"learner_id"?: string,"minutes"?: number,"org_id"?: string,"refund_id"?: string | null,"share_cents"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "credit_entries_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_credit_id_fkey"
      columns: ["org_id","credit_id"]
isOneToOne: false
      referencedRelation: "learner_credits"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_dispute_id_fkey"
      columns: ["org_id","dispute_id"]
isOneToOne: false
      referencedRelation: "disputes"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "credit_entries_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "credit_entries_org_id_refund_id_fkey"
      columns: ["org_id","refund_id"]
isOneToOne: false
      referencedRelation: "refunds"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"discount_codes": {
                  Row: {
                    "amount_cents": number | null,"code": string,"created_at": string,"currency": string | null,"discount_bps": number | null,"expires_at": string | null,"id": string,"is_active": boolean,"is_first_lesson_only": boolean,"max_uses": number | null,"max_uses_per_learner": number,"may_exceed_fee": boolean,"org_id": string | null,"starts_at": string,"updated_at": string,"uses_count": number
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents"?: number | null,"code": string,"created_at"?: string,"currency"?: string | null,"discount_bps"?: number | null,"expires_at"?: string | null,"id"?: string,"is_active"?: boolean,"is_first_lesson_only"?: boolean,"max_uses"?: number | null,"max_uses_per_learner"?: number,"may_exceed_fee"?: boolean,"org_id"?: string | null,"starts_at"?: string,"updated_at"?: string,"uses_count"?: number
                  }
                  Update: {
                    "amount_cents"?: number | null,"code"?: string,"created_at"?: string,"currency"?: string | null,"discount_bps"?: number | null,"expires_at"?: string | null,"id"?: string,"is_active"?: boolean,"is_first_lesson_only"?: boolean,"max_uses"?: number | null,"max_uses_per_learner"?: number,"may_exceed_fee"?: boolean,"org_id"?: string | null,"starts_at"?: string,"updated_at"?: string,"uses_count"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "discount_codes_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"disputes": {
                  Row: {
                    "amount_cents": number,"closed_at": string | null,"created_at": string,"currency": string,"evidence_due_at": string | null,"fee_cents": number,"has_evidence": boolean,"id": string,"instructor_id": string,"is_charge_refundable": boolean,"last_event_at": string,"learner_id": string,"liability": Database["public"]['Enums']["dispute_liability"],"lost_cents": number,"opened_at": string,"org_id": string,"payment_id": string,"reason": string | null,"revision": number,"status": Database["public"]['Enums']["dispute_status"],"stripe_dispute_id": string,"updated_at": string,"withdrawn_cents": number
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"closed_at"?: string | null,"created_at"?: string,"currency": string,"evidence_due_at"?: string | null,"fee_cents"?: number,"has_evidence"?: boolean,"id"?: string,"instructor_id": string,"is_charge_refundable"?: boolean,"last_event_at": string,"learner_id": string,"liability": Database["public"]['Enums']["dispute_liability"],"lost_cents"?: number,"opened_at": string,"org_id": string,"payment_id": string,"reason"?: string | null,"revision"?: number,"status": Database["public"]['Enums']["dispute_status"],"stripe_dispute_id": string,"updated_at"?: string,"withdrawn_cents"?: number
                  }
                  Update: {
                    "amount_cents"?: number,"closed_at"?: string | null,"created_at"?: string,"currency"?: string,"evidence_due_at"?: string | null,"fee_cents"?: number,"has_evidence"?: boolean,"id"?: string,"instructor_id"?: string,"is_charge_refundable"?: boolean,"last_event_at"?: string,"learner_id"?: string,"liability"?: Database["public"]['Enums']["dispute_liability"],"lost_cents"?: number,"opened_at"?: string,"org_id"?: string,"payment_id"?: string,"reason"?: string | null,"revision"?: number,"status"?: Database["public"]['Enums']["dispute_status"],"stripe_dispute_id"?: string,"updated_at"?: string,"withdrawn_cents"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "disputes_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "disputes_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "disputes_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "disputes_org_id_payment_id_fkey"
      columns: ["org_id","payment_id"]
isOneToOne: false
      referencedRelation: "payments"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"earnings": {
                  Row: {
                    "adopted_transfer_id": string | null,"amount_cents": number,"available_at": string,"booking_id": string | null,"created_at": string,"credit_entry_id": string | null,"currency": string,"dispute_id": string | null,"fee_period_on": string | null,"fee_plan_id": string | null,"id": string,"instructor_id": string,"is_unpaid": boolean,"item_id": string | null,"kind": Database["public"]['Enums']["earning_kind"],"org_id": string,"payee_id": string,"payment_id": string | null,"payout_id": string | null,"refund_id": string | null,"reversed_payout_id": string | null,"status": Database["public"]['Enums']["earning_status"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "adopted_transfer_id"?: string | null,"amount_cents": number,"available_at": string,"booking_id"?: string | null,"created_at"?: string,"credit_entry_id"?: string | null,"currency": string,"dispute_id"?: string | null,"fee_period_on"?: string | null,"fee_plan_id"?: string | null,"id"?: string,"instructor_id": string,"is_unpaid"?: never,"item_id"?: string | null,"kind": Database["public"]['Enums']["earning_kind"],"org_id": string,"payee_id": string,"payment_id"?: string | null,"payout_id"?: string | null,"refund_id"?: string | null,"reversed_payout_id"?: string | null,"status"?: Database["public"]['Enums']["earning_status"],"updated_at"?: string
                  }
                  Update: {
                    "adopted_transfer_id"?: string | null,"amount_cents"?: number,"available_at"?: string,"booking_id"?: string | null,"created_at"?: string,"credit_entry_id"?: string | null,"currency"?: string,"dispute_id"?: string | null,"fee_period_on"?: string | null,"fee_plan_id"?: string | null,"id"?: string,"instructor_id"?: string,"is_unpaid"?: never,"item_id"?: string | null,"kind"?: Database["public"]['Enums']["earning_kind"],"org_id"?: string,"payee_id"?: string,"payment_id"?: string | null,"payout_id"?: string | null,"refund_id"?: string | null,"reversed_payout_id"?: string | null,"status"?: Database["public"]['Enums']["earning_status"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "earnings_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_credit_entry_id_fkey"
      columns: ["org_id","credit_entry_id"]
isOneToOne: false
      referencedRelation: "credit_entries"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_dispute_id_fkey"
      columns: ["org_id","dispute_id"]
isOneToOne: false
      referencedRelation: "disputes"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_fee_plan_id_fkey"
      columns: ["org_id","fee_plan_id"]
isOneToOne: false
      referencedRelation: "instructor_fee_plans"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_item_id_fkey"
      columns: ["org_id","item_id"]
isOneToOne: false
      referencedRelation: "order_items"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_payment_id_fkey"
      columns: ["org_id","payment_id"]
isOneToOne: false
      referencedRelation: "payments"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_payout_id_fkey"
      columns: ["org_id","payout_id"]
isOneToOne: false
      referencedRelation: "payouts"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_refund_id_fkey"
      columns: ["org_id","refund_id"]
isOneToOne: false
      referencedRelation: "refunds"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "earnings_org_id_reversed_payout_id_fkey"
      columns: ["org_id","reversed_payout_id"]
isOneToOne: false
      referencedRelation: "payouts"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"fee_invoices": {
                  Row: {
                    "bearer": Database["public"]['Enums']["fee_bearer"],"credited_invoice_id": string | null,"currency": string,"discount_cents": number,"entry_id": number,"fee_cents": number,"id": string,"instructor_id": string,"issued_at": string,"issuer_address": string | null,"issuer_name": string,"issuer_vat_number": string | null,"kind": Database["public"]['Enums']["fee_document_kind"],"number": string,"order_id": string | null,"org_id": string,"payee_id": string,"payer_id": string | null,"recipient_address": string | null,"recipient_name": string | null,"recipient_vat_number": string | null,"supplied_at": string,"total_cents": number,"vat_cents": number,"vat_rate_bps": number,"vat_treatment": Database["public"]['Enums']["vat_treatment"]
                  }
                  ComputedFields: never
                  Insert: {
                    "bearer": Database["public"]['Enums']["fee_bearer"],"credited_invoice_id"?: string | null,"currency": string,"discount_cents": number,"entry_id": number,"fee_cents": number,"id"?: string,"instructor_id": string,"issued_at"?: string,"issuer_address"?: string | null,"issuer_name": string,"issuer_vat_number"?: string | null,"kind": Database["public"]['Enums']["fee_document_kind"],"number": string,"order_id"?: string | null,"org_id": string,"payee_id": string,"payer_id"?: string | null,"recipient_address"?: string | null,"recipient_name"?: string | null,"recipient_vat_number"?: string | null,"supplied_at": string,"total_cents"?: never,"vat_cents": number,"vat_rate_bps": number,"vat_treatment": Database["public"]['Enums']["vat_treatment"]
                  }
                  Update: {
                    "bearer"?: Database["public"]['Enums']["fee_bearer"],"credited_invoice_id"?: string | null,"currency"?: string,"discount_cents"?: number,"entry_id"?: number,"fee_cents"?: number,"id"?: string,"instructor_id"?: string,"issued_at"?: string,"issuer_address"?: string | null,"issuer_name"?: string,"issuer_vat_number"?: string | null,"kind"?: Database["public"]['Enums']["fee_document_kind"],"number"?: string,"order_id"?: string | null,"org_id"?: string,"payee_id"?: string,"payer_id"?: string | null,"recipient_address"?: string | null,"recipient_name"?: string | null,"recipient_vat_number"?: string | null,"supplied_at"?: string,"total_cents"?: never,"vat_cents"?: number,"vat_rate_bps"?: number,"vat_treatment"?: Database["public"]['Enums']["vat_treatment"]
                  }
                  Relationships: [
                    {
      foreignKeyName: "fee_invoices_org_id_credited_invoice_id_fkey"
      columns: ["org_id","credited_invoice_id"]
isOneToOne: false
      referencedRelation: "fee_invoices"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "fee_invoices_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "fee_invoices_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: false
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "fee_invoices_payer_id_fkey"
      columns: ["payer_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"guardians": {
                  Row: {
                    "created_at": string,"email": string,"full_name": string,"id": string,"phone": string | null,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"email": string,"full_name": string,"id"?: string,"phone"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"email"?: string,"full_name"?: string,"id"?: string,"phone"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "guardians_user_id_fkey"
      columns: ["user_id"]
isOneToOne: true
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"instructor_details": {
                  Row: {
                    "created_at": string,"fee_bps": number | null,"fee_mode": Database["public"]['Enums']["fee_mode"] | null,"instructor_id": string,"is_payout_held": boolean,"license_id": string | null,"minimum_payout_cents": number | null,"org_id": string,"payee": Database["public"]['Enums']["payee_kind"],"payout_schedule": Database["public"]['Enums']["payout_schedule"],"phone": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"fee_bps"?: number | null,"fee_mode"?: Database["public"]['Enums']["fee_mode"] | null,"instructor_id": string,"is_payout_held"?: boolean,"license_id"?: string | null,"minimum_payout_cents"?: number | null,"org_id": string,"payee"?: Database["public"]['Enums']["payee_kind"],"payout_schedule"?: Database["public"]['Enums']["payout_schedule"],"phone"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"fee_bps"?: number | null,"fee_mode"?: Database["public"]['Enums']["fee_mode"] | null,"instructor_id"?: string,"is_payout_held"?: boolean,"license_id"?: string | null,"minimum_payout_cents"?: number | null,"org_id"?: string,"payee"?: Database["public"]['Enums']["payee_kind"],"payout_schedule"?: Database["public"]['Enums']["payout_schedule"],"phone"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "instructor_details_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"instructor_documents": {
                  Row: {
                    "created_at": string,"decided_at": string | null,"decided_by": string | null,"document_number": string,"expires_on": string | null,"file_path": string | null,"id": string,"instructor_id": string,"is_verified": boolean | null,"kind": Database["public"]['Enums']["document_kind"],"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"decided_at"?: string | null,"decided_by"?: string | null,"document_number": string,"expires_on"?: string | null,"file_path"?: string | null,"id"?: string,"instructor_id": string,"is_verified"?: boolean | null,"kind": Database["public"]['Enums']["document_kind"],"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"decided_at"?: string | null,"decided_by"?: string | null,"document_number"?: string,"expires_on"?: string | null,"file_path"?: string | null,"id"?: string,"instructor_id"?: string,"is_verified"?: boolean | null,"kind"?: Database["public"]['Enums']["document_kind"],"org_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "instructor_documents_decided_by_fkey"
      columns: ["decided_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "instructor_documents_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"instructor_fee_plans": {
                  Row: {
                    "amount_cents": number,"created_at": string,"currency": string,"ends_on": string | null,"id": string,"org_id": string,"period": Database["public"]['Enums']["instructor_fee_period"],"starts_on": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"created_at"?: string,"currency": string,"ends_on"?: string | null,"id"?: string,"org_id": string,"period": Database["public"]['Enums']["instructor_fee_period"],"starts_on": string,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"created_at"?: string,"currency"?: string,"ends_on"?: string | null,"id"?: string,"org_id"?: string,"period"?: Database["public"]['Enums']["instructor_fee_period"],"starts_on"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "instructor_fee_plans_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"instructor_learners": {
                  Row: {
                    "contact_until": string | null,"created_at": string,"instructor_id": string,"learner_id": string,"org_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "contact_until"?: string | null,"created_at"?: string,"instructor_id": string,"learner_id": string,"org_id": string
                  }
                  Update: {
                    "contact_until"?: string | null,"created_at"?: string,"instructor_id"?: string,"learner_id"?: string,"org_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "instructor_learners_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "instructor_learners_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "instructor_learners_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"instructors": {
                  Row: {
                    "area": string | null,"area_lat": number | null,"area_lng": number | null,"avatar_url": string | null,"bio": string | null,"buffer_after_minutes": number,"buffer_before_minutes": number,"created_at": string,"currency": string,"daily_cap": number | null,"display_name": string,"expertise_areas": (string)[],"facets": NonNullable<Json>,"horizon_days": number,"hourly_rate_cents": number,"id": string,"is_active": boolean,"is_available": boolean,"lesson_count": number,"minimum_notice_minutes": number,"org_id": string,"rating": number | null,"rating_count": number,"time_zone": string,"updated_at": string,"user_id": string | null,"verification_status": Database["public"]['Enums']["verification_status"]
                  }
                  ComputedFields: never
                  Insert: {
                    "area"?: string | null,"area_lat"?: number | null,"area_lng"?: number | null,"avatar_url"?: string | null,"bio"?: string | null,"buffer_after_minutes"?: number,"buffer_before_minutes"?: number,"created_at"?: string,"currency": string,"daily_cap"?: number | null,"display_name": string,"expertise_areas"?: (string)[],"facets"?: NonNullable<Json>,"horizon_days"?: number,"hourly_rate_cents": number,"id"?: string,"is_active"?: boolean,"is_available"?: boolean,"lesson_count"?: number,"minimum_notice_minutes"?: number,"org_id": string,"rating"?: number | null,"rating_count"?: number,"time_zone": string,"updated_at"?: string,"user_id"?: string | null,"verification_status"?: Database["public"]['Enums']["verification_status"]
                  }
                  Update: {
                    "area"?: string | null,"area_lat"?: number | null,"area_lng"?: number | null,"avatar_url"?: string | null,"bio"?: string | null,"buffer_after_minutes"?: number,"buffer_before_minutes"?: number,"created_at"?: string,"currency"?: string,"daily_cap"?: number | null,"display_name"?: string,"expertise_areas"?: (string)[],"facets"?: NonNullable<Json>,"horizon_days"?: number,"hourly_rate_cents"?: number,"id"?: string,"is_active"?: boolean,"is_available"?: boolean,"lesson_count"?: number,"minimum_notice_minutes"?: number,"org_id"?: string,"rating"?: number | null,"rating_count"?: number,"time_zone"?: string,"updated_at"?: string,"user_id"?: string | null,"verification_status"?: Database["public"]['Enums']["verification_status"]
                  }
                  Relationships: [
                    {
      foreignKeyName: "instructors_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "instructors_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"invitations": {
                  Row: {
                    "accepted_at": string | null,"accepted_by": string | null,"created_at": string,"email": string,"expires_at": string,"id": string,"instructor_id": string | null,"invited_by": string | null,"learner_id": string | null,"org_id": string,"revoked_at": string | null,"role": Database["public"]['Enums']["org_role"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "accepted_at"?: string | null,"accepted_by"?: string | null,"created_at"?: string,"email": string,"expires_at": string,"id"?: string,"instructor_id"?: string | null,"invited_by"?: string | null,"learner_id"?: string | null,"org_id": string,"revoked_at"?: string | null,"role": Database["public"]['Enums']["org_role"],"updated_at"?: string
                  }
                  Update: {
                    "accepted_at"?: string | null,"accepted_by"?: string | null,"created_at"?: string,"email"?: string,"expires_at"?: string,"id"?: string,"instructor_id"?: string | null,"invited_by"?: string | null,"learner_id"?: string | null,"org_id"?: string,"revoked_at"?: string | null,"role"?: Database["public"]['Enums']["org_role"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "invitations_accepted_by_fkey"
      columns: ["accepted_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "invitations_invited_by_fkey"
      columns: ["invited_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "invitations_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "invitations_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "invitations_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "invitations_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"invoice_payments": {
                  Row: {
                    "amount_paid_cents": number,"amount_requested_cents": number,"created_at": string,"currency": string,"disputed_cents": number,"id": string,"invoice_id": string,"org_id": string,"paid_at": string | null,"processing_fee_cents": number | null,"refunded_cents": number,"status": Database["public"]['Enums']["invoice_payment_status"],"stripe_charge_id": string | null,"stripe_invoice_payment_id": string,"stripe_payment_intent_id": string | null,"stripe_payment_record_id": string | null,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_paid_cents"?: number,"amount_requested_cents": number,"created_at"?: string,"currency": string,"disputed_cents"?: number,"id"?: string,"invoice_id": string,"org_id": string,"paid_at"?: string | null,"processing_fee_cents"?: number | null,"refunded_cents"?: number,"status": Database["public"]['Enums']["invoice_payment_status"],"stripe_charge_id"?: string | null,"stripe_invoice_payment_id": string,"stripe_payment_intent_id"?: string | null,"stripe_payment_record_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "amount_paid_cents"?: number,"amount_requested_cents"?: number,"created_at"?: string,"currency"?: string,"disputed_cents"?: number,"id"?: string,"invoice_id"?: string,"org_id"?: string,"paid_at"?: string | null,"processing_fee_cents"?: number | null,"refunded_cents"?: number,"status"?: Database["public"]['Enums']["invoice_payment_status"],"stripe_charge_id"?: string | null,"stripe_invoice_payment_id"?: string,"stripe_payment_intent_id"?: string | null,"stripe_payment_record_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "invoice_payments_org_id_invoice_id_fkey"
      columns: ["org_id","invoice_id"]
isOneToOne: false
      referencedRelation: "invoices"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "invoice_payments_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"invoices": {
                  Row: {
                    "amount_due_cents": number,"amount_paid_cents": number,"amount_remaining_cents": number,"attempt_count": number,"billing_reason": string | null,"created_at": string,"currency": string,"customer_id": string,"due_at": string | null,"finalized_at": string | null,"id": string,"invoice_pdf": string | null,"invoice_url": string | null,"last_problem": string | null,"last_problem_at": string | null,"next_payment_attempt_at": string | null,"number": string | null,"org_id": string,"overpaid_cents": number,"paid_at": string | null,"paid_outside_cents": number,"period_end": string | null,"period_start": string | null,"status": Database["public"]['Enums']["invoice_status"],"stripe_invoice_id": string,"stripe_subscription_id": string | null,"subscription_id": string | null,"total_cents": number,"updated_at": string,"user_id": string | null,"voided_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_due_cents": number,"amount_paid_cents": number,"amount_remaining_cents": number,"attempt_count"?: number,"billing_reason"?: string | null,"created_at"?: string,"currency": string,"customer_id": string,"due_at"?: string | null,"finalized_at"?: string | null,"id"?: string,"invoice_pdf"?: string | null,"invoice_url"?: string | null,"last_problem"?: string | null,"last_problem_at"?: string | null,"next_payment_attempt_at"?: string | null,"number"?: string | null,"org_id": string,"overpaid_cents"?: number,"paid_at"?: string | null,"paid_outside_cents"?: number,"period_end"?: string | null,"period_start"?: string | null,"status": Database["public"]['Enums']["invoice_status"],"stripe_invoice_id": string,"stripe_subscription_id"?: string | null,"subscription_id"?: string | null,"total_cents": number,"updated_at"?: string,"user_id"?: string | null,"voided_at"?: string | null
                  }
                  Update: {
                    "amount_due_cents"?: number,"amount_paid_cents"?: number,"amount_remaining_cents"?: number,"attempt_count"?: number,"billing_reason"?: string | null,"created_at"?: string,"currency"?: string,"customer_id"?: string,"due_at"?: string | null,"finalized_at"?: string | null,"id"?: string,"invoice_pdf"?: string | null,"invoice_url"?: string | null,"last_problem"?: string | null,"last_problem_at"?: string | null,"next_payment_attempt_at"?: string | null,"number"?: string | null,"org_id"?: string,"overpaid_cents"?: number,"paid_at"?: string | null,"paid_outside_cents"?: number,"period_end"?: string | null,"period_start"?: string | null,"status"?: Database["public"]['Enums']["invoice_status"],"stripe_invoice_id"?: string,"stripe_subscription_id"?: string | null,"subscription_id"?: string | null,"total_cents"?: number,"updated_at"?: string,"user_id"?: string | null,"voided_at"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "invoices_org_id_customer_id_fkey"
      columns: ["org_id","customer_id"]
isOneToOne: false
      referencedRelation: "stripe_customers"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "invoices_org_id_subscription_id_fkey"
      columns: ["org_id","subscription_id"]
isOneToOne: false
      referencedRelation: "subscriptions"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "invoices_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"learner_contacts": {
                  Row: {
                    "created_at": string,"email": string | null,"learner_id": string,"org_id": string,"phone": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"email"?: string | null,"learner_id": string,"org_id": string,"phone"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"email"?: string | null,"learner_id"?: string,"org_id"?: string,"phone"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "learner_contacts_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "learner_contacts_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learner_credits": {
                  Row: {
                    "activated_at": string | null,"bought_by": string | null,"client_key": string | null,"created_at": string,"currency": string,"discount_cents": number,"expires_at": string | null,"expires_forfeited": boolean,"fee_bps": number,"fee_mode": Database["public"]['Enums']["fee_mode"],"hold_expires_at": string | null,"id": string,"instructor_id": string,"instructor_share_cents": number,"is_active": boolean,"is_fee_refundable": boolean,"learner_id": string,"minutes_left": number,"minutes_purchased": number,"minutes_refunded": number,"minutes_reserved": number,"minutes_used": number,"org_id": string,"platform_fee_cents": number,"price_cents": number,"service_id": string | null,"status": Database["public"]['Enums']["credit_status"],"total_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "activated_at"?: string | null,"bought_by"?: string | null,"client_key"?: string | null,"created_at"?: string,"currency": string,"discount_cents": number,"expires_at"?: string | null,"expires_forfeited"?: boolean,"fee_bps": number,"fee_mode": Database["public"]['Enums']["fee_mode"],"hold_expires_at"?: string | null,"id"?: string,"instructor_id": string,"instructor_share_cents": number,"is_active"?: never,"is_fee_refundable": boolean,"learner_id": string,"minutes_left"?: never,"minutes_purchased": number,"minutes_refunded"?: number,"minutes_reserved"?: number,"minutes_used"?: number,"org_id": string,"platform_fee_cents": number,"price_cents": number,"service_id"?: string | null,"status"?: Database["public"]['Enums']["credit_status"],"total_cents": number,"updated_at"?: string
                  }
                  Update: {
                    "activated_at"?: string | null,"bought_by"?: string | null,"client_key"?: string | null,"created_at"?: string,"currency"?: string,"discount_cents"?: number,"expires_at"?: string | null,"expires_forfeited"?: boolean,"fee_bps"?: number,"fee_mode"?: Database["public"]['Enums']["fee_mode"],"hold_expires_at"?: string | null,"id"?: string,"instructor_id"?: string,"instructor_share_cents"?: number,"is_active"?: never,"is_fee_refundable"?: boolean,"learner_id"?: string,"minutes_left"?: never,"minutes_purchased"?: number,"minutes_refunded"?: number,"minutes_reserved"?: number,"minutes_used"?: number,"org_id"?: string,"platform_fee_cents"?: number,"price_cents"?: number,"service_id"?: string | null,"status"?: Database["public"]['Enums']["credit_status"],"total_cents"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "learner_credits_bought_by_fkey"
      columns: ["bought_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "learner_credits_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "learner_credits_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "learner_credits_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "learner_credits_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learner_details": {
                  Row: {
                    "created_at": string,"date_of_birth": string | null,"is_birth_self_declared": boolean,"learner_id": string,"notes": string | null,"org_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"date_of_birth"?: string | null,"is_birth_self_declared"?: boolean,"learner_id": string,"notes"?: string | null,"org_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"date_of_birth"?: string | null,"is_birth_self_declared"?: boolean,"learner_id"?: string,"notes"?: string | null,"org_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "learner_details_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "learner_details_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learner_guardians": {
                  Row: {
                    "can_book": boolean,"can_pay": boolean,"can_view": boolean,"consented_at": string | null,"created_at": string,"expires_at": string,"guardian_email": string,"guardian_id": string | null,"id": string,"invited_by": string | null,"learner_id": string,"org_id": string,"relation": string | null,"revoked_at": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "can_book"?: boolean,"can_pay"?: boolean,"can_view"?: boolean,"consented_at"?: string | null,"created_at"?: string,"expires_at"?: string,"guardian_email": string,"guardian_id"?: string | null,"id"?: string,"invited_by"?: string | null,"learner_id": string,"org_id": string,"relation"?: string | null,"revoked_at"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "can_book"?: boolean,"can_pay"?: boolean,"can_view"?: boolean,"consented_at"?: string | null,"created_at"?: string,"expires_at"?: string,"guardian_email"?: string,"guardian_id"?: string | null,"id"?: string,"invited_by"?: string | null,"learner_id"?: string,"org_id"?: string,"relation"?: string | null,"revoked_at"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "learner_guardians_guardian_id_fkey"
      columns: ["guardian_id"]
isOneToOne: false
      referencedRelation: "guardians"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "learner_guardians_invited_by_fkey"
      columns: ["invited_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "learner_guardians_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "learner_guardians_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learner_tests": {
                  Row: {
                    "centre": string | null,"created_at": string,"end_at": string,"id": string,"instructor_id": string | null,"kind": string,"learner_id": string,"note": string | null,"org_id": string,"outcome": Database["public"]['Enums']["test_outcome"] | null,"start_at": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "centre"?: string | null,"created_at"?: string,"end_at": string,"id"?: string,"instructor_id"?: string | null,"kind": string,"learner_id": string,"note"?: string | null,"org_id": string,"outcome"?: Database["public"]['Enums']["test_outcome"] | null,"start_at": string,"updated_at"?: string
                  }
                  Update: {
                    "centre"?: string | null,"created_at"?: string,"end_at"?: string,"id"?: string,"instructor_id"?: string | null,"kind"?: string,"learner_id"?: string,"note"?: string | null,"org_id"?: string,"outcome"?: Database["public"]['Enums']["test_outcome"] | null,"start_at"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "learner_tests_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "learner_tests_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "learner_tests_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learners": {
                  Row: {
                    "created_at": string,"experience_level": Database["public"]['Enums']["experience_level"] | null,"full_name": string,"id": string,"interests": (string)[],"learning_goals": (string)[],"lesson_count": number,"org_id": string,"preferred_duration_minutes": number | null,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"experience_level"?: Database["public"]['Enums']["experience_level"] | null,"full_name": string,"id"?: string,"interests"?: (string)[],"learning_goals"?: (string)[],"lesson_count"?: number,"org_id": string,"preferred_duration_minutes"?: number | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"experience_level"?: Database["public"]['Enums']["experience_level"] | null,"full_name"?: string,"id"?: string,"interests"?: (string)[],"learning_goals"?: (string)[],"lesson_count"?: number,"org_id"?: string,"preferred_duration_minutes"?: number | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "learners_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "learners_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"lesson_claims": {
                  Row: {
                    "answer": string | null,"booking_id": string,"claimant": Database["public"]['Enums']["booking_party"],"claimed_by": string | null,"contested_at": string | null,"contested_by": string | null,"created_at": string,"decided_at": string | null,"decided_by": Database["public"]['Enums']["booking_party"] | null,"decided_by_person": string | null,"decision_due_at": string | null,"evidence": string | null,"id": string,"instructor_id": string,"learner_id": string,"no_show_by": Database["public"]['Enums']["booking_party"],"notified_at": string | null,"org_id": string,"reason": string | null,"statement": string | null,"status": Database["public"]['Enums']["lesson_claim_status"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "answer"?: string | null,"booking_id": string,"claimant": Database["public"]['Enums']["booking_party"],"claimed_by"?: string | null,"contested_at"?: string | null,"contested_by"?: string | null,"created_at"?: string,"decided_at"?: string | null,"decided_by"?: Database["public"]['Enums']["booking_party"] | null,"decided_by_person"?: string | null,"decision_due_at"?: string | null,"evidence"?: string | null,"id"?: string,"instructor_id": string,"learner_id": string,"no_show_by": Database["public"]['Enums']["booking_party"],"notified_at"?: string | null,"org_id": string,"reason"?: string | null,"statement"?: string | null,"status": Database["public"]['Enums']["lesson_claim_status"],"updated_at"?: string
                  }
                  Update: {
                    "answer"?: string | null,"booking_id"?: string,"claimant"?: Database["public"]['Enums']["booking_party"],"claimed_by"?: string | null,"contested_at"?: string | null,"contested_by"?: string | null,"created_at"?: string,"decided_at"?: string | null,"decided_by"?: Database["public"]['Enums']["booking_party"] | null,"decided_by_person"?: string | null,"decision_due_at"?: string | null,"evidence"?: string | null,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"no_show_by"?: Database["public"]['Enums']["booking_party"],"notified_at"?: string | null,"org_id"?: string,"reason"?: string | null,"statement"?: string | null,"status"?: Database["public"]['Enums']["lesson_claim_status"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "lesson_claims_claimed_by_fkey"
      columns: ["claimed_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "lesson_claims_contested_by_fkey"
      columns: ["contested_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "lesson_claims_decided_by_person_fkey"
      columns: ["decided_by_person"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "lesson_claims_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_claims_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_claims_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_claims_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "lesson_claims_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"lesson_ratings": {
                  Row: {
                    "created_at": string,"hidden_at": string | null,"hidden_for": Database["public"]['Enums']["review_fault"] | null,"id": string,"instructor_id": string,"is_counted": boolean,"is_of_paid_lesson": boolean,"learner_id": string,"lesson_id": string,"org_id": string,"rated_by": string | null,"rating": number,"replied_at": string | null,"reply": string | null,"review": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"hidden_at"?: string | null,"hidden_for"?: Database["public"]['Enums']["review_fault"] | null,"id"?: string,"instructor_id": string,"is_counted"?: never,"is_of_paid_lesson": boolean,"learner_id": string,"lesson_id": string,"org_id": string,"rated_by"?: string | null,"rating": number,"replied_at"?: string | null,"reply"?: string | null,"review"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"hidden_at"?: string | null,"hidden_for"?: Database["public"]['Enums']["review_fault"] | null,"id"?: string,"instructor_id"?: string,"is_counted"?: never,"is_of_paid_lesson"?: boolean,"learner_id"?: string,"lesson_id"?: string,"org_id"?: string,"rated_by"?: string | null,"rating"?: number,"replied_at"?: string | null,"reply"?: string | null,"review"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "lesson_ratings_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_ratings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "lesson_ratings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_ratings_org_id_lesson_id_fkey"
      columns: ["org_id","lesson_id"]
isOneToOne: true
      referencedRelation: "lessons"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lesson_ratings_rated_by_fkey"
      columns: ["rated_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"lessons": {
                  Row: {
                    "booking_id": string,"created_at": string,"distance_meters": number | null,"duration_seconds": number | null,"ended_at": string | null,"id": string,"instructor_id": string,"learner_id": string,"notes": string | null,"org_id": string,"rating": number | null,"started_at": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "booking_id": string,"created_at"?: string,"distance_meters"?: number | null,"duration_seconds"?: never,"ended_at"?: string | null,"id"?: string,"instructor_id": string,"learner_id": string,"notes"?: string | null,"org_id": string,"rating"?: number | null,"started_at": string,"updated_at"?: string
                  }
                  Update: {
                    "booking_id"?: string,"created_at"?: string,"distance_meters"?: number | null,"duration_seconds"?: never,"ended_at"?: string | null,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"notes"?: string | null,"org_id"?: string,"rating"?: number | null,"started_at"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "lessons_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: true
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lessons_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: true
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lessons_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "lessons_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "lessons_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"message_contents": {
                  Row: {
                    "body": string | null,"calendar": Json | null,"content_sid": string | null,"content_variables": Json | null,"created_at": string,"html": string | null,"message_id": string,"org_id": string,"provider_id": string | null,"recipient_id": string | null,"subject": string | null,"to_address": string | null,"unsubscribe_token": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "body"?: string | null,"calendar"?: Json | null,"content_sid"?: string | null,"content_variables"?: Json | null,"created_at"?: string,"html"?: string | null,"message_id": string,"org_id": string,"provider_id"?: string | null,"recipient_id"?: string | null,"subject"?: string | null,"to_address"?: string | null,"unsubscribe_token"?: string,"updated_at"?: string
                  }
                  Update: {
                    "body"?: string | null,"calendar"?: Json | null,"content_sid"?: string | null,"content_variables"?: Json | null,"created_at"?: string,"html"?: string | null,"message_id"?: string,"org_id"?: string,"provider_id"?: string | null,"recipient_id"?: string | null,"subject"?: string | null,"to_address"?: string | null,"unsubscribe_token"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "message_contents_org_id_message_id_fkey"
      columns: ["org_id","message_id"]
isOneToOne: false
      referencedRelation: "message_log"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "message_contents_org_id_message_id_fkey"
      columns: ["org_id","message_id"]
isOneToOne: false
      referencedRelation: "messages"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "message_contents_recipient_id_fkey"
      columns: ["recipient_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"message_templates": {
                  Row: {
                    "body": string,"channel": Database["public"]['Enums']["message_channel"],"content_sid": string | null,"content_status": string | null,"content_variables": (string)[],"created_at": string,"html": string | null,"id": string,"kind": string,"locale": string,"org_id": string,"subject": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "body": string,"channel": Database["public"]['Enums']["message_channel"],"content_sid"?: string | null,"content_status"?: string | null,"content_variables"?: (string)[],"created_at"?: string,"html"?: string | null,"id"?: string,"kind": string,"locale": string,"org_id": string,"subject"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "body"?: string,"channel"?: Database["public"]['Enums']["message_channel"],"content_sid"?: string | null,"content_status"?: string | null,"content_variables"?: (string)[],"created_at"?: string,"html"?: string | null,"id"?: string,"kind"?: string,"locale"?: string,"org_id"?: string,"subject"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "message_templates_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"messages": {
                  Row: {
                    "about_at": string | null,"attempts": number,"available_at": string | null,"channel": Database["public"]['Enums']["message_channel"],"claimed_by": string | null,"created_at": string,"dedupe_key": string,"delivered_at": string | null,"error": string | null,"first_tried_at": string | null,"id": string,"kind": string,"learner_id": string | null,"may_be_sent": boolean,"org_id": string,"read_at": string | null,"recipient_id": string | null,"related_id": string,"related_type": string,"send_after": string,"sent_at": string | null,"status": Database["public"]['Enums']["message_status"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "about_at"?: string | null,"attempts"?: number,"available_at"?: string | null,"channel": Database["public"]['Enums']["message_channel"],"claimed_by"?: string | null,"created_at"?: string,"dedupe_key": string,"delivered_at"?: string | null,"error"?: string | null,"first_tried_at"?: string | null,"id"?: string,"kind": string,"learner_id"?: string | null,"may_be_sent"?: boolean,"org_id": string,"read_at"?: string | null,"recipient_id"?: string | null,"related_id": string,"related_type": string,"send_after": string,"sent_at"?: string | null,"status"?: Database["public"]['Enums']["message_status"],"updated_at"?: string
                  }
                  Update: {
                    "about_at"?: string | null,"attempts"?: number,"available_at"?: string | null,"channel"?: Database["public"]['Enums']["message_channel"],"claimed_by"?: string | null,"created_at"?: string,"dedupe_key"?: string,"delivered_at"?: string | null,"error"?: string | null,"first_tried_at"?: string | null,"id"?: string,"kind"?: string,"learner_id"?: string | null,"may_be_sent"?: boolean,"org_id"?: string,"read_at"?: string | null,"recipient_id"?: string | null,"related_id"?: string,"related_type"?: string,"send_after"?: string,"sent_at"?: string | null,"status"?: Database["public"]['Enums']["message_status"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "messages_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "messages_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "messages_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "messages_recipient_id_fkey"
      columns: ["recipient_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"order_items": {
                  Row: {
                    "booking_id": string | null,"created_at": string,"credit_discount_cents": number,"credit_fee_cents": number,"credit_id": string | null,"credit_share_cents": number,"currency": string,"discount_cents": number,"ending": Database["public"]['Enums']["order_item_ending"] | null,"excess_cents": number,"fee_cents": number,"id": string,"instructor_id": string,"is_fee_refundable": boolean,"is_paid": boolean,"is_paid_outside": boolean,"kind": Database["public"]['Enums']["order_item_kind"],"last_dispute_id": string | null,"last_refund_id": string | null,"learner_id": string,"liable_cents": number,"list_cents": number,"lost_cents": number,"minutes": number,"order_id": string,"org_id": string,"owed_cents": number,"refund_bps": number,"refunded_cents": number,"restored_cents": number,"revision": number,"share_cents": number,"supply_model": Database["public"]['Enums']["supply_model"],"total_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "booking_id"?: string | null,"created_at"?: string,"credit_discount_cents"?: number,"credit_fee_cents"?: number,"credit_id"?: string | null,"credit_share_cents"?: number,"currency": string,"discount_cents": number,"ending"?: Database["public"]['Enums']["order_item_ending"] | null,"excess_cents"?: number,"fee_cents": number,"id"?: string,"instructor_id": string,"is_fee_refundable": boolean,"is_paid"?: boolean,"is_paid_outside"?: boolean,"kind": Database["public"]['Enums']["order_item_kind"],"last_dispute_id"?: string | null,"last_refund_id"?: string | null,"learner_id": string,"liable_cents"?: number,"list_cents": number,"lost_cents"?: number,"minutes": number,"order_id": string,"org_id": string,"owed_cents"?: number,"refund_bps"?: number,"refunded_cents"?: number,"restored_cents"?: number,"revision"?: number,"share_cents": number,"supply_model"?: Database["public"]['Enums']["supply_model"],"total_cents"?: never,"updated_at"?: string
                  }
                  Update: {
                    "booking_id"?: string | null,"created_at"?: string,"credit_discount_cents"?: number,"credit_fee_cents"?: number,"credit_id"?: string | null,"credit_share_cents"?: number,"currency"?: string,"discount_cents"?: number,"ending"?: Database["public"]['Enums']["order_item_ending"] | null,"excess_cents"?: number,"fee_cents"?: number,"id"?: string,"instructor_id"?: string,"is_fee_refundable"?: boolean,"is_paid"?: boolean,"is_paid_outside"?: boolean,"kind"?: Database["public"]['Enums']["order_item_kind"],"last_dispute_id"?: string | null,"last_refund_id"?: string | null,"learner_id"?: string,"liable_cents"?: number,"list_cents"?: number,"lost_cents"?: number,"minutes"?: number,"order_id"?: string,"org_id"?: string,"owed_cents"?: number,"refund_bps"?: number,"refunded_cents"?: number,"restored_cents"?: number,"revision"?: number,"share_cents"?: number,"supply_model"?: Database["public"]['Enums']["supply_model"],"total_cents"?: never,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "order_items_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_credit_id_fkey"
      columns: ["org_id","credit_id"]
isOneToOne: false
      referencedRelation: "learner_credits"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_last_dispute_id_fkey"
      columns: ["org_id","last_dispute_id"]
isOneToOne: false
      referencedRelation: "disputes"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_last_refund_id_fkey"
      columns: ["org_id","last_refund_id"]
isOneToOne: false
      referencedRelation: "refunds"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "order_items_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_items_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: false
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"order_withdrawals": {
                  Row: {
                    "booking_ids": (string)[],"created_at": string,"currency": string,"id": string,"instructor_id": string,"learner_id": string,"order_id": string,"org_id": string,"refund_cents": number,"refunded_minutes": number,"restored_minutes": number,"withdrawn_by": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "booking_ids": (string)[],"created_at"?: string,"currency": string,"id"?: string,"instructor_id": string,"learner_id": string,"order_id": string,"org_id": string,"refund_cents": number,"refunded_minutes": number,"restored_minutes": number,"withdrawn_by"?: string | null
                  }
                  Update: {
                    "booking_ids"?: (string)[],"created_at"?: string,"currency"?: string,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"order_id"?: string,"org_id"?: string,"refund_cents"?: number,"refunded_minutes"?: number,"restored_minutes"?: number,"withdrawn_by"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "order_withdrawals_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_withdrawals_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "order_withdrawals_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_withdrawals_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: true
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "order_withdrawals_withdrawn_by_fkey"
      columns: ["withdrawn_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"orders": {
                  Row: {
                    "created_at": string,"currency": string,"id": string,"instructor_id": string,"is_all_or_nothing": boolean,"learner_id": string,"org_id": string,"placed_by": string | null,"withdrawal_mode": Database["public"]['Enums']["withdrawal_mode"]
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"currency": string,"id"?: string,"instructor_id": string,"is_all_or_nothing"?: boolean,"learner_id": string,"org_id": string,"placed_by"?: string | null,"withdrawal_mode": Database["public"]['Enums']["withdrawal_mode"]
                  }
                  Update: {
                    "created_at"?: string,"currency"?: string,"id"?: string,"instructor_id"?: string,"is_all_or_nothing"?: boolean,"learner_id"?: string,"org_id"?: string,"placed_by"?: string | null,"withdrawal_mode"?: Database["public"]['Enums']["withdrawal_mode"]
                  }
                  Relationships: [
                    {
      foreignKeyName: "orders_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "orders_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "orders_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "orders_placed_by_fkey"
      columns: ["placed_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"organization_members": {
                  Row: {
                    "created_at": string,"id": string,"org_id": string,"role": Database["public"]['Enums']["org_role"],"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"org_id": string,"role": Database["public"]['Enums']["org_role"],"user_id": string
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"org_id"?: string,"role"?: Database["public"]['Enums']["org_role"],"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "organization_members_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "organization_members_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"organizations": {
                  Row: {
                    "checkout_hold_minutes": number,"completion_grace": string,"created_at": string,"credit_validity_months": number | null,"currency": string,"dispute_liability": Database["public"]['Enums']["dispute_liability"],"fee_bps": number,"fee_mode": Database["public"]['Enums']["fee_mode"],"fee_refundable": boolean,"forfeits_expired_hours": boolean,"id": string,"is_marketplace": boolean,"is_platform": boolean,"labels": NonNullable<Json>,"max_held_lessons": number,"max_lessons_paid_later": number,"max_open_holds": number,"minimum_payout_cents": number,"name": string,"payout_hold": string,"payout_weekday": number,"plan_fee_bps": number | null,"referral_discount_bps": number,"referral_reward_cents": number,"refunds_resold_times": boolean,"reminder_minutes": (number)[],"requires_second_factor": boolean,"slug": string,"supply_model": Database["public"]['Enums']["supply_model"],"tax_id": string | null,"time_zone": string,"updated_at": string,"withdrawal_mode": Database["public"]['Enums']["withdrawal_mode"]
                  }
                  ComputedFields: never
                  Insert: {
                    "checkout_hold_minutes"?: number,"completion_grace"?: string,"created_at"?: string,"credit_validity_months"?: number | null,"currency": string,"dispute_liability"?: Database["public"]['Enums']["dispute_liability"],"fee_bps"?: number,"fee_mode"?: Database["public"]['Enums']["fee_mode"],"fee_refundable"?: boolean,"forfeits_expired_hours"?: boolean,"id"?: string,"is_marketplace"?: boolean,"is_platform"?: boolean,"labels"?: NonNullable<Json>,"max_held_lessons"?: number,"max_lessons_paid_later"?: number,"max_open_holds"?: number,"minimum_payout_cents"?: number,"name": string,"payout_hold"?: string,"payout_weekday"?: number,"plan_fee_bps"?: number | null,"referral_discount_bps"?: number,"referral_reward_cents"?: number,"refunds_resold_times"?: boolean,"reminder_minutes"?: (number)[],"requires_second_factor"?: boolean,"slug": string,"supply_model"?: Database["public"]['Enums']["supply_model"],"tax_id"?: string | null,"time_zone": string,"updated_at"?: string,"withdrawal_mode"?: Database["public"]['Enums']["withdrawal_mode"]
                  }
                  Update: {
                    "checkout_hold_minutes"?: number,"completion_grace"?: string,"created_at"?: string,"credit_validity_months"?: number | null,"currency"?: string,"dispute_liability"?: Database["public"]['Enums']["dispute_liability"],"fee_bps"?: number,"fee_mode"?: Database["public"]['Enums']["fee_mode"],"fee_refundable"?: boolean,"forfeits_expired_hours"?: boolean,"id"?: string,"is_marketplace"?: boolean,"is_platform"?: boolean,"labels"?: NonNullable<Json>,"max_held_lessons"?: number,"max_lessons_paid_later"?: number,"max_open_holds"?: number,"minimum_payout_cents"?: number,"name"?: string,"payout_hold"?: string,"payout_weekday"?: number,"plan_fee_bps"?: number | null,"referral_discount_bps"?: number,"referral_reward_cents"?: number,"refunds_resold_times"?: boolean,"reminder_minutes"?: (number)[],"requires_second_factor"?: boolean,"slug"?: string,"supply_model"?: Database["public"]['Enums']["supply_model"],"tax_id"?: string | null,"time_zone"?: string,"updated_at"?: string,"withdrawal_mode"?: Database["public"]['Enums']["withdrawal_mode"]
                  }
                  Relationships: [
                    
                  ]
                },"outside_payments": {
                  Row: {
                    "amount_cents": number,"created_at": string,"currency": string,"id": string,"instructor_id": string,"item_id": string,"learner_id": string,"method": Database["public"]['Enums']["outside_payment_method"],"org_id": string,"recorded_by": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"created_at"?: string,"currency": string,"id"?: string,"instructor_id": string,"item_id": string,"learner_id": string,"method": Database["public"]['Enums']["outside_payment_method"],"org_id": string,"recorded_by"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"created_at"?: string,"currency"?: string,"id"?: string,"instructor_id"?: string,"item_id"?: string,"learner_id"?: string,"method"?: Database["public"]['Enums']["outside_payment_method"],"org_id"?: string,"recorded_by"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "outside_payments_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "outside_payments_org_id_item_id_fkey"
      columns: ["org_id","item_id"]
isOneToOne: false
      referencedRelation: "order_items"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "outside_payments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "outside_payments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "outside_payments_recorded_by_fkey"
      columns: ["recorded_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"payment_items": {
                  Row: {
                    "amount_cents": number,"booking_id": string | null,"created_at": string,"discount_cents": number,"fee_cents": number,"instructor_id": string,"item_id": string,"learner_id": string,"org_id": string,"payment_id": string,"share_cents": number
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"booking_id"?: string | null,"created_at"?: string,"discount_cents": number,"fee_cents": number,"instructor_id": string,"item_id": string,"learner_id": string,"org_id": string,"payment_id": string,"share_cents": number
                  }
                  Update: {
                    "amount_cents"?: number,"booking_id"?: string | null,"created_at"?: string,"discount_cents"?: number,"fee_cents"?: number,"instructor_id"?: string,"item_id"?: string,"learner_id"?: string,"org_id"?: string,"payment_id"?: string,"share_cents"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "payment_items_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_items_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_items_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_items_org_id_item_id_fkey"
      columns: ["org_id","item_id"]
isOneToOne: false
      referencedRelation: "order_items"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_items_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "payment_items_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_items_org_id_payment_id_fkey"
      columns: ["org_id","payment_id"]
isOneToOne: false
      referencedRelation: "payments"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"payment_methods": {
                  Row: {
                    "brand": string | null,"created_at": string,"customer_id": string,"expiry_month": number | null,"expiry_year": number | null,"funding": string | null,"id": string,"is_default": boolean,"last4": string | null,"org_id": string,"stripe_payment_method_id": string,"type": string,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "brand"?: string | null,"created_at"?: string,"customer_id": string,"expiry_month"?: number | null,"expiry_year"?: number | null,"funding"?: string | null,"id"?: string,"is_default"?: boolean,"last4"?: string | null,"org_id": string,"stripe_payment_method_id": string,"type": string,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "brand"?: string | null,"created_at"?: string,"customer_id"?: string,"expiry_month"?: number | null,"expiry_year"?: number | null,"funding"?: string | null,"id"?: string,"is_default"?: boolean,"last4"?: string | null,"org_id"?: string,"stripe_payment_method_id"?: string,"type"?: string,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "payment_methods_org_id_customer_id_fkey"
      columns: ["org_id","customer_id"]
isOneToOne: false
      referencedRelation: "stripe_customers"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payment_methods_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"payments": {
                  Row: {
                    "amount_cents": number,"authorized_at": string | null,"authorized_cents": number,"capture_method": Database["public"]['Enums']["capture_mode"],"captured_cents": number,"created_at": string,"currency": string,"description": string | null,"discount_cents": number,"failure_code": string | null,"failure_message": string | null,"fee_cents": number,"funds_available_at": string | null,"id": string,"instructor_id": string,"is_accepted": boolean,"is_disputed": boolean,"is_fee_refundable": boolean,"is_replaced": boolean,"kind": Database["public"]['Enums']["payment_kind"],"last_event_at": string | null,"learner_id": string,"list_cents": number,"lost_cents": number,"metadata": NonNullable<Json>,"minutes": number,"order_id": string,"org_id": string,"payer_id": string | null,"processing_fee_cents": number | null,"refunded_cents": number,"share_cents": number,"status": Database["public"]['Enums']["payment_status"],"stripe_charge_id": string | null,"stripe_payment_intent_id": string | null,"uncaptured_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"authorized_at"?: string | null,"authorized_cents"?: number,"capture_method"?: Database["public"]['Enums']["capture_mode"],"captured_cents"?: number,"created_at"?: string,"currency": string,"description"?: string | null,"discount_cents": number,"failure_code"?: string | null,"failure_message"?: string | null,"fee_cents": number,"funds_available_at"?: string | null,"id"?: string,"instructor_id": string,"is_accepted"?: boolean,"is_disputed"?: boolean,"is_fee_refundable"?: boolean,"is_replaced"?: boolean,"kind"?: Database["public"]['Enums']["payment_kind"],"last_event_at"?: string | null,"learner_id": string,"list_cents": number,"lost_cents"?: number,"metadata"?: NonNullable<Json>,"minutes": number,"order_id": string,"org_id": string,"payer_id"?: string | null,"processing_fee_cents"?: number | null,"refunded_cents"?: number,"share_cents": number,"status"?: Database["public"]['Enums']["payment_status"],"stripe_charge_id"?: string | null,"stripe_payment_intent_id"?: string | null,"uncaptured_cents"?: number,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"authorized_at"?: string | null,"authorized_cents"?: number,"capture_method"?: Database["public"]['Enums']["capture_mode"],"captured_cents"?: number,"created_at"?: string,"currency"?: string,"description"?: string | null,"discount_cents"?: number,"failure_code"?: string | null,"failure_message"?: string | null,"fee_cents"?: number,"funds_available_at"?: string | null,"id"?: string,"instructor_id"?: string,"is_accepted"?: boolean,"is_disputed"?: boolean,"is_fee_refundable"?: boolean,"is_replaced"?: boolean,"kind"?: Database["public"]['Enums']["payment_kind"],"last_event_at"?: string | null,"learner_id"?: string,"list_cents"?: number,"lost_cents"?: number,"metadata"?: NonNullable<Json>,"minutes"?: number,"order_id"?: string,"org_id"?: string,"payer_id"?: string | null,"processing_fee_cents"?: number | null,"refunded_cents"?: number,"share_cents"?: number,"status"?: Database["public"]['Enums']["payment_status"],"stripe_charge_id"?: string | null,"stripe_payment_intent_id"?: string | null,"uncaptured_cents"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "payments_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "payments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payments_org_id_order_id_fkey"
      columns: ["org_id","order_id"]
isOneToOne: false
      referencedRelation: "orders"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payments_payer_id_fkey"
      columns: ["payer_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"payout_items": {
                  Row: {
                    "amount_cents": number,"earning_id": string,"instructor_id": string,"org_id": string,"payout_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"earning_id": string,"instructor_id": string,"org_id": string,"payout_id": string
                  }
                  Update: {
                    "amount_cents"?: number,"earning_id"?: string,"instructor_id"?: string,"org_id"?: string,"payout_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "payout_items_org_id_earning_id_fkey"
      columns: ["org_id","earning_id"]
isOneToOne: false
      referencedRelation: "earnings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payout_items_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payout_items_org_id_payout_id_fkey"
      columns: ["org_id","payout_id"]
isOneToOne: false
      referencedRelation: "payouts"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"payout_run_results": {
                  Row: {
                    "amount_cents": number,"currency": string,"instructor_id": string | null,"org_id": string,"outcome": Database["public"]['Enums']["payout_outcome"],"payee_id": string,"payout_id": string | null,"reason": string | null,"run_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"currency": string,"instructor_id"?: string | null,"org_id": string,"outcome": Database["public"]['Enums']["payout_outcome"],"payee_id": string,"payout_id"?: string | null,"reason"?: string | null,"run_id": string
                  }
                  Update: {
                    "amount_cents"?: number,"currency"?: string,"instructor_id"?: string | null,"org_id"?: string,"outcome"?: Database["public"]['Enums']["payout_outcome"],"payee_id"?: string,"payout_id"?: string | null,"reason"?: string | null,"run_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "payout_run_results_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payout_run_results_org_id_payout_id_fkey"
      columns: ["org_id","payout_id"]
isOneToOne: false
      referencedRelation: "payouts"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payout_run_results_org_id_run_id_fkey"
      columns: ["org_id","run_id"]
isOneToOne: false
      referencedRelation: "payout_runs"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"payout_runs": {
                  Row: {
                    "completed_at": string | null,"created_at": string,"cutoff_at": string,"heartbeat_at": string,"id": string,"org_id": string,"period_on": string,"schedule": Database["public"]['Enums']["payout_schedule"],"sequence": number,"status": Database["public"]['Enums']["payout_run_status"],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "completed_at"?: string | null,"created_at"?: string,"cutoff_at": string,"heartbeat_at": string,"id"?: string,"org_id": string,"period_on": string,"schedule": Database["public"]['Enums']["payout_schedule"],"sequence"?: number,"status"?: Database["public"]['Enums']["payout_run_status"],"updated_at"?: string
                  }
                  Update: {
                    "completed_at"?: string | null,"created_at"?: string,"cutoff_at"?: string,"heartbeat_at"?: string,"id"?: string,"org_id"?: string,"period_on"?: string,"schedule"?: Database["public"]['Enums']["payout_schedule"],"sequence"?: number,"status"?: Database["public"]['Enums']["payout_run_status"],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "payout_runs_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"payouts": {
                  Row: {
                    "amount_cents": number,"connect_account_id": string,"created_at": string,"currency": string,"failure_code": string | null,"failure_message": string | null,"id": string,"instructor_id": string | null,"last_tried_at": string | null,"leased_until": string | null,"metadata": NonNullable<Json>,"org_id": string,"paid_at": string | null,"payee_id": string,"payout_date": string,"reversed_cents": number,"run_id": string,"status": Database["public"]['Enums']["payout_status"],"stripe_transfer_id": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"connect_account_id": string,"created_at"?: string,"currency": string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id"?: string | null,"last_tried_at"?: string | null,"leased_until"?: string | null,"metadata"?: NonNullable<Json>,"org_id": string,"paid_at"?: string | null,"payee_id": string,"payout_date": string,"reversed_cents"?: number,"run_id": string,"status"?: Database["public"]['Enums']["payout_status"],"stripe_transfer_id"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"connect_account_id"?: string,"created_at"?: string,"currency"?: string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id"?: string | null,"last_tried_at"?: string | null,"leased_until"?: string | null,"metadata"?: NonNullable<Json>,"org_id"?: string,"paid_at"?: string | null,"payee_id"?: string,"payout_date"?: string,"reversed_cents"?: number,"run_id"?: string,"status"?: Database["public"]['Enums']["payout_status"],"stripe_transfer_id"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "payouts_org_id_connect_account_id_fkey"
      columns: ["org_id","connect_account_id"]
isOneToOne: false
      referencedRelation: "stripe_connect_accounts"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payouts_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "payouts_org_id_run_id_fkey"
      columns: ["org_id","run_id"]
isOneToOne: false
      referencedRelation: "payout_runs"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"platform_registrations": {
                  Row: {
                    "address": string,"country": string,"created_at": string,"is_home": boolean,"legal_name": string,"updated_at": string,"vat_number": string | null,"vat_rate_bps": number
                  }
                  ComputedFields: never
                  Insert: {
                    "address": string,"country": string,"created_at"?: string,"is_home"?: boolean,"legal_name": string,"updated_at"?: string,"vat_number"?: string | null,"vat_rate_bps"?: number
                  }
                  Update: {
                    "address"?: string,"country"?: string,"created_at"?: string,"is_home"?: boolean,"legal_name"?: string,"updated_at"?: string,"vat_number"?: string | null,"vat_rate_bps"?: number
                  }
                  Relationships: [
                    
                  ]
                },"problem_reports": {
                  Row: {
                    "awaits_refund": boolean,"booking_id": string,"created_at": string,"description": string,"id": string,"instructor_id": string,"learner_id": string,"org_id": string,"reported_by": string | null,"resolution": string | null,"resolved_at": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "awaits_refund"?: boolean,"booking_id": string,"created_at"?: string,"description": string,"id"?: string,"instructor_id": string,"learner_id": string,"org_id": string,"reported_by"?: string | null,"resolution"?: string | null,"resolved_at"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "awaits_refund"?: boolean,"booking_id"?: string,"created_at"?: string,"description"?: string,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"org_id"?: string,"reported_by"?: string | null,"resolution"?: string | null,"resolved_at"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "problem_reports_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "problem_reports_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "problem_reports_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "problem_reports_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "problem_reports_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "problem_reports_reported_by_fkey"
      columns: ["reported_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"profiles": {
                  Row: {
                    "avatar_url": string | null,"created_at": string,"display_name": string | null,"email": string | null,"external_id": string | null,"first_name": string | null,"full_name": string | null,"id": string,"last_name": string | null,"locale": string | null,"phone": string | null,"time_zone": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "avatar_url"?: string | null,"created_at"?: string,"display_name"?: string | null,"email"?: string | null,"external_id"?: string | null,"first_name"?: string | null,"full_name"?: string | null,"id": string,"last_name"?: string | null,"locale"?: string | null,"phone"?: string | null,"time_zone"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "avatar_url"?: string | null,"created_at"?: string,"display_name"?: string | null,"email"?: string | null,"external_id"?: string | null,"first_name"?: string | null,"full_name"?: string | null,"id"?: string,"last_name"?: string | null,"locale"?: string | null,"phone"?: string | null,"time_zone"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"rate_card_items": {
                  Row: {
                    "created_at": string,"currency": string,"id": string,"org_id": string,"price_cents": number,"rate_card_id": string,"service_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"currency": string,"id"?: string,"org_id": string,"price_cents": number,"rate_card_id": string,"service_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"currency"?: string,"id"?: string,"org_id"?: string,"price_cents"?: number,"rate_card_id"?: string,"service_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "rate_card_items_org_id_rate_card_id_currency_fkey"
      columns: ["org_id","rate_card_id","currency"]
isOneToOne: false
      referencedRelation: "rate_cards"
      referencedColumns: ["org_id","id","currency"]
    },{
      foreignKeyName: "rate_card_items_org_id_service_id_currency_fkey"
      columns: ["org_id","service_id","currency"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id","currency"]
    }
                  ]
                },"rate_cards": {
                  Row: {
                    "created_at": string,"currency": string,"id": string,"is_default": boolean,"name": string,"org_id": string,"updated_at": string,"valid_from": string | null,"valid_to": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"currency": string,"id"?: string,"is_default"?: boolean,"name": string,"org_id": string,"updated_at"?: string,"valid_from"?: string | null,"valid_to"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"currency"?: string,"id"?: string,"is_default"?: boolean,"name"?: string,"org_id"?: string,"updated_at"?: string,"valid_from"?: string | null,"valid_to"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "rate_cards_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"reconciliation_reports": {
                  Row: {
                    "balance_breakdown": NonNullable<Json>,"closing_cents": number,"content_hash": string,"created_at": string,"currency": string,"id": string,"opening_cents": number,"payment_breakdown": NonNullable<Json>,"payout_breakdown": NonNullable<Json>,"report_date": string,"total_fees_cents": number,"total_payouts_cents": number,"total_revenue_cents": number,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "balance_breakdown": NonNullable<Json>,"closing_cents": number,"content_hash": string,"created_at"?: string,"currency": string,"id"?: string,"opening_cents": number,"payment_breakdown": NonNullable<Json>,"payout_breakdown": NonNullable<Json>,"report_date": string,"total_fees_cents": number,"total_payouts_cents": number,"total_revenue_cents": number,"version": number
                  }
                  Update: {
                    "balance_breakdown"?: NonNullable<Json>,"closing_cents"?: number,"content_hash"?: string,"created_at"?: string,"currency"?: string,"id"?: string,"opening_cents"?: number,"payment_breakdown"?: NonNullable<Json>,"payout_breakdown"?: NonNullable<Json>,"report_date"?: string,"total_fees_cents"?: number,"total_payouts_cents"?: number,"total_revenue_cents"?: number,"version"?: number
                  }
                  Relationships: [
                    
                  ]
                },"referral_codes": {
                  Row: {
                    "code": string,"created_at": string,"currency": string,"discount_bps": number,"expires_at": string | null,"id": string,"is_active": boolean,"max_uses": number | null,"org_id": string,"referrer_id": string,"reward_cents": number,"updated_at": string,"uses_count": number
                  }
                  ComputedFields: never
                  Insert: {
                    "code": string,"created_at"?: string,"currency": string,"discount_bps": number,"expires_at"?: string | null,"id"?: string,"is_active"?: boolean,"max_uses"?: number | null,"org_id": string,"referrer_id": string,"reward_cents": number,"updated_at"?: string,"uses_count"?: number
                  }
                  Update: {
                    "code"?: string,"created_at"?: string,"currency"?: string,"discount_bps"?: number,"expires_at"?: string | null,"id"?: string,"is_active"?: boolean,"max_uses"?: number | null,"org_id"?: string,"referrer_id"?: string,"reward_cents"?: number,"updated_at"?: string,"uses_count"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "referral_codes_org_id_referrer_id_fkey"
      columns: ["org_id","referrer_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "referral_codes_org_id_referrer_id_fkey"
      columns: ["org_id","referrer_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"referral_rewards": {
                  Row: {
                    "amount_cents": number,"booking_id": string,"clawed_back_cents": number,"created_at": string,"currency": string,"id": string,"item_id": string,"org_id": string,"redemption_id": string,"referrer_id": string,"revision": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"booking_id": string,"clawed_back_cents"?: number,"created_at"?: string,"currency": string,"id"?: string,"item_id": string,"org_id": string,"redemption_id": string,"referrer_id": string,"revision"?: number,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"booking_id"?: string,"clawed_back_cents"?: number,"created_at"?: string,"currency"?: string,"id"?: string,"item_id"?: string,"org_id"?: string,"redemption_id"?: string,"referrer_id"?: string,"revision"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "referral_rewards_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "booking_details"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "referral_rewards_org_id_booking_id_fkey"
      columns: ["org_id","booking_id"]
isOneToOne: false
      referencedRelation: "bookings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "referral_rewards_org_id_item_id_fkey"
      columns: ["org_id","item_id"]
isOneToOne: false
      referencedRelation: "order_items"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "referral_rewards_org_id_redemption_id_fkey"
      columns: ["org_id","redemption_id"]
isOneToOne: true
      referencedRelation: "code_redemptions"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "referral_rewards_org_id_referrer_id_fkey"
      columns: ["org_id","referrer_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "referral_rewards_org_id_referrer_id_fkey"
      columns: ["org_id","referrer_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"refunds": {
                  Row: {
                    "amount_cents": number,"client_key": string | null,"created_at": string,"currency": string,"failure_code": string | null,"failure_message": string | null,"id": string,"instructor_id": string,"is_made_elsewhere": boolean,"learner_id": string,"metadata": NonNullable<Json>,"org_id": string,"payment_id": string,"reason": string,"request_id": string | null,"requested_by": string | null,"status": Database["public"]['Enums']["refund_status"],"stripe_refund_id": string | null,"unmatched_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents": number,"client_key"?: string | null,"created_at"?: string,"currency": string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id": string,"is_made_elsewhere"?: boolean,"learner_id": string,"metadata"?: NonNullable<Json>,"org_id": string,"payment_id": string,"reason": string,"request_id"?: string | null,"requested_by"?: string | null,"status": Database["public"]['Enums']["refund_status"],"stripe_refund_id"?: string | null,"unmatched_cents"?: number,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number,"client_key"?: string | null,"created_at"?: string,"currency"?: string,"failure_code"?: string | null,"failure_message"?: string | null,"id"?: string,"instructor_id"?: string,"is_made_elsewhere"?: boolean,"learner_id"?: string,"metadata"?: NonNullable<Json>,"org_id"?: string,"payment_id"?: string,"reason"?: string,"request_id"?: string | null,"requested_by"?: string | null,"status"?: Database["public"]['Enums']["refund_status"],"stripe_refund_id"?: string | null,"unmatched_cents"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "refunds_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "refunds_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "refunds_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "refunds_org_id_payment_id_fkey"
      columns: ["org_id","payment_id"]
isOneToOne: false
      referencedRelation: "payments"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "refunds_org_id_request_id_fkey"
      columns: ["org_id","request_id"]
isOneToOne: false
      referencedRelation: "refunds"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "refunds_requested_by_fkey"
      columns: ["requested_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"review_reports": {
                  Row: {
                    "created_at": string,"fault": Database["public"]['Enums']["review_fault"],"id": string,"org_id": string,"rating_id": string,"reported_by": string,"resolved_at": string | null,"statement": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"fault": Database["public"]['Enums']["review_fault"],"id"?: string,"org_id": string,"rating_id": string,"reported_by": string,"resolved_at"?: string | null,"statement"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"fault"?: Database["public"]['Enums']["review_fault"],"id"?: string,"org_id"?: string,"rating_id"?: string,"reported_by"?: string,"resolved_at"?: string | null,"statement"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "review_reports_org_id_rating_id_fkey"
      columns: ["org_id","rating_id"]
isOneToOne: false
      referencedRelation: "lesson_ratings"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "review_reports_reported_by_fkey"
      columns: ["reported_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"seller_details": {
                  Row: {
                    "address_line": string,"birth_date": string | null,"city": string,"country": string,"created_at": string,"id": string,"instructor_id": string | null,"kind": Database["public"]['Enums']["seller_kind"],"legal_name": string,"org_id": string,"postal_code": string | null,"registration_number": string | null,"tax_ids": NonNullable<Json>,"updated_at": string,"vat_number": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "address_line": string,"birth_date"?: string | null,"city": string,"country": string,"created_at"?: string,"id"?: string,"instructor_id"?: string | null,"kind": Database["public"]['Enums']["seller_kind"],"legal_name": string,"org_id": string,"postal_code"?: string | null,"registration_number"?: string | null,"tax_ids"?: NonNullable<Json>,"updated_at"?: string,"vat_number"?: string | null
                  }
                  Update: {
                    "address_line"?: string,"birth_date"?: string | null,"city"?: string,"country"?: string,"created_at"?: string,"id"?: string,"instructor_id"?: string | null,"kind"?: Database["public"]['Enums']["seller_kind"],"legal_name"?: string,"org_id"?: string,"postal_code"?: string | null,"registration_number"?: string | null,"tax_ids"?: NonNullable<Json>,"updated_at"?: string,"vat_number"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "seller_details_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "seller_details_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"service_materials": {
                  Row: {
                    "created_at": string,"instructor_id": string | null,"materials_url": string | null,"org_id": string,"service_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"instructor_id"?: string | null,"materials_url"?: string | null,"org_id": string,"service_id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"instructor_id"?: string | null,"materials_url"?: string | null,"org_id"?: string,"service_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "service_materials_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "service_materials_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"services": {
                  Row: {
                    "approval_hours": number,"capture_mode": Database["public"]['Enums']["capture_mode"],"created_at": string,"currency": string,"description": string | null,"duration_minutes": number,"id": string,"instructor_id": string | null,"is_active": boolean,"level": Database["public"]['Enums']["experience_level"] | null,"max_participants": number,"org_id": string,"prerequisites": string | null,"price_cents": number | null,"requires_approval": boolean,"short_description": string | null,"title": string,"topic_tags": (string)[],"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "approval_hours"?: number,"capture_mode"?: Database["public"]['Enums']["capture_mode"],"created_at"?: string,"currency": string,"description"?: string | null,"duration_minutes": number,"id"?: string,"instructor_id"?: string | null,"is_active"?: boolean,"level"?: Database["public"]['Enums']["experience_level"] | null,"max_participants"?: number,"org_id": string,"prerequisites"?: string | null,"price_cents"?: number | null,"requires_approval"?: boolean,"short_description"?: string | null,"title": string,"topic_tags"?: (string)[],"updated_at"?: string
                  }
                  Update: {
                    "approval_hours"?: number,"capture_mode"?: Database["public"]['Enums']["capture_mode"],"created_at"?: string,"currency"?: string,"description"?: string | null,"duration_minutes"?: number,"id"?: string,"instructor_id"?: string | null,"is_active"?: boolean,"level"?: Database["public"]['Enums']["experience_level"] | null,"max_participants"?: number,"org_id"?: string,"prerequisites"?: string | null,"price_cents"?: number | null,"requires_approval"?: boolean,"short_description"?: string | null,"title"?: string,"topic_tags"?: (string)[],"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "services_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "services_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"setup_intents": {
                  Row: {
                    "created_at": string,"customer_id": string,"failure_code": string | null,"id": string,"org_id": string,"status": Database["public"]['Enums']["setup_status"],"stripe_setup_intent_id": string | null,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"customer_id": string,"failure_code"?: string | null,"id"?: string,"org_id": string,"status"?: Database["public"]['Enums']["setup_status"],"stripe_setup_intent_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"customer_id"?: string,"failure_code"?: string | null,"id"?: string,"org_id"?: string,"status"?: Database["public"]['Enums']["setup_status"],"stripe_setup_intent_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "setup_intents_org_id_customer_id_fkey"
      columns: ["org_id","customer_id"]
isOneToOne: false
      referencedRelation: "stripe_customers"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "setup_intents_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"skill_assessments": {
                  Row: {
                    "assessed_at": string,"id": string,"instructor_id": string,"learner_id": string,"lesson_id": string,"level": number,"note": string | null,"org_id": string,"skill_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "assessed_at"?: string,"id"?: string,"instructor_id": string,"learner_id": string,"lesson_id": string,"level": number,"note"?: string | null,"org_id": string,"skill_id": string,"updated_at"?: string
                  }
                  Update: {
                    "assessed_at"?: string,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"lesson_id"?: string,"level"?: number,"note"?: string | null,"org_id"?: string,"skill_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "skill_assessments_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "skill_assessments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "skill_assessments_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "skill_assessments_org_id_lesson_id_fkey"
      columns: ["org_id","lesson_id"]
isOneToOne: false
      referencedRelation: "lessons"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "skill_assessments_org_id_skill_id_fkey"
      columns: ["org_id","skill_id"]
isOneToOne: false
      referencedRelation: "skills"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"skills": {
                  Row: {
                    "area": string,"created_at": string,"id": string,"is_active": boolean,"org_id": string,"position": number,"syllabus": string,"title": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "area"?: string,"created_at"?: string,"id"?: string,"is_active"?: boolean,"org_id": string,"position": number,"syllabus": string,"title": string,"updated_at"?: string
                  }
                  Update: {
                    "area"?: string,"created_at"?: string,"id"?: string,"is_active"?: boolean,"org_id"?: string,"position"?: number,"syllabus"?: string,"title"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "skills_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"stripe_connect_accounts": {
                  Row: {
                    "account_type": string,"accounts_api": string,"business_type": string | null,"charges_enabled": boolean,"country": string | null,"created_at": string,"default_currency": string | null,"details_submitted": boolean,"id": string,"instructor_id": string | null,"last_event_at": string | null,"org_id": string,"payouts_enabled": boolean,"retired_at": string | null,"service_agreement": string,"status": Database["public"]['Enums']["connect_status"],"status_reason": string | null,"stripe_account_id": string | null,"synced_at": string | null,"transfers_enabled": boolean,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "account_type"?: string,"accounts_api"?: string,"business_type"?: string | null,"charges_enabled"?: boolean,"country"?: string | null,"created_at"?: string,"default_currency"?: string | null,"details_submitted"?: boolean,"id"?: string,"instructor_id"?: string | null,"last_event_at"?: string | null,"org_id": string,"payouts_enabled"?: boolean,"retired_at"?: string | null,"service_agreement"?: string,"status"?: Database["public"]['Enums']["connect_status"],"status_reason"?: string | null,"stripe_account_id"?: string | null,"synced_at"?: string | null,"transfers_enabled"?: boolean,"updated_at"?: string
                  }
                  Update: {
                    "account_type"?: string,"accounts_api"?: string,"business_type"?: string | null,"charges_enabled"?: boolean,"country"?: string | null,"created_at"?: string,"default_currency"?: string | null,"details_submitted"?: boolean,"id"?: string,"instructor_id"?: string | null,"last_event_at"?: string | null,"org_id"?: string,"payouts_enabled"?: boolean,"retired_at"?: string | null,"service_agreement"?: string,"status"?: Database["public"]['Enums']["connect_status"],"status_reason"?: string | null,"stripe_account_id"?: string | null,"synced_at"?: string | null,"transfers_enabled"?: boolean,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "stripe_connect_accounts_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "stripe_connect_accounts_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"stripe_customers": {
                  Row: {
                    "created_at": string,"default_stripe_payment_method_id": string | null,"deleted_at": string | null,"id": string,"is_delinquent": boolean,"livemode": boolean,"org_id": string,"stripe_customer_id": string | null,"updated_at": string,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"default_stripe_payment_method_id"?: string | null,"deleted_at"?: string | null,"id"?: string,"is_delinquent"?: boolean,"livemode": boolean,"org_id": string,"stripe_customer_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"default_stripe_payment_method_id"?: string | null,"deleted_at"?: string | null,"id"?: string,"is_delinquent"?: boolean,"livemode"?: boolean,"org_id"?: string,"stripe_customer_id"?: string | null,"updated_at"?: string,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "stripe_customers_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "stripe_customers_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"subscription_plans": {
                  Row: {
                    "amount_cents": number | null,"created_at": string,"currency": string,"id": string,"interval": string,"interval_count": number,"is_active": boolean,"name": string | null,"org_id": string,"product_id": string,"stripe_price_id": string,"trial_days": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents"?: number | null,"created_at"?: string,"currency": string,"id"?: string,"interval": string,"interval_count": number,"is_active"?: boolean,"name"?: string | null,"org_id": string,"product_id": string,"stripe_price_id": string,"trial_days"?: number,"updated_at"?: string
                  }
                  Update: {
                    "amount_cents"?: number | null,"created_at"?: string,"currency"?: string,"id"?: string,"interval"?: string,"interval_count"?: number,"is_active"?: boolean,"name"?: string | null,"org_id"?: string,"product_id"?: string,"stripe_price_id"?: string,"trial_days"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "subscription_plans_org_id_product_id_fkey"
      columns: ["org_id","product_id"]
isOneToOne: false
      referencedRelation: "subscription_products"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"subscription_products": {
                  Row: {
                    "cooling_off_days": number | null,"created_at": string,"description": string | null,"features": (string)[],"fee_bps": number | null,"grace_days": number,"id": string,"is_sold": boolean,"name": string | null,"org_id": string,"stripe_product_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "cooling_off_days"?: number | null,"created_at"?: string,"description"?: string | null,"features"?: (string)[],"fee_bps"?: number | null,"grace_days"?: number,"id"?: string,"is_sold"?: boolean,"name"?: string | null,"org_id": string,"stripe_product_id": string,"updated_at"?: string
                  }
                  Update: {
                    "cooling_off_days"?: number | null,"created_at"?: string,"description"?: string | null,"features"?: (string)[],"fee_bps"?: number | null,"grace_days"?: number,"id"?: string,"is_sold"?: boolean,"name"?: string | null,"org_id"?: string,"stripe_product_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "subscription_products_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"subscriptions": {
                  Row: {
                    "amount_cents": number | null,"billing_mode": string | null,"cancel_at": string | null,"cancel_at_period_end": boolean,"cancelled_at": string | null,"cooling_off_ends_at": string | null,"created_at": string,"currency": string,"current_period_end": string | null,"current_period_start": string | null,"customer_id": string,"ended_at": string | null,"id": string,"interval": string | null,"interval_count": number | null,"is_current": boolean,"is_live": boolean | null,"org_id": string,"organization_id": string | null,"pause_behavior": string | null,"plan_id": string | null,"product_id": string,"quantity": number | null,"resumes_at": string | null,"started_at": string,"status": Database["public"]['Enums']["subscription_status"],"stripe_price_id": string,"stripe_subscription_id": string,"trial_end": string | null,"trial_start": string | null,"updated_at": string,"user_id": string | null,"withdrawal_refund_cents": number | null,"withdrawn_at": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_cents"?: number | null,"billing_mode"?: string | null,"cancel_at"?: string | null,"cancel_at_period_end"?: boolean,"cancelled_at"?: string | null,"cooling_off_ends_at"?: string | null,"created_at"?: string,"currency": string,"current_period_end"?: string | null,"current_period_start"?: string | null,"customer_id": string,"ended_at"?: string | null,"id"?: string,"interval"?: string | null,"interval_count"?: number | null,"is_current"?: boolean,"is_live"?: never,"org_id": string,"organization_id"?: string | null,"pause_behavior"?: string | null,"plan_id"?: string | null,"product_id": string,"quantity"?: number | null,"resumes_at"?: string | null,"started_at": string,"status": Database["public"]['Enums']["subscription_status"],"stripe_price_id": string,"stripe_subscription_id": string,"trial_end"?: string | null,"trial_start"?: string | null,"updated_at"?: string,"user_id"?: string | null,"withdrawal_refund_cents"?: number | null,"withdrawn_at"?: string | null
                  }
                  Update: {
                    "amount_cents"?: number | null,"billing_mode"?: string | null,"cancel_at"?: string | null,"cancel_at_period_end"?: boolean,"cancelled_at"?: string | null,"cooling_off_ends_at"?: string | null,"created_at"?: string,"currency"?: string,"current_period_end"?: string | null,"current_period_start"?: string | null,"customer_id"?: string,"ended_at"?: string | null,"id"?: string,"interval"?: string | null,"interval_count"?: number | null,"is_current"?: boolean,"is_live"?: never,"org_id"?: string,"organization_id"?: string | null,"pause_behavior"?: string | null,"plan_id"?: string | null,"product_id"?: string,"quantity"?: number | null,"resumes_at"?: string | null,"started_at"?: string,"status"?: Database["public"]['Enums']["subscription_status"],"stripe_price_id"?: string,"stripe_subscription_id"?: string,"trial_end"?: string | null,"trial_start"?: string | null,"updated_at"?: string,"user_id"?: string | null,"withdrawal_refund_cents"?: number | null,"withdrawn_at"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "subscriptions_org_id_customer_id_fkey"
      columns: ["org_id","customer_id"]
isOneToOne: false
      referencedRelation: "stripe_customers"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "subscriptions_org_id_plan_id_fkey"
      columns: ["org_id","plan_id"]
isOneToOne: false
      referencedRelation: "subscription_plans"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "subscriptions_org_id_product_id_fkey"
      columns: ["org_id","product_id"]
isOneToOne: false
      referencedRelation: "subscription_products"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "subscriptions_organization_id_fkey"
      columns: ["organization_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "subscriptions_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"terms_acceptances": {
                  Row: {
                    "accepted_at": string,"ip": unknown,"org_id": string,"terms_id": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "accepted_at"?: string,"ip"?: unknown,"org_id": string,"terms_id": string,"user_id": string
                  }
                  Update: {
                    "accepted_at"?: string,"ip"?: unknown,"org_id"?: string,"terms_id"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "terms_acceptances_org_id_terms_id_fkey"
      columns: ["org_id","terms_id"]
isOneToOne: false
      referencedRelation: "terms_versions"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"terms_versions": {
                  Row: {
                    "body": string,"id": string,"org_id": string,"published_at": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "body": string,"id"?: string,"org_id": string,"published_at"?: string,"version": number
                  }
                  Update: {
                    "body"?: string,"id"?: string,"org_id"?: string,"published_at"?: string,"version"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "terms_versions_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    }
                  ]
                },"trip_consents": {
                  Row: {
                    "agrees": boolean,"created_at": string,"learner_id": string,"org_id": string,"updated_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "agrees": boolean,"created_at"?: string,"learner_id": string,"org_id": string,"updated_at"?: string,"user_id": string
                  }
                  Update: {
                    "agrees"?: boolean,"created_at"?: string,"learner_id"?: string,"org_id"?: string,"updated_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "trip_consents_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "trip_consents_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "trip_consents_user_id_fkey"
      columns: ["user_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"trips": {
                  Row: {
                    "clock_skew_seconds": number | null,"created_at": string,"distance_meters": number | null,"duration_seconds": number | null,"ended_at": string | null,"id": string,"instructor_id": string,"learner_id": string,"lesson_id": string,"line": Json | null,"org_id": string,"phone_skew_seconds": number | null,"point_count": number | null,"points_removed_at": string | null,"started_at": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "clock_skew_seconds"?: number | null,"created_at"?: string,"distance_meters"?: number | null,"duration_seconds"?: never,"ended_at"?: string | null,"id"?: string,"instructor_id": string,"learner_id": string,"lesson_id": string,"line"?: Json | null,"org_id": string,"phone_skew_seconds"?: number | null,"point_count"?: number | null,"points_removed_at"?: string | null,"started_at": string,"updated_at"?: string
                  }
                  Update: {
                    "clock_skew_seconds"?: number | null,"created_at"?: string,"distance_meters"?: number | null,"duration_seconds"?: never,"ended_at"?: string | null,"id"?: string,"instructor_id"?: string,"learner_id"?: string,"lesson_id"?: string,"line"?: Json | null,"org_id"?: string,"phone_skew_seconds"?: number | null,"point_count"?: number | null,"points_removed_at"?: string | null,"started_at"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "trips_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "trips_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "trips_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "trips_org_id_lesson_id_fkey"
      columns: ["org_id","lesson_id"]
isOneToOne: false
      referencedRelation: "lessons"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"waiting_list_entries": {
                  Row: {
                    "created_at": string,"days": (number)[],"ended_at": string | null,"from_time": string,"id": string,"instructor_id": string | null,"learner_id": string,"max_total_cents": number | null,"org_id": string,"service_id": string | null,"to_time": string,"until_date": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"days": (number)[],"ended_at"?: string | null,"from_time": string,"id"?: string,"instructor_id"?: string | null,"learner_id": string,"max_total_cents"?: number | null,"org_id": string,"service_id"?: string | null,"to_time": string,"until_date"?: string | null
                  }
                  Update: {
                    "created_at"?: string,"days"?: (number)[],"ended_at"?: string | null,"from_time"?: string,"id"?: string,"instructor_id"?: string | null,"learner_id"?: string,"max_total_cents"?: number | null,"org_id"?: string,"service_id"?: string | null,"to_time"?: string,"until_date"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "waiting_list_entries_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "waiting_list_entries_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "waiting_list_entries_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "waiting_list_entries_org_id_service_id_fkey"
      columns: ["org_id","service_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    }
                  ]
                }
          }
          Views: {
            "booking_details": {
                  Row: {
                    "amount_authorized": number | null,"amount_captured": number | null,"amount_refunded": number | null,"booking_status": Database["public"]['Enums']["booking_status"],"cancellation_reason": string | null,"cancelled_at": string | null,"cancelled_by": string | null,"created_at": string,"currency": string,"dropoff_address": string | null,"due_cents": number,"duration_minutes": number,"end_at": string,"expert_bio": string | null,"expert_id": string,"expert_name": string,"expert_notes": string | null,"hold_expires_at": string | null,"id": string,"is_paid_outside": boolean | null,"learner_id": string,"learner_name": string,"learner_notes": string | null,"learner_phone": string | null,"org_id": string,"payment_status": string | null,"pickup_address": string | null,"pickup_lat": number | null,"pickup_lng": number | null,"session_description": string | null,"session_id": string,"session_title": string,"slot_end_time": string,"slot_id": string,"slot_start_time": string,"start_at": string,"status": string | null,"stripe_payment_intent_id": string | null,"total_cents": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                           "amount_authorized"?: number | null,"amount_captured"?: number | null,"amount_refunded"?: number | null,"booking_status"?: Database["public"]['Enums']["booking_status"] | null,"cancellation_reason"?: string | null,"cancelled_at"?: string | null,"cancelled_by"?: string | null,"created_at"?: string | null,"currency"?: string | null,"dropoff_address"?: string | null,"due_cents"?: number | null,"duration_minutes"?: number | null,"end_at"?: string | null,"expert_bio"?: string | null,"expert_id"?: string | null,"expert_name"?: string | null,"expert_notes"?: string | null,"hold_expires_at"?: string | null,"id"?: string | null,"is_paid_outside"?: boolean | null,"learner_id"?: string | null,"learner_name"?: string | null,"learner_notes"?: string | null,"learner_phone"?: string | null,"org_id"?: string | null,"payment_status"?: string | null,"pickup_address"?: string | null,"pickup_lat"?: number | null,"pickup_lng"?: number | null,"session_description"?: string | null,"session_id"?: string | null,"session_title"?: string | null,"slot_end_time"?: string | null,"slot_id"?: string | null,"slot_start_time"?: string | null,"start_at"?: string | null,"status"?: string | null,"stripe_payment_intent_id"?: string | null,"total_cents"?: number | null,"updated_at"?: string | null
                         }
                        Update: {
                           "amount_authorized"?: number | null,"amount_captured"?: number | null,"amount_refunded"?: number | null,"booking_status"?: Database["public"]['Enums']["booking_status"] | null,"cancellation_reason"?: string | null,"cancelled_at"?: string | null,"cancelled_by"?: string | null,"created_at"?: string | null,"currency"?: string | null,"dropoff_address"?: string | null,"due_cents"?: number | null,"duration_minutes"?: number | null,"end_at"?: string | null,"expert_bio"?: string | null,"expert_id"?: string | null,"expert_name"?: string | null,"expert_notes"?: string | null,"hold_expires_at"?: string | null,"id"?: string | null,"is_paid_outside"?: boolean | null,"learner_id"?: string | null,"learner_name"?: string | null,"learner_notes"?: string | null,"learner_phone"?: string | null,"org_id"?: string | null,"payment_status"?: string | null,"pickup_address"?: string | null,"pickup_lat"?: number | null,"pickup_lng"?: number | null,"session_description"?: string | null,"session_id"?: string | null,"session_title"?: string | null,"slot_end_time"?: string | null,"slot_id"?: string | null,"slot_start_time"?: string | null,"start_at"?: string | null,"status"?: string | null,"stripe_payment_intent_id"?: string | null,"total_cents"?: number | null,"updated_at"?: string | null
                         }
                        Relationships: [
                    {
      foreignKeyName: "bookings_org_id_instructor_id_fkey"
      columns: ["org_id","expert_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learner_totals"
      referencedColumns: ["org_id","learner_id"]
    },{
      foreignKeyName: "bookings_org_id_learner_id_fkey"
      columns: ["org_id","learner_id"]
isOneToOne: false
      referencedRelation: "learners"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_service_id_fkey"
      columns: ["org_id","session_id"]
isOneToOne: false
      referencedRelation: "services"
      referencedColumns: ["org_id","id"]
    },{
      foreignKeyName: "bookings_org_id_slot_id_fkey"
      columns: ["org_id","slot_id"]
isOneToOne: false
      referencedRelation: "bookable_slots"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"instructor_balances": {
                  Row: {
                    "available_cents": number | null,"currency": string,"in_transit_cents": number | null,"instructor_id": string,"org_id": string,"paid_cents": number | null,"pending_cents": number | null,"total_cents": number | null
                  }
                  ComputedFields: never
                  Insert: {
                           "available_cents"?: number | null,"currency"?: string | null,"in_transit_cents"?: number | null,"instructor_id"?: string | null,"org_id"?: string | null,"paid_cents"?: number | null,"pending_cents"?: number | null,"total_cents"?: number | null
                         }
                        Update: {
                           "available_cents"?: number | null,"currency"?: string | null,"in_transit_cents"?: number | null,"instructor_id"?: string | null,"org_id"?: string | null,"paid_cents"?: number | null,"pending_cents"?: number | null,"total_cents"?: number | null
                         }
                        Relationships: [
                    {
      foreignKeyName: "earnings_org_id_instructor_id_fkey"
      columns: ["org_id","instructor_id"]
isOneToOne: false
      referencedRelation: "instructors"
      referencedColumns: ["org_id","id"]
    }
                  ]
                },"learner_totals": {
                  Row: {
                    "currency": string | null,"learner_id": string,"org_id": string,"total_sessions": number,"total_sessions_booked": number | null,"total_spent_cents": number | null,"user_profile_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                           "currency"?: string | null,"learner_id"?: string | null,"org_id"?: string | null,"total_sessions"?: number | null,"total_sessions_booked"?: number | null,"total_spent_cents"?: number | null,"user_profile_id"?: string | null
                         }
                        Update: {
                           "currency"?: string | null,"learner_id"?: string | null,"org_id"?: string | null,"total_sessions"?: number | null,"total_sessions_booked"?: number | null,"total_spent_cents"?: number | null,"user_profile_id"?: string | null
                         }
                        Relationships: [
                    {
      foreignKeyName: "learners_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "learners_user_id_fkey"
      columns: ["user_profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"message_log": {
                  Row: {
                    "body": string | null,"channel": Database["public"]['Enums']["message_channel"],"created_at": string,"error": string | null,"id": string,"org_id": string,"provider_id": string | null,"recipient_id": string | null,"related_id": string,"related_type": string,"status": string | null,"subject": string | null,"template_key": string,"to_address": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                           "body"?: string | null,"channel"?: Database["public"]['Enums']["message_channel"] | null,"created_at"?: string | null,"error"?: string | null,"id"?: string | null,"org_id"?: string | null,"provider_id"?: string | null,"recipient_id"?: string | null,"related_id"?: string | null,"related_type"?: string | null,"status"?: string | null,"subject"?: string | null,"template_key"?: string | null,"to_address"?: string | null,"updated_at"?: string | null
                         }
                        Update: {
                           "body"?: string | null,"channel"?: Database["public"]['Enums']["message_channel"] | null,"created_at"?: string | null,"error"?: string | null,"id"?: string | null,"org_id"?: string | null,"provider_id"?: string | null,"recipient_id"?: string | null,"related_id"?: string | null,"related_type"?: string | null,"status"?: string | null,"subject"?: string | null,"template_key"?: string | null,"to_address"?: string | null,"updated_at"?: string | null
                         }
                        Relationships: [
                    {
      foreignKeyName: "messages_org_id_fkey"
      columns: ["org_id"]
isOneToOne: false
      referencedRelation: "organizations"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "messages_recipient_id_fkey"
      columns: ["recipient_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"my_roles": {
                  Row: {
                    "org_id": string | null,"role": string | null
                  }
                  ComputedFields: never
                  Insert: {
                           "org_id"?: string | null,"role"?: string | null
                         }
                        Update: {
                           "org_id"?: string | null,"role"?: string | null
                         }
                        Relationships: [
                    
                  ]
                },"transactions": {
                  Row: {
                    "amount_cents": number | null,"booking_ids": (string)[] | null,"coach_id": string | null,"coach_payout_cents": number | null,"created_at": string | null,"currency": string | null,"id": string | null,"invoice_id": string | null,"kind": string | null,"metadata": Json | null,"payer_id": string | null,"platform_fee_cents": number | null,"refunded_cents": number | null,"status": string | null,"stripe_payment_intent_id": string | null,"stripe_transfer_ids": (string)[] | null,"updated_at": string | null
                  }
                  ComputedFields: never
                  Relationships: [
                    
                  ]
                }
          }
          Functions: {
            "accept_claim":
{ Args: { "p_claim_id": string }; Returns: undefined
                           },
"accept_invitation":
{ Args: { "p_token": string }; Returns: string
                           },
"accept_proposal":
{ Args: { "p_booking_id": string,"p_use_credits"?: boolean }; Returns: Database["public"]['Enums']["booking_status"]
                           },
"accept_terms":
{ Args: { "p_terms_id": string }; Returns: undefined
                           },
"add_busy_time":
{ Args: { "p_end_at": string,"p_instructor_id": string,"p_note"?: string,"p_start_at": string }; Returns: string
                           },
"add_document":
{ Args: { "p_document_number": string,"p_expires_on"?: string,"p_file_path"?: string,"p_instructor_id": string,"p_kind": Database["public"]['Enums']["document_kind"] }; Returns: string
                           },
"add_instructor":
{ Args: { "p_bio"?: string,"p_currency"?: string,"p_display_name": string,"p_hourly_rate_cents": number,"p_org_id": string,"p_time_zone"?: string }; Returns: string
                           },
"add_learner":
{ Args: { "p_date_of_birth"?: string,"p_email"?: string,"p_full_name": string,"p_notes"?: string,"p_org_id": string,"p_phone"?: string }; Returns: string
                           },
"add_member_role":
{ Args: { "p_org_id": string,"p_role": Database["public"]['Enums']["org_role"],"p_user_id": string }; Returns: undefined
                           },
"add_test":
{ Args: { "p_centre"?: string,"p_end_at": string,"p_instructor_id"?: string,"p_kind": string,"p_learner_id": string,"p_start_at": string }; Returns: string
                           },
"admin_adopt_transfer":
{ Args: { "p_reason": string,"p_stripe_transfer_id": string }; Returns: undefined
                           },
"admin_cancel_payout":
{ Args: { "p_amount_cents"?: number,"p_payout_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_close_month":
{ Args: { "p_month": string,"p_reason": string }; Returns: Json
                           },
"admin_create_discount_code":
{ Args: { "p_amount_cents"?: number,"p_code": string,"p_currency"?: string,"p_discount_bps"?: number,"p_expires_at"?: string,"p_is_first_lesson_only"?: boolean,"p_max_uses"?: number,"p_max_uses_per_learner"?: number,"p_may_exceed_fee"?: boolean,"p_org_id"?: string,"p_reason": string,"p_starts_at"?: string }; Returns: string
                           },
"admin_dismiss_event":
{ Args: { "p_event_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_end_discount_code":
{ Args: { "p_discount_code_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_find_person":
{ Args: { "p_email": string,"p_reason": string }; Returns: {
              "display_name": string,"email": string,"id": string,"org_id": string,"organization": string,"since": string,"standing": string,"user_id": string
            }[]
                           },
"admin_hide_review":
{ Args: { "p_fault": Database["public"]['Enums']["review_fault"],"p_rating_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_hold_instructor":
{ Args: { "p_instructor_id": string,"p_is_held": boolean,"p_reason": string }; Returns: undefined
                           },
"admin_hold_payout":
{ Args: { "p_payout_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_keep_review":
{ Args: { "p_rating_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_reconciliation_exceptions":
{ Args: { "p_state"?: string }; Returns: {
              "currency": string,"difference_cents": number,"exception_id": string,"ledger_cents": number,"object_key": string,"owner_id": string,"reason": string,"resolution": string,"resolution_reason": string,"resolved_at": string,"since": string,"state": string,"stripe_cents": number,"suggested_key": string
            }[]
                           },
"admin_record_refund":
{ Args: { "p_amount_cents": number,"p_client_key"?: string,"p_payment_id": string,"p_reason": string }; Returns: string
                           },
"admin_refund":
{ Args: { "p_amount_cents": number,"p_booking_id"?: string,"p_client_key"?: string,"p_payment_id": string,"p_reason": string }; Returns: string
                           },
"admin_release_payout":
{ Args: { "p_payout_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_reopen_month":
{ Args: { "p_month": string,"p_reason": string }; Returns: undefined
                           },
"admin_replay_command":
{ Args: { "p_command_id": number,"p_reason": string }; Returns: undefined
                           },
"admin_replay_event":
{ Args: { "p_event_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_resend_message":
{ Args: { "p_message_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_resolve_exception":
{ Args: { "p_exception_id": string,"p_reason": string,"p_resolution": string }; Returns: undefined
                           },
"admin_resolve_problem":
{ Args: { "p_problem_report_id": string,"p_reason": string,"p_unfreezes_earning": boolean }; Returns: undefined
                           },
"admin_resolve_suspense":
{ Args: { "p_payment_id"?: string,"p_reason": string,"p_resolution": string,"p_suspense_item_id": string }; Returns: undefined
                           },
"admin_set_instructor_fee":
{ Args: { "p_amount_cents": number,"p_org_id": string,"p_period"?: Database["public"]['Enums']["instructor_fee_period"],"p_reason": string }; Returns: string
                           },
"admin_set_registration":
{ Args: { "p_address": string,"p_country": string,"p_is_home"?: boolean,"p_legal_name": string,"p_reason": string,"p_vat_number"?: string,"p_vat_rate_bps"?: number }; Returns: undefined
                           },
"admin_set_terms":
{ Args: { "p_dispute_liability"?: Database["public"]['Enums']["dispute_liability"],"p_fee_bps"?: number,"p_fee_mode"?: Database["public"]['Enums']["fee_mode"],"p_fee_refundable"?: boolean,"p_org_id": string,"p_payout_hold"?: string,"p_reason": string,"p_referral_discount_bps"?: number,"p_referral_reward_cents"?: number,"p_supply_model"?: Database["public"]['Enums']["supply_model"],"p_withdrawal_mode"?: Database["public"]['Enums']["withdrawal_mode"] }; Returns: undefined
                           },
"admin_suppress_address":
{ Args: { "p_address": string,"p_cause"?: string,"p_channel": Database["public"]['Enums']["message_channel"],"p_reason": string }; Returns: undefined
                           },
"admin_take_exception":
{ Args: { "p_exception_id": string,"p_reason": string }; Returns: undefined
                           },
"admin_verify_instructor":
{ Args: { "p_instructor_id": string,"p_reason": string,"p_verification_status": Database["public"]['Enums']["verification_status"] }; Returns: undefined
                           },
"admin_write_off_balance":
{ Args: { "p_currency": string,"p_payee_id": string,"p_reason": string }; Returns: number
                           },
"assess_skills":
{ Args: { "p_booking_id": string,"p_levels": Json }; Returns: number
                           },
"become_instructor":
{ Args: { "p_bio"?: string,"p_currency"?: string,"p_display_name": string,"p_hourly_rate_cents": number,"p_time_zone"?: string }; Returns: string
                           },
"buy_credits":
{ Args: { "p_client_key"?: string,"p_discount_code"?: string,"p_hours": number,"p_instructor_id": string,"p_learner_id"?: string,"p_service_id"?: string }; Returns: {
              "amount_cents": number,"credit_id": string,"currency": string,"hold_expires_at": string,"status": Database["public"]['Enums']["credit_status"]
            }[]
                           },
"cancel_booking":
{ Args: { "p_booking_id": string,"p_expected_refund_cents"?: number,"p_reason"?: string }; Returns: {
              "booking_id": string,"cancelled_by": Database["public"]['Enums']["booking_party"],"currency": string,"refund_bps": number,"refund_cents": number,"restored_minutes": number
            }[]
                           },
"cancel_day":
{ Args: { "p_instructor_id": string,"p_on": string,"p_reason"?: string }; Returns: {
              "booking_id": string,"currency": string,"learner_id": string,"next_start_at": string,"refund_cents": number,"restored_minutes": number,"start_at": string
            }[]
                           },
"cancel_series":
{ Args: { "p_expected_refund_cents"?: number,"p_from"?: string,"p_reason"?: string,"p_series_id": string }; Returns: {
              "booking_id": string,"currency": string,"refund_bps": number,"refund_cents": number,"restored_minutes": number,"start_at": string
            }[]
                           },
"cancellation_policy":
{ Args: { "p_org_id": string }; Returns: {
              "notice_minutes": number,"refund_bps": number
            }[]
                           },
"check_discount_code":
{ Args: { "p_code": string,"p_instructor_id"?: string,"p_learner_id"?: string,"p_service_id": string,"p_start_at"?: string }; Returns: {
              "currency": string,"discount_cents": number,"is_valid": boolean,"total_cents": number
            }[]
                           },
"check_request":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"complete_lesson":
{ Args: { "p_booking_id": string,"p_notes"?: string }; Returns: string
                           },
"confirm_booking":
{ Args: { "p_booking_id": string }; Returns: undefined
                           },
"confirm_phone":
{ Args: { "p_code": string }; Returns: boolean
                           },
"contest_claim":
{ Args: { "p_claim_id": string,"p_statement"?: string }; Returns: undefined
                           },
"create_booking_with_payment":
{ Args: { "p_client_key"?: string,"p_discount_code"?: string,"p_dropoff"?: Json,"p_learner_id"?: string,"p_learner_user_id": string,"p_notes"?: string,"p_pay_rest_by_card"?: boolean,"p_pickup"?: Json,"p_slot_id": string,"p_use_credits"?: boolean,"p_use_rewards"?: boolean }; Returns: {
              "amount_cents": number,"booking_id": string,"currency": string,"expert_id": string,"order_id": string,"session_id": string
            }[]
                           },
"create_organization":
{ Args: { "p_currency": string,"p_name": string,"p_slug"?: string,"p_tax_id"?: string,"p_time_zone": string }; Returns: string
                           },
"create_rate_card":
{ Args: { "p_currency"?: string,"p_is_default"?: boolean,"p_name": string,"p_org_id": string,"p_valid_from"?: string,"p_valid_to"?: string }; Returns: string
                           },
"create_referral_code":
{ Args: { "p_org_id"?: string }; Returns: {
              "code": string,"currency": string,"discount_bps": number,"reward_cents": number
            }[]
                           },
"create_service":
{ Args: { "p_approval_hours"?: number,"p_capture_mode"?: Database["public"]['Enums']["capture_mode"],"p_currency"?: string,"p_description"?: string,"p_duration_minutes": number,"p_instructor_id"?: string,"p_level"?: Database["public"]['Enums']["experience_level"],"p_materials_url"?: string,"p_max_participants"?: number,"p_org_id": string,"p_prerequisites"?: string,"p_price_cents"?: number,"p_requires_approval"?: boolean,"p_short_description"?: string,"p_title": string,"p_topic_tags"?: (string)[] }; Returns: string
                           },
"create_session":
{ Args: { "p_currency"?: string,"p_description": string,"p_duration_minutes": number,"p_expert_user_id": string,"p_org_id"?: string,"p_price_cents": number,"p_title": string }; Returns: string
                           },
"credit_balance":
{ Args: { "p_instructor_id"?: string }; Returns: {
              "hours_left": number,"instructor_id": string,"learner_id": string,"minutes_left": number,"minutes_reserved": number,"next_expiry_at": string,"service_id": string
            }[]
                           },
"current_terms":
{ Args: { "p_org_id": string }; Returns: {
              "accepted_at": string,"body": string,"published_at": string,"terms_id": string,"version": number
            }[]
                           },
"decide_claim":
{ Args: { "p_claim_id": string,"p_no_show_by": Database["public"]['Enums']["booking_party"],"p_reason": string }; Returns: undefined
                           },
"decide_refund":
{ Args: { "p_is_granted": boolean,"p_note"?: string,"p_refund_id": string }; Returns: Database["public"]['Enums']["refund_status"]
                           },
"decline_booking":
{ Args: { "p_booking_id": string,"p_reason"?: string }; Returns: undefined
                           },
"decline_proposal":
{ Args: { "p_booking_id": string }; Returns: undefined
                           },
"define_syllabus":
{ Args: { "p_org_id": string,"p_skills": Json,"p_syllabus": string }; Returns: number
                           },
"delete_message_template":
{ Args: { "p_org_id": string,"p_template_id": string }; Returns: undefined
                           },
"delete_rate_card":
{ Args: { "p_rate_card_id": string }; Returns: undefined
                           },
"end_calendar_feed":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"erase_instructor":
{ Args: { "p_instructor_id": string }; Returns: undefined
                           },
"erase_learner":
{ Args: { "p_learner_id": string }; Returns: undefined
                           },
"erase_person":
{ Args: { "p_reason"?: string,"p_user_id": string }; Returns: undefined
                           },
"export_person":
{ Args: { "p_reason"?: string,"p_user_id": string }; Returns: Json
                           },
"find_organization":
{ Args: { "p_slug": string }; Returns: {
              "currency": string,"id": string,"labels": Json,"name": string,"slug": string,"time_zone": string
            }[]
                           },
"finish_trip":
{ Args: { "p_trip_id": string }; Returns: {
              "distance_meters": number,"duration_seconds": number,"point_count": number
            }[]
                           },
"give_guardian_consent":
{ Args: { "p_learner_guardian_id": string }; Returns: string
                           },
"has_entitlement":
{ Args: { "p_feature": string }; Returns: boolean
                           },
"instructor_contact":
{ Args: { "p_booking_id": string }; Returns: {
              "display_name": string,"phone": string
            }[]
                           },
"instructor_day":
{ Args: { "p_after_id"?: string,"p_after_start_at"?: string,"p_instructor_id": string,"p_limit"?: number,"p_on": string }; Returns: {
              "amount_authorized": number | null,
"amount_captured": number | null,
"amount_refunded": number | null,
"booking_status": Database["public"]['Enums']["booking_status"],
"cancellation_reason": string | null,
"cancelled_at": string | null,
"cancelled_by": string | null,
"created_at": string,
"currency": string,
"dropoff_address": string | null,
"due_cents": number,
"duration_minutes": number,
"end_at": string,
"expert_bio": string | null,
"expert_id": string,
"expert_name": string,
"expert_notes": string | null,
"hold_expires_at": string | null,
"id": string,
"is_paid_outside": boolean | null,
"learner_id": string,
"learner_name": string,
"learner_notes": string | null,
"learner_phone": string | null,
"org_id": string,
"payment_status": string | null,
"pickup_address": string | null,
"pickup_lat": number | null,
"pickup_lng": number | null,
"session_description": string | null,
"session_id": string,
"session_title": string,
"slot_end_time": string,
"slot_id": string,
"slot_start_time": string,
"start_at": string,
"status": string | null,
"stripe_payment_intent_id": string | null,
"total_cents": number,
"updated_at": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "booking_details"
        isOneToOne: false
        isSetofReturn: true
      } },
"invite_member":
{ Args: { "p_email": string,"p_instructor_id"?: string,"p_learner_id"?: string,"p_org_id": string,"p_role": Database["public"]['Enums']["org_role"] }; Returns: {
              "expires_at": string,"invitation_id": string,"token": string
            }[]
                           },
"join_waiting_list":
{ Args: { "p_days"?: (number)[],"p_from_time"?: string,"p_instructor_id"?: string,"p_learner_id"?: string,"p_max_total_cents"?: number,"p_service_id"?: string,"p_to_time"?: string,"p_until_date"?: string }; Returns: string
                           },
"learner_progress":
{ Args: { "p_learner_id": string }; Returns: {
              "area": string,"assessed_at": string,"level": number,"previous_level": number,"skill_id": string,"syllabus": string,"title": string
            }[]
                           },
"leave_waiting_list":
{ Args: { "p_entry_id": string }; Returns: undefined
                           },
"lesson_materials":
{ Args: { "p_booking_id": string }; Returns: string
                           },
"lessons_to_complete":
{ Args: { "p_after_id"?: string,"p_after_start_at"?: string,"p_limit"?: number }; Returns: {
              "amount_authorized": number | null,
"amount_captured": number | null,
"amount_refunded": number | null,
"booking_status": Database["public"]['Enums']["booking_status"],
"cancellation_reason": string | null,
"cancelled_at": string | null,
"cancelled_by": string | null,
"created_at": string,
"currency": string,
"dropoff_address": string | null,
"due_cents": number,
"duration_minutes": number,
"end_at": string,
"expert_bio": string | null,
"expert_id": string,
"expert_name": string,
"expert_notes": string | null,
"hold_expires_at": string | null,
"id": string,
"is_paid_outside": boolean | null,
"learner_id": string,
"learner_name": string,
"learner_notes": string | null,
"learner_phone": string | null,
"org_id": string,
"payment_status": string | null,
"pickup_address": string | null,
"pickup_lat": number | null,
"pickup_lng": number | null,
"session_description": string | null,
"session_id": string,
"session_title": string,
"slot_end_time": string,
"slot_id": string,
"slot_start_time": string,
"start_at": string,
"status": string | null,
"stripe_payment_intent_id": string | null,
"total_cents": number,
"updated_at": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "booking_details"
        isOneToOne: false
        isSetofReturn: true
      } },
"link_guardian":
{ Args: { "p_can_book"?: boolean,"p_can_pay"?: boolean,"p_can_view"?: boolean,"p_guardian_email": string,"p_learner_id": string,"p_relation"?: string }; Returns: string
                           },
"list_currencies":
{ Args: Record<PropertyKey, never>; Returns: {
              "code": string,"minimum_charge_cents": number,"minor_digits": number
            }[]
                           },
"list_fee_invoices":
{ Args: { "p_before"?: string,"p_limit"?: number }; Returns: {
              "bearer": Database["public"]['Enums']["fee_bearer"],"credits_number": string,"currency": string,"discount_cents": number,"fee_cents": number,"id": string,"issued_at": string,"issuer_address": string,"issuer_name": string,"issuer_vat_number": string,"kind": Database["public"]['Enums']["fee_document_kind"],"net_cents": number,"number": string,"order_id": string,"org_id": string,"organization": string,"recipient_address": string,"recipient_name": string,"recipient_vat_number": string,"supplied_at": string,"total_cents": number,"vat_cents": number,"vat_rate_bps": number,"vat_treatment": Database["public"]['Enums']["vat_treatment"]
            }[]
                           },
"list_members":
{ Args: { "p_after"?: string,"p_limit"?: number,"p_org_id": string,"p_role"?: Database["public"]['Enums']["org_role"] }; Returns: {
              "email": string,"full_name": string,"roles": (Database["public"]['Enums']["org_role"])[],"user_id": string
            }[]
                           },
"list_open_slots":
{ Args: { "p_after"?: string,"p_from": string,"p_instructor_id": string,"p_limit"?: number,"p_service_id": string,"p_to": string }; Returns: {
              "end_at": string,"local_end": string,"local_start": string,"seats_left": number,"slot_id": string,"start_at": string,"time_zone": string
            }[]
                           },
"list_payouts":
{ Args: { "p_after_date"?: string,"p_after_id"?: string,"p_from": string,"p_limit"?: number,"p_until": string }; Returns: {
              "adjustments_cents": number,"amount_cents": number,"currency": string,"disputes_cents": number,"expired_hours_cents": number,"late_cancellations_cents": number,"lessons_cents": number,"no_shows_cents": number,"organization": string,"paid_at": string,"payee": string,"payout_date": string,"payout_id": string,"refunds_cents": number,"reversed_cents": number,"status": Database["public"]['Enums']["payout_status"],"stripe_transfer_id": string
            }[]
                           },
"list_reschedule_times":
{ Args: { "p_after"?: string,"p_booking_id": string,"p_from": string,"p_limit"?: number,"p_to": string }; Returns: {
              "amount_cents": number,"end_at": string,"local_end": string,"local_start": string,"seats_left": number,"start_at": string,"time_zone": string
            }[]
                           },
"list_reviews":
{ Args: { "p_after_id"?: string,"p_after_rated_at"?: string,"p_instructor_id": string,"p_limit"?: number }; Returns: {
              "rated_at": string,"rating": number,"rating_id": string,"replied_at": string,"reply": string,"review": string
            }[]
                           },
"list_time_zones":
{ Args: Record<PropertyKey, never>; Returns: {
              "name": string
            }[]
                           },
"list_trip_points":
{ Args: { "p_after"?: string,"p_limit"?: number,"p_trip_id": string }; Returns: {
              "accuracy_meters": number,"lat": number,"lng": number,"received_at": string,"speed_kph": number,"ts": string
            }[]
                           },
"mark_no_show":
{ Args: { "p_booking_id": string,"p_statement"?: string,"p_who": Database["public"]['Enums']["booking_party"] }; Returns: string
                           },
"mark_notifications_read":
{ Args: { "p_ids"?: (string)[] }; Returns: number
                           },
"my_balance":
{ Args: Record<PropertyKey, never>; Returns: {
              "available_cents": number | null,
"currency": string,
"in_transit_cents": number | null,
"instructor_id": string,
"org_id": string,
"paid_cents": number | null,
"pending_cents": number | null,
"total_cents": number | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "instructor_balances"
        isOneToOne: false
        isSetofReturn: true
      } },
"my_bookings":
{ Args: { "p_after_id"?: string,"p_after_start_at"?: string,"p_from"?: string,"p_limit"?: number }; Returns: {
              "amount_authorized": number | null,
"amount_captured": number | null,
"amount_refunded": number | null,
"booking_status": Database["public"]['Enums']["booking_status"],
"cancellation_reason": string | null,
"cancelled_at": string | null,
"cancelled_by": string | null,
"created_at": string,
"currency": string,
"dropoff_address": string | null,
"due_cents": number,
"duration_minutes": number,
"end_at": string,
"expert_bio": string | null,
"expert_id": string,
"expert_name": string,
"expert_notes": string | null,
"hold_expires_at": string | null,
"id": string,
"is_paid_outside": boolean | null,
"learner_id": string,
"learner_name": string,
"learner_notes": string | null,
"learner_phone": string | null,
"org_id": string,
"payment_status": string | null,
"pickup_address": string | null,
"pickup_lat": number | null,
"pickup_lng": number | null,
"session_description": string | null,
"session_id": string,
"session_title": string,
"slot_end_time": string,
"slot_id": string,
"slot_start_time": string,
"start_at": string,
"status": string | null,
"stripe_payment_intent_id": string | null,
"total_cents": number,
"updated_at": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "booking_details"
        isOneToOne: false
        isSetofReturn: true
      } },
"my_message_preferences":
{ Args: Record<PropertyKey, never>; Returns: {
              "can_change": boolean,"channel": Database["public"]['Enums']["message_channel"],"class": string,"is_on": boolean,"kind": string
            }[]
                           },
"my_next_payout":
{ Args: Record<PropertyKey, never>; Returns: {
              "amount_cents": number,"booking_id": string,"currency": string,"earning_id": string,"instructor_id": string,"is_included": boolean,"kind": Database["public"]['Enums']["earning_kind"],"lesson_at": string,"payout_date": string,"reason": string,"service": string
            }[]
                           },
"my_notifications":
{ Args: { "p_after_created_at"?: string,"p_after_id"?: string,"p_limit"?: number,"p_only_unread"?: boolean }; Returns: {
              "body": string,"created_at": string,"id": string,"kind": string,"learner_id": string,"org_id": string,"read_at": string,"related_id": string,"related_type": string,"title": string
            }[]
                           },
"my_payments":
{ Args: { "p_after_created_at"?: string,"p_after_id"?: string,"p_limit"?: number }; Returns: {
              "amount_cents": number,"captured_cents": number,"created_at": string,"currency": string,"description": string,"id": string,"instructor_name": string,"learner_name": string,"lines": Json,"organization_name": string,"refunded_cents": number,"status": Database["public"]['Enums']["payment_status"]
            }[]
                           },
"my_platform_report":
{ Args: { "p_year": number }; Returns: {
              "address_line": string,"birth_date": string,"city": string,"country": string,"currency": string,"kind": Database["public"]['Enums']["seller_kind"],"legal_name": string,"missing": string,"org_id": string,"organization": string,"payee_id": string,"postal_code": string,"q1_activities": number,"q1_consideration_cents": number,"q1_fees_cents": number,"q2_activities": number,"q2_consideration_cents": number,"q2_fees_cents": number,"q3_activities": number,"q3_consideration_cents": number,"q3_fees_cents": number,"q4_activities": number,"q4_consideration_cents": number,"q4_fees_cents": number,"registration_number": string,"stripe_account_id": string,"tax_ids": string,"vat_number": string,"year": number
            }[]
                           },
"offboard_instructor":
{ Args: { "p_instructor_id": string,"p_reason"?: string }; Returns: {
              "amount_cents": number,"credit_id": string,"currency": string,"learner_id": string,"minutes": number,"refund_id": string
            }[]
                           },
"organization_bookings":
{ Args: { "p_after_id"?: string,"p_after_start_at"?: string,"p_from": string,"p_limit"?: number,"p_org_id": string,"p_to": string }; Returns: {
              "amount_authorized": number | null,
"amount_captured": number | null,
"amount_refunded": number | null,
"booking_status": Database["public"]['Enums']["booking_status"],
"cancellation_reason": string | null,
"cancelled_at": string | null,
"cancelled_by": string | null,
"created_at": string,
"currency": string,
"dropoff_address": string | null,
"due_cents": number,
"duration_minutes": number,
"end_at": string,
"expert_bio": string | null,
"expert_id": string,
"expert_name": string,
"expert_notes": string | null,
"hold_expires_at": string | null,
"id": string,
"is_paid_outside": boolean | null,
"learner_id": string,
"learner_name": string,
"learner_notes": string | null,
"learner_phone": string | null,
"org_id": string,
"payment_status": string | null,
"pickup_address": string | null,
"pickup_lat": number | null,
"pickup_lng": number | null,
"session_description": string | null,
"session_id": string,
"session_title": string,
"slot_end_time": string,
"slot_id": string,
"slot_start_time": string,
"start_at": string,
"status": string | null,
"stripe_payment_intent_id": string | null,
"total_cents": number,
"updated_at": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "booking_details"
        isOneToOne: false
        isSetofReturn: true
      } },
"organization_kpis":
{ Args: { "p_from": string,"p_months"?: number,"p_org_id": string }; Returns: {
              "active_learners": number,"cancelled_by_instructor": number,"cancelled_by_learner": number,"cancelled_by_others": number,"hours_to_first_lesson": number,"lessons": number,"month": string,"new_learners": number,"no_show_bps": number,"no_shows": number,"offered_minutes": number,"repeat_bps": number,"sold_minutes": number,"utilisation_bps": number
            }[]
                           },
"organization_learner_revenue":
{ Args: { "p_from": string,"p_months"?: number,"p_org_id": string }; Returns: {
              "active_learners": number,"currency": string,"month": string,"revenue_cents": number,"revenue_per_learner_cents": number
            }[]
                           },
"organization_templates":
{ Args: { "p_org_id": string }; Returns: {
              "body": string,"channel": Database["public"]['Enums']["message_channel"],"class": string,"content_sid": string,"content_status": string,"content_variables": (string)[],"html": string,"id": string,"is_own": boolean,"kind": string,"locale": string,"placeholders": (string)[],"subject": string
            }[]
                           },
"payout_statement":
{ Args: { "p_payout_id": string }; Returns: {
              "amount_cents": number,"booking_id": string,"currency": string,"explanation": string,"instructor": string,"kind": Database["public"]['Enums']["earning_kind"],"learner_initials": string,"lesson_at": string,"line": number,"line_group": string,"payout_date": string,"service": string
            }[]
                           },
"preview_cancellation":
{ Args: { "p_booking_id": string }; Returns: {
              "booking_id": string,"cancelled_by": Database["public"]['Enums']["booking_party"],"currency": string,"kept_cents": number,"refund_bps": number,"refund_cents": number,"restored_minutes": number
            }[]
                           },
"preview_series_cancellation":
{ Args: { "p_from"?: string,"p_series_id": string }; Returns: {
              "booking_id": string,"currency": string,"kept_cents": number,"refund_bps": number,"refund_cents": number,"restored_minutes": number,"start_at": string
            }[]
                           },
"publish_slots":
{ Args: { "p_from": string,"p_instructor_id"?: string,"p_service_id": string,"p_to": string }; Returns: number
                           },
"publish_terms":
{ Args: { "p_body": string,"p_org_id": string }; Returns: number
                           },
"quote_booking":
{ Args: { "p_instructor_id"?: string,"p_learner_id"?: string,"p_service_id": string,"p_start_at"?: string,"p_use_credits"?: boolean }; Returns: {
              "amount_cents": number,"currency": string,"line_item": string
            }[]
                           },
"rate_lesson":
{ Args: { "p_booking_id": string,"p_rating": number,"p_review"?: string }; Returns: string
                           },
"reassign_booking":
{ Args: { "p_booking_id": string,"p_instructor_id": string,"p_service_id"?: string }; Returns: {
              "amount_cents": number,"booking_id": string,"booking_status": Database["public"]['Enums']["booking_status"],"currency": string,"refund_cents": number,"restored_minutes": number
            }[]
                           },
"record_payment_outside":
{ Args: { "p_booking_id": string,"p_method"?: Database["public"]['Enums']["outside_payment_method"],"p_reason"?: string }; Returns: string
                           },
"record_test_result":
{ Args: { "p_note"?: string,"p_outcome": Database["public"]['Enums']["test_outcome"],"p_test_id": string }; Returns: undefined
                           },
"record_trip_points":
{ Args: { "p_points": Json,"p_sent_at"?: string,"p_trip_id": string }; Returns: (string)[]
                           },
"refund_credits":
{ Args: { "p_client_key"?: string,"p_credit_id": string,"p_minutes"?: number,"p_reason"?: string }; Returns: {
              "amount_cents": number,"currency": string,"minutes": number,"refund_id": string
            }[]
                           },
"remove_busy_time":
{ Args: { "p_busy_time_id": string }; Returns: undefined
                           },
"remove_member_role":
{ Args: { "p_org_id": string,"p_role": Database["public"]['Enums']["org_role"],"p_user_id": string }; Returns: undefined
                           },
"remove_payment_method":
{ Args: { "p_payment_method_id": string }; Returns: undefined
                           },
"replace_calendar_feed":
{ Args: Record<PropertyKey, never>; Returns: string
                           },
"reply_to_review":
{ Args: { "p_rating_id": string,"p_reply": string }; Returns: undefined
                           },
"report_problem":
{ Args: { "p_booking_id": string,"p_description": string }; Returns: string
                           },
"report_review":
{ Args: { "p_fault": Database["public"]['Enums']["review_fault"],"p_rating_id": string,"p_statement"?: string }; Returns: undefined
                           },
"request_booking":
{ Args: { "p_client_key"?: string,"p_discount_code"?: string,"p_dropoff"?: Json,"p_instructor_id": string,"p_learner_id"?: string,"p_learner_user_id"?: string,"p_notes"?: string,"p_pay_rest_by_card"?: boolean,"p_pickup"?: Json,"p_service_id": string,"p_start_at": string,"p_use_credits"?: boolean,"p_use_rewards"?: boolean }; Returns: {
              "amount_cents": number,"booking_id": string,"currency": string,"hold_expires_at": string,"order_id": string,"status": Database["public"]['Enums']["booking_status"]
            }[]
                           },
"request_booking_series":
{ Args: { "p_every_weeks"?: number,"p_instructor_id": string,"p_learner_id"?: string,"p_learner_user_id"?: string,"p_mode"?: Database["public"]['Enums']["series_mode"],"p_notes"?: string,"p_occurrences": number,"p_service_id": string,"p_start_at": string,"p_use_credits"?: boolean }; Returns: {
              "booking_id": string,"occurrence": number,"order_id": string,"refusal": string,"start_at": string
            }[]
                           },
"request_refund":
{ Args: { "p_amount_cents": number,"p_booking_id": string,"p_client_key"?: string,"p_reason": string }; Returns: string
                           },
"request_series_paid_later":
{ Args: { "p_every_weeks"?: number,"p_instructor_id": string,"p_learner_id"?: string,"p_learner_user_id"?: string,"p_mode"?: Database["public"]['Enums']["series_mode"],"p_notes"?: string,"p_occurrences": number,"p_service_id": string,"p_start_at": string }; Returns: {
              "booking_id": string,"collect_at": string,"hold_expires_at": string,"occurrence": number,"order_id": string,"refusal": string,"start_at": string
            }[]
                           },
"reschedule_booking":
{ Args: { "p_booking_id": string,"p_client_key"?: string,"p_start_at": string }; Returns: {
              "amount_cents": number,"booking_id": string,"currency": string,"hold_expires_at": string,"refund_cents": number,"status": Database["public"]['Enums']["booking_status"]
            }[]
                           },
"resolve_alert":
{ Args: { "p_alert_id": string }; Returns: undefined
                           },
"retire_connect_account":
{ Args: { "p_connect_account_id": string }; Returns: undefined
                           },
"revoke_guardian":
{ Args: { "p_learner_guardian_id": string }; Returns: undefined
                           },
"revoke_invitation":
{ Args: { "p_invitation_id": string }; Returns: undefined
                           },
"reward_balance":
{ Args: Record<PropertyKey, never>; Returns: {
              "available_cents": number,"currency": string,"learner_id": string,"org_id": string
            }[]
                           },
"save_message_template":
{ Args: { "p_body": string,"p_channel": Database["public"]['Enums']["message_channel"],"p_content_sid"?: string,"p_content_variables"?: (string)[],"p_html"?: string,"p_kind": string,"p_locale": string,"p_org_id": string,"p_subject"?: string }; Returns: string
                           },
"save_seller_details":
{ Args: { "p_address_line": string,"p_birth_date"?: string,"p_city": string,"p_country": string,"p_kind": Database["public"]['Enums']["seller_kind"],"p_legal_name": string,"p_org_id"?: string,"p_postal_code": string,"p_registration_number"?: string,"p_tax_ids"?: Json,"p_vat_number"?: string }; Returns: undefined
                           },
"search_directory":
{ Args: { "p_after"?: string,"p_currency"?: string,"p_facets"?: Json,"p_instructor_id"?: string,"p_lat"?: number,"p_level"?: Database["public"]['Enums']["experience_level"],"p_limit"?: number,"p_lng"?: number,"p_name"?: string,"p_order"?: Database["public"]['Enums']["directory_order"],"p_org_id"?: string,"p_query"?: string,"p_radius_km"?: number,"p_topic_tags"?: (string)[] }; Returns: {
              "area": string,"area_lat": number,"area_lng": number,"avatar_url": string,"currency": string,"cursor": string,"distance_km": number,"duration_minutes": number,"facets": Json,"fee_cents": number,"instructor_id": string,"instructor_name": string,"labels": Json,"lesson_count": number,"level": Database["public"]['Enums']["experience_level"],"list_cents": number,"max_participants": number,"next_free_at": string,"org_id": string,"organization_name": string,"organization_slug": string,"rating": number,"rating_count": number,"requires_approval": boolean,"service_id": string,"short_description": string,"time_zone": string,"title": string,"topic_tags": (string)[],"total_cents": number
            }[]
                           },
"search_instructors":
{ Args: { "p_after"?: string,"p_expertise_areas"?: (string)[],"p_limit"?: number,"p_org_id"?: string,"p_query"?: string }; Returns: {
              "area": string | null,
"area_lat": number | null,
"area_lng": number | null,
"avatar_url": string | null,
"bio": string | null,
"buffer_after_minutes": number,
"buffer_before_minutes": number,
"created_at": string,
"currency": string,
"daily_cap": number | null,
"display_name": string,
"expertise_areas": (string)[],
"facets": NonNullable<Json>,
"horizon_days": number,
"hourly_rate_cents": number,
"id": string,
"is_active": boolean,
"is_available": boolean,
"lesson_count": number,
"minimum_notice_minutes": number,
"org_id": string,
"rating": number | null,
"rating_count": number,
"time_zone": string,
"updated_at": string,
"user_id": string | null,
"verification_status": Database["public"]['Enums']["verification_status"]
            }[]
                          SetofOptions: {
        from: "*"
        to: "instructors"
        isOneToOne: false
        isSetofReturn: true
      } },
"search_services":
{ Args: { "p_after"?: string,"p_level"?: Database["public"]['Enums']["experience_level"],"p_limit"?: number,"p_org_id"?: string,"p_query"?: string,"p_topic_tags"?: (string)[] }; Returns: {
              "approval_hours": number,
"capture_mode": Database["public"]['Enums']["capture_mode"],
"created_at": string,
"currency": string,
"description": string | null,
"duration_minutes": number,
"id": string,
"instructor_id": string | null,
"is_active": boolean,
"level": Database["public"]['Enums']["experience_level"] | null,
"max_participants": number,
"org_id": string,
"prerequisites": string | null,
"price_cents": number | null,
"requires_approval": boolean,
"short_description": string | null,
"title": string,
"topic_tags": (string)[],
"updated_at": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "services"
        isOneToOne: false
        isSetofReturn: true
      } },
"send_phone_code":
{ Args: Record<PropertyKey, never>; Returns: string
                           },
"set_cancellation_policy":
{ Args: { "p_org_id": string,"p_tiers": Json }; Returns: string
                           },
"set_date_of_birth":
{ Args: { "p_date_of_birth": string,"p_learner_id": string }; Returns: undefined
                           },
"set_default_payment_method":
{ Args: { "p_payment_method_id": string }; Returns: undefined
                           },
"set_instructor_active":
{ Args: { "p_instructor_id": string,"p_is_active": boolean }; Returns: undefined
                           },
"set_message_preference":
{ Args: { "p_channel": Database["public"]['Enums']["message_channel"],"p_is_on": boolean,"p_kind"?: string }; Returns: undefined
                           },
"set_payout_settings":
{ Args: { "p_instructor_id": string,"p_minimum_payout_cents"?: number,"p_payee"?: Database["public"]['Enums']["payee_kind"],"p_payout_schedule"?: Database["public"]['Enums']["payout_schedule"] }; Returns: undefined
                           },
"set_rate":
{ Args: { "p_price_cents": number,"p_rate_card_id": string,"p_service_id": string }; Returns: undefined
                           },
"set_rate_card_validity":
{ Args: { "p_rate_card_id": string,"p_valid_from": string,"p_valid_to": string }; Returns: undefined
                           },
"set_trip_consent":
{ Args: { "p_agrees": boolean,"p_learner_id": string }; Returns: undefined
                           },
"start_lesson":
{ Args: { "p_booking_id": string }; Returns: string
                           },
"start_trip":
{ Args: { "p_booking_id": string }; Returns: string
                           },
"timeline":
{ Args: { "p_before"?: string,"p_id": string,"p_type": string }; Returns: {
              "actor_kind": string,"details": Json,"entity_id": string,"entity_type": string,"event": string,"happened_at": string,"org_id": string,"reason": string,"source": string,"user_id": string
            }[]
                           },
"transfer_credit":
{ Args: { "p_client_key"?: string,"p_credit_id": string,"p_instructor_id": string,"p_minutes"?: number,"p_service_id"?: string }; Returns: {
              "amount_cents": number,"credit_id": string,"currency": string,"hold_expires_at": string,"minutes": number,"refund_cents": number,"refund_id": string,"refunded_minutes": number
            }[]
                           },
"trip_geojson":
{ Args: { "p_trip_id": string }; Returns: Json
                           },
"unpublish_slots":
{ Args: { "p_from": string,"p_instructor_id"?: string,"p_service_id": string,"p_to": string }; Returns: number
                           },
"update_organization":
{ Args: { "p_checkout_hold_minutes"?: number,"p_completion_grace"?: string,"p_credit_validity_months"?: number,"p_currency"?: string,"p_forfeits_expired_hours"?: boolean,"p_labels"?: Json,"p_max_held_lessons"?: number,"p_max_lessons_paid_later"?: number,"p_max_open_holds"?: number,"p_minimum_payout_cents"?: number,"p_name"?: string,"p_org_id": string,"p_payout_weekday"?: number,"p_refunds_resold_times"?: boolean,"p_reminder_minutes"?: (number)[],"p_requires_second_factor"?: boolean,"p_tax_id"?: string,"p_time_zone"?: string }; Returns: undefined
                           },
"verify_document":
{ Args: { "p_document_id": string,"p_is_valid": boolean }; Returns: undefined
                           },
"withdraw_claim":
{ Args: { "p_claim_id": string }; Returns: undefined
                           },
"withdraw_from_order":
{ Args: { "p_order_id": string }; Returns: {
              "booking_ids": (string)[],
"created_at": string,
"currency": string,
"id": string,
"instructor_id": string,
"learner_id": string,
"order_id": string,
"org_id": string,
"refund_cents": number,
"refunded_minutes": number,
"restored_minutes": number,
"withdrawn_by": string | null
            }[]
                          SetofOptions: {
        from: "*"
        to: "order_withdrawals"
        isOneToOne: false
        isSetofReturn: true
      } },
"withdraw_from_subscription":
{ Args: { "p_subscription_id": string }; Returns: {
              "currency": string,"refund_cents": number
            }[]
                           },
"write_lesson_notes":
{ Args: { "p_booking_id": string,"p_notes": string }; Returns: undefined
                           },
"year_statement":
{ Args: { "p_instructor_id": string,"p_year": number }; Returns: {
              "amount_cents": number,"currency": string,"explanation": string,"instructor": string,"kind": Database["public"]['Enums']["earning_kind"],"learner_initials": string,"lesson_at": string,"line": number,"line_group": string,"paid_on": string,"payout_id": string,"service": string
            }[]
                           }
          }
          Enums: {
            "bank_payout_status": "pending"|"in_transit"|"paid"|"failed"|"cancelled","booking_party": "learner"|"guardian"|"instructor"|"admin"|"system","booking_status": "proposed"|"held"|"requested"|"confirmed"|"in_progress"|"completed"|"no_show"|"cancelled"|"declined"|"expired","capture_mode": "automatic"|"manual","connect_status": "not_started"|"incomplete"|"under_review"|"paused"|"ready"|"disconnected","credit_entry_kind": "purchase"|"reserve"|"restore"|"consume"|"give_back"|"refund"|"refund_failed"|"expire"|"dispute"|"dispute_reversed","credit_status": "pending"|"active"|"frozen"|"cancelled","directory_order": "rating"|"price"|"distance","dispute_liability": "platform"|"instructor","dispute_status": "warning_needs_response"|"warning_under_review"|"warning_closed"|"prevented"|"needs_response"|"under_review"|"lost"|"appeal_needs_response"|"appeal_under_review"|"won","document_kind": "licence"|"insurance"|"background_check"|"qualification"|"vehicle","earning_kind": "lesson"|"cancellation"|"no_show"|"credit_expiry"|"refund"|"dispute"|"adjustment"|"write_off","earning_status": "pending"|"available"|"frozen"|"paid"|"closed","experience_level": "beginner"|"intermediate"|"advanced","fee_bearer": "payer"|"payee","fee_document_kind": "invoice"|"credit_note","fee_mode": "on_top"|"included","instructor_fee_period": "week"|"month","invoice_payment_status": "open"|"canceled"|"paid","invoice_status": "draft"|"open"|"uncollectible"|"void"|"paid","lesson_claim_status": "open"|"undecided"|"upheld"|"dismissed"|"withdrawn","message_channel": "app"|"email"|"sms"|"whatsapp","message_status": "queued"|"claimed"|"unknown"|"sent"|"delivered"|"bounced"|"failed"|"dropped","order_item_ending": "given"|"missed"|"cancelled"|"fault"|"withdrawn","order_item_kind": "booking"|"credits","org_role": "owner"|"admin"|"instructor"|"learner","outside_payment_method": "cash"|"bank_transfer"|"other","payee_kind": "instructor"|"organization","payment_kind": "booking"|"credits","payment_status": "requires_payment"|"requires_action"|"processing"|"authorized"|"succeeded"|"cancelled"|"unknown","payout_outcome": "payout"|"skipped"|"held","payout_run_status": "open"|"completed","payout_schedule": "instant"|"daily"|"weekly"|"monthly","payout_status": "pending"|"sending"|"paid"|"failed"|"unknown"|"held"|"cancelled"|"reversed","redemption_kind": "discount"|"referral"|"reward","redemption_status": "reserved"|"redeemed"|"released","refund_status": "requested"|"pending"|"requires_action"|"succeeded"|"failed"|"cancelled"|"declined","review_fault": "off_topic"|"not_genuine"|"personal_data"|"abusive"|"unlawful","seller_kind": "individual"|"company","series_mode": "all_or_nothing"|"skip_conflicts","setup_status": "requires_payment_method"|"requires_confirmation"|"requires_action"|"processing"|"succeeded"|"canceled","subscription_status": "unknown"|"incomplete"|"trialing"|"active"|"past_due"|"unpaid"|"paused"|"incomplete_expired"|"canceled","supply_model": "agent"|"principal","test_outcome": "passed"|"failed"|"cancelled","vat_treatment": "standard"|"reverse_charge"|"none","verification_status": "pending"|"verified"|"rejected","withdrawal_mode": "full"|"packages"|"none"
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "public": {
          Enums: {
            "bank_payout_status": ["pending", "in_transit", "paid", "failed", "cancelled"],"booking_party": ["learner", "guardian", "instructor", "admin", "system"],"booking_status": ["proposed", "held", "requested", "confirmed", "in_progress", "completed", "no_show", "cancelled", "declined", "expired"],"capture_mode": ["automatic", "manual"],"connect_status": ["not_started", "incomplete", "under_review", "paused", "ready", "disconnected"],"credit_entry_kind": ["purchase", "reserve", "restore", "consume", "give_back", "refund", "refund_failed", "expire", "dispute", "dispute_reversed"],"credit_status": ["pending", "active", "frozen", "cancelled"],"directory_order": ["rating", "price", "distance"],"dispute_liability": ["platform", "instructor"],"dispute_status": ["warning_needs_response", "warning_under_review", "warning_closed", "prevented", "needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review", "won"],"document_kind": ["licence", "insurance", "background_check", "qualification", "vehicle"],"earning_kind": ["lesson", "cancellation", "no_show", "credit_expiry", "refund", "dispute", "adjustment", "write_off"],"earning_status": ["pending", "available", "frozen", "paid", "closed"],"experience_level": ["beginner", "intermediate", "advanced"],"fee_bearer": ["payer", "payee"],"fee_document_kind": ["invoice", "credit_note"],"fee_mode": ["on_top", "included"],"instructor_fee_period": ["week", "month"],"invoice_payment_status": ["open", "canceled", "paid"],"invoice_status": ["draft", "open", "uncollectible", "void", "paid"],"lesson_claim_status": ["open", "undecided", "upheld", "dismissed", "withdrawn"],"message_channel": ["app", "email", "sms", "whatsapp"],"message_status": ["queued", "claimed", "unknown", "sent", "delivered", "bounced", "failed", "dropped"],"order_item_ending": ["given", "missed", "cancelled", "fault", "withdrawn"],"order_item_kind": ["booking", "credits"],"org_role": ["owner", "admin", "instructor", "learner"],"outside_payment_method": ["cash", "bank_transfer", "other"],"payee_kind": ["instructor", "organization"],"payment_kind": ["booking", "credits"],"payment_status": ["requires_payment", "requires_action", "processing", "authorized", "succeeded", "cancelled", "unknown"],"payout_outcome": ["payout", "skipped", "held"],"payout_run_status": ["open", "completed"],"payout_schedule": ["instant", "daily", "weekly", "monthly"],"payout_status": ["pending", "sending", "paid", "failed", "unknown", "held", "cancelled", "reversed"],"redemption_kind": ["discount", "referral", "reward"],"redemption_status": ["reserved", "redeemed", "released"],"refund_status": ["requested", "pending", "requires_action", "succeeded", "failed", "cancelled", "declined"],"review_fault": ["off_topic", "not_genuine", "personal_data", "abusive", "unlawful"],"seller_kind": ["individual", "company"],"series_mode": ["all_or_nothing", "skip_conflicts"],"setup_status": ["requires_payment_method", "requires_confirmation", "requires_action", "processing", "succeeded", "canceled"],"subscription_status": ["unknown", "incomplete", "trialing", "active", "past_due", "unpaid", "paused", "incomplete_expired", "canceled"],"supply_model": ["agent", "principal"],"test_outcome": ["passed", "failed", "cancelled"],"vat_treatment": ["standard", "reverse_charge", "none"],"verification_status": ["pending", "verified", "rejected"],"withdrawal_mode": ["full", "packages", "none"]
          }
        }
} as const
