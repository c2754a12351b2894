// Everything that can be chosen, as a flag or in the environment. A flag wins.
import { parseArgs } from "node:util";
import { Problem } from "./problem.mjs";

// What `supabase start` uses too; known to everybody, good for nothing but a local stack.
const LOCAL_JWT_SECRET = "super-secret-jwt-token-with-at-least-32-characters-long";

export const START_HELP = `
Usage: node supabase/local/start.mjs [options]

Runs Postgres, Auth and the Data API until interrupted. Progress goes to standard error, the
summary to standard output.

  --api-port N       port of the API; 0 takes a free one        LPLATE_API_PORT   54321
  --db-port N        port of Postgres; 0 takes a free one       LPLATE_DB_PORT    54322
  --data-dir PATH    where the data lives                       LPLATE_DATA_DIR   supabase/local/.data
  --jwt-secret TEXT  signs and checks access tokens             LPLATE_JWT_SECRET the CLI's local default
  --ephemeral        a temporary database, faster and not crash-safe, removed at the end
  --no-api           the database only
  --no-migrations    leave the database as a new hosted project has it
  --exit-with-stdin  stop when standard input closes (for tests)
  --json             print the summary as one line of JSON
  --help             print this
`.trim();

export const SERVE_HELP = `
Usage: node supabase/local/serve.mjs --db-url-base postgresql://127.0.0.1:54322 --database NAME

Serves Auth and the Data API over one database of a running local cluster.

  --db-url-base URL  the cluster, without logins or a database  LPLATE_DB_URL_BASE
  --database NAME    the database to serve                      LPLATE_DATABASE   postgres
  --port N           port of the API; 0 takes a free one        LPLATE_API_PORT   54321
  --jwt-secret TEXT  signs and checks access tokens             LPLATE_JWT_SECRET the CLI's local default
  --exit-with-stdin  stop when standard input closes (for tests)
  --json             print the summary as one line of JSON
  --help             print this
`.trim();

const COMMON = {
  "jwt-secret": { type: "string", default: process.env.LPLATE_JWT_SECRET || LOCAL_JWT_SECRET },
  "exit-with-stdin": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

export function startOptions(argv = process.argv.slice(2)) {
  const values = parse(argv, START_HELP, {
    ...COMMON,
    "api-port": { type: "string", default: process.env.LPLATE_API_PORT || "54321" },
    "db-port": { type: "string", default: process.env.LPLATE_DB_PORT || "54322" },
    "data-dir": { type: "string", default: process.env.LPLATE_DATA_DIR || "" },
    ephemeral: { type: "boolean", default: false },
    "no-api": { type: "boolean", default: false },
    "no-migrations": { type: "boolean", default: false },
  });
  if (values.ephemeral && argv.some((argument) => argument.startsWith("--data-dir"))) {
    throw new Problem("--ephemeral makes its own temporary data directory: leave out --data-dir.");
  }
  return {
    ...common(values),
    apiPort: port(values["api-port"], "--api-port"),
    dbPort: port(values["db-port"], "--db-port"),
    dataDir: values["data-dir"],
    isEphemeral: values.ephemeral,
    withApi: !values["no-api"],
    withMigrations: !values["no-migrations"],
  };
}

export function serveOptions(argv = process.argv.slice(2)) {
  const values = parse(argv, SERVE_HELP, {
    ...COMMON,
    "db-url-base": { type: "string", default: process.env.LPLATE_DB_URL_BASE || "" },
    database: { type: "string", default: process.env.LPLATE_DATABASE || "postgres" },
    port: { type: "string", default: process.env.LPLATE_API_PORT || "54321" },
  });
  if (!URL.canParse(values["db-url-base"])) {
    throw new Problem("Say which cluster to use: --db-url-base postgresql://127.0.0.1:54322");
  }
  const cluster = new URL(values["db-url-base"]);
  return {
    ...common(values),
    server: { host: cluster.hostname, port: port(cluster.port || "5432", "--db-url-base") },
    database: values.database,
    apiPort: port(values.port, "--port"),
  };
}

function parse(argv, help, options) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options }));
  } catch (error) {
    throw new Problem(`${error.message}\n\n${help}`);
  }
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  return values;
}

function common(values) {
  if (values["jwt-secret"].length < 32) {
    throw new Problem("--jwt-secret (LPLATE_JWT_SECRET) must have at least 32 characters.");
  }
  return {
    jwtSecret: values["jwt-secret"],
    exitWithStdin: values["exit-with-stdin"],
    asJson: values.json,
  };
}

function port(text, name) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65535) {
    throw new Problem(`${name} is ${JSON.stringify(text)}: a port is a number from 0 to 65535.`);
  }
  return number;
}
