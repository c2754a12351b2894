// The published calls, verbatim, by an expert and a learner who sign up with supabase-js.
// Fed to node in supabase/local, where the package is.
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const { API_URL, ANON_KEY, ADMIN_TOKEN, PRESENT } = process.env;

const connect = (headers = {}) =>
  createClient(API_URL, ANON_KEY, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket },
    global: { headers },
  });
const unwrap = ({ data, error }) => {
  if (error) throw error;
  return data;
};

async function signUp(name) {
  const supabase = connect();
  const credentials = { email: `${name}-${crypto.randomUUID()}@example.com`, password: "correct horse" };
  unwrap(await supabase.auth.signUp({ ...credentials, options: { data: { full_name: name } } }));
  await supabase.auth.signOut();
  const { user } = unwrap(await supabase.auth.signInWithPassword(credentials));
  return { supabase, user };
}

async function offer({ supabase, user }) {
  const instructorId = unwrap(
    await supabase.rpc("become_instructor", {
      p_display_name: "Ada",
      p_hourly_rate_cents: 50000,
      p_currency: "DKK",
      p_bio: "Teaches Python.",
      p_time_zone: "UTC",
    }),
  );
  const admin = connect({ Authorization: `Bearer ${ADMIN_TOKEN}` });
  unwrap(
    await admin.rpc("admin_verify_instructor", {
      p_instructor_id: instructorId,
      p_verification_status: "verified",
      p_reason: "Diploma seen.",
    }),
  );

  const { data: sessionId } = await supabase.rpc('create_session', {
    p_expert_user_id: user.id,
    p_title: 'Python Basics',
    p_description: 'Learn Python fundamentals',
    p_duration_minutes: 60,
    p_price_cents: 50000,  // 500 DKK
    p_currency: 'DKK'
  });

  const days = [0, 1, 2, 3, 4, 5, 6];
  unwrap(
    await supabase.from("availability_windows").insert(
      days.map((day) => ({
        instructor_id: instructorId,
        day_of_week: day,
        start_time: "09:00",
        end_time: "11:00",
      })),
    ),
  );
  const inDays = (number) => new Date(Date.parse(PRESENT) + number * 86400_000).toISOString();
  const published = unwrap(
    await supabase.rpc("publish_slots", { p_service_id: sessionId, p_from: inDays(1), p_to: inDays(4) }),
  );
  return { sessionId, published };
}

async function book({ supabase, user }, sessionId) {
  const [slot] = unwrap(
    await supabase.from("bookable_slots").select("*").eq("service_id", sessionId).order("start_at").limit(1),
  );

  const { data: bookingResult } = await supabase.rpc('create_booking_with_payment', {
    p_learner_user_id: user.id,
    p_slot_id: slot.id,
    p_notes: 'Looking forward to learning!'
  });

  const bookingId = bookingResult[0].booking_id;
  const { data: booking } = await supabase
    .from('booking_details')
    .select('*')
    .eq('id', bookingId)
    .single();
  return { slot, bookingResult, booking };
}

const expert = await signUp("Ada");
const learner = await signUp("Ben");
const { sessionId, published } = await offer(expert);
const booked = await book(learner, sessionId);
const seenByExpert = unwrap(
  await expert.supabase.from("booking_details").select("*").eq("id", booked.booking.id).single(),
);
const again = await learner.supabase.rpc("create_booking_with_payment", {
  p_learner_user_id: learner.user.id,
  p_slot_id: booked.slot.id,
});
const stranger = await signUp("Cleo");
const foreign = await stranger.supabase
  .from("booking_details")
  .select("*")
  .eq("id", booked.booking.id)
  .single();
console.log(JSON.stringify({ sessionId, published, ...booked, seenByExpert, again, foreign }));
process.exit(0);
