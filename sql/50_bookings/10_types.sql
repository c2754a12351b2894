-- What a booking is asked for with, and what it comes to. Functions hand them on; no table holds them.
create type private.booking_request as (
    notes text,
    client_key text,
    pickup jsonb,
    dropoff jsonb,
    discount_code text,
    uses_rewards boolean,
    uses_credit boolean,
    series_id uuid,
    original_booking_id uuid,
    order_id uuid,
    pays_rest_by_card boolean,
    is_offered boolean,
    collect_from uuid
);
comment on type private.booking_request is
    'What a client asks for besides the time: pickup and dropoff are {"address", "lat", "lng"}. is_offered: nobody asked; the time is offered '
    'to the learner from the waiting list. collect_from: whose saved card is charged two days before the lesson.';

create type private.booking_terms as (
    price private.price,
    offer private.code_offer,
    credit_minutes integer,
    credit_cents bigint,
    original_total_cents bigint,
    is_fee_refundable boolean,
    cancellation_policy_id uuid
);
comment on type private.booking_terms is
    'What a booking costs, what pays for it besides a card, and its terms. All of it is frozen with the booking.';
