// Signs up, signs in and reads with supabase-js. Fed to node in supabase/local, where the package is.
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const client = createClient(process.env.API_URL, process.env.ANON_KEY, {
  auth: { persistSession: false },
  realtime: { transport: WebSocket },
});
const credentials = { email: "js@example.com", password: "correct horse" };
const unwrap = ({ data, error }) => {
  if (error) throw error;
  return data;
};

const { user } = unwrap(
  await client.auth.signUp({ ...credentials, options: { data: { full_name: "Jo Smith" } } }),
);
await client.auth.signOut();
unwrap(await client.auth.signInWithPassword(credentials));
unwrap(await client.auth.refreshSession());
const caller = unwrap(await client.rpc("who_am_i"));
const guest = await client.auth.signInAnonymously();
console.log(
  JSON.stringify({
    id: user.id,
    fullName: unwrap(await client.auth.getUser()).user?.user_metadata.full_name,
    caller: caller.uid,
    guestError: guest.error?.code,
  }),
);
