#!/usr/bin/env node
// Auth and the Data API over any database of a cluster that start.mjs runs.
import { runUntilStopped } from "./lifetime.mjs";
import { serveOptions } from "./options.mjs";
import { requirePackages } from "./packages.mjs";

runUntilStopped(async (lifetime) => {
  const options = serveOptions();
  if (options.exitWithStdin) lifetime.endWithStdin();
  requirePackages();
  const { serveApi } = await import("./lite.mjs");
  const { printSummary } = await import("./summary.mjs");
  const { server, database } = options;
  const api = await serveApi(server, database, options);
  lifetime.atEnd(() => api.stop());
  printSummary({ server, database, api }, options);
});
