// Where everything is. `make up` prints these addresses, and serves them as this file; a deployment serves its own.
export interface Config {
  api_url: string;
  publishable_key: string;
  /** The webhook service: paying, and onboarding at Stripe. */
  service_url: string;
  /** Only with a stand-in for Stripe. */
  stripe_url?: string;
  stripe_publishable_key: string;
  /** Only on a local stack, whose clock can be moved. */
  clock_url?: string;
}

export const config: Config = await (await fetch("/config.json")).json();

let ahead = 0;

/** The present of the marketplace: everywhere but on a local stack it is the real one. */
export function now(): Date {
  return new Date(Date.now() + ahead);
}

export async function readClock(): Promise<void> {
  if (!config.clock_url) return;
  const answer: { now: string } = await (await fetch(config.clock_url)).json();
  ahead = Date.parse(answer.now) - Date.now();
}
