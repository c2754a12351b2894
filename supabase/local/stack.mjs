// Puts the stack together, in the order in which each part needs the one before it.
import * as databases from "./databases.mjs";
import { createAuthTables } from "./lite.mjs";
import { startPostgres } from "./postgres.mjs";
import { printSummary } from "./summary.mjs";

const DATABASE = "postgres";

export async function startStack(options, lifetime) {
    progress("Starting Postgres");
    const server = await startPostgres(options);
    lifetime.atEnd(() => server.stop());
    server.exited.then(() => lifetime.fail(`Postgres stopped by itself; see ${server.home}/postgres.log`));

    if (server.isNew) {
        progress("Creating roles and schemas");
        await databases.bootstrap(server);
        await createAuthTables(server, DATABASE);
        await databases.restoreAuthFunctions(server);
        await databases.keepTemplate(server);
        await server.markReady();
    }
    printSummary({ server, database: DATABASE }, options);
}

function progress(what) {
    console.error(`${what} …`);
}
