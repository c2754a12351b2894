// Puts the stack together, in the order in which each part needs the one before it.
import * as databases from "./databases.mjs";
import { createAuthTables, serveApi } from "./lite.mjs";
import { requireFreePort, startPostgres } from "./postgres.mjs";
import { Problem } from "./problem.mjs";
import { printSummary } from "./summary.mjs";

const DATABASE = "postgres";

export async function startStack(options, lifetime) {
  if (options.withApi) await requireFreePort(options.apiPort, "the API", "--api-port", "LPLATE_API_PORT");

  progress("Starting Postgres");
  const server = await startPostgres(options);
  lifetime.atEnd(() => server.stop());
  server.exited.then(() => {
    lifetime.fail(new Problem(`Postgres stopped by itself; see ${server.home}/postgres.log`));
  });

  if (server.isNew) {
    progress("Creating hosted's roles and schemas");
    await databases.bootstrap(server);
  }
  await createAuthTables(server, DATABASE);
  await databases.restoreAuthFunctions(server);
  if (server.isNew) {
    await databases.keepTemplate(server);
    await server.markReady();
  }

  if (options.withMigrations) {
    progress("Applying migrations");
    await databases.migrate(server, DATABASE);
    if (!server.isSeeded && (await databases.seed(server, DATABASE))) await server.markSeeded();
  }
  const serviceLogins = await databases.giveServicesPasswords(server);

  let api;
  if (options.withApi) {
    progress("Starting Auth and the Data API");
    api = await serveApi(server, DATABASE, options);
    lifetime.atEnd(() => api.stop());
  }
  printSummary({ server, database: DATABASE, api, serviceLogins }, options);
}

function progress(what) {
  console.error(`${what} …`);
}
