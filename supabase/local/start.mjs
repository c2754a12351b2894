#!/usr/bin/env node
// The local stack: Postgres, Auth and the Data API on this machine, without Docker or an account.
import { runUntilStopped } from "./lifetime.mjs";
import { startOptions } from "./options.mjs";
import { requirePackages } from "./packages.mjs";

runUntilStopped(async (lifetime) => {
  const options = startOptions();
  if (options.exitWithStdin) lifetime.endWithStdin();
  requirePackages();
  const { startStack } = await import("./stack.mjs");
  await startStack(options, lifetime);
});
