// What `supabase status` prints, for a person or as one line of JSON.
import { databaseUrl, TEMPLATE } from "./databases.mjs";

export function printSummary({ server, database, api, serviceLogins = [] }, { asJson, jwtSecret }) {
  const summary = {
    ...(api && { api_url: api.url, anon_key: api.anonKey, service_role_key: api.serviceRoleKey }),
    db_url: databaseUrl(server, "postgres", database),
    ...Object.fromEntries(
      serviceLogins.map((login) => [`${login}_db_url`, databaseUrl(server, login, database)]),
    ),
    jwt_secret: jwtSecret,
  };
  if (asJson) {
    const { host, port, home } = server;
    const details = { db_host: host, db_port: port, home, template: TEMPLATE, pid: process.pid };
    console.log(JSON.stringify({ ...summary, ...details }));
    return;
  }
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padStart(22)}: ${value}`);
}
