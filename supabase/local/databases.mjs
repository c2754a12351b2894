// What is done to the databases of a cluster, and how to reach them.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { Problem } from "./problem.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");

// A new database as hosted has it, kept as a template: `create database x template base`.
export const TEMPLATE = "base";

// The logins of the two services. Migrations create them; a password never goes into a migration.
const SERVICE_LOGINS = ["webhook_service", "jobs"];

export function databaseUrl({ host, port }, role, database) {
  return `postgresql://${role}:postgres@${host}:${port}/${database}`;
}

export async function query(server, role, database, text) {
  const sql = postgres(databaseUrl(server, role, database), { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(text).simple();
  } finally {
    await sql.end();
  }
}

async function runFile(server, role, database, path) {
  await query(server, role, database, await readFile(path, "utf8"));
}

export async function bootstrap(server) {
  await runFile(server, "supabase_admin", "postgres", join(HERE, "bootstrap.sql"));
}

export async function restoreAuthFunctions(server) {
  await runFile(server, "supabase_auth_admin", "postgres", join(HERE, "auth_functions.sql"));
}

export async function keepTemplate(server) {
  await query(
    server,
    "supabase_admin",
    "postgres",
    `create database ${TEMPLATE} template postgres owner postgres is_template true`,
  );
}

// Applies what is pending in supabase/migrations with the Supabase CLI, as the role that hosted uses.
export async function migrate(server, database) {
  const migrations = await readdir(join(ROOT, "supabase", "migrations")).catch(() => []);
  if (!migrations.some((name) => name.endsWith(".sql"))) return;
  const url = `${databaseUrl(server, "postgres", database)}?sslmode=disable`;
  const cli = join(HERE, "node_modules", "supabase", "dist", "supabase.js");
  const argv = [cli, "migration", "up", "--yes", `--remote=${url}`, "--workdir", ROOT];
  const env = { ...process.env, DO_NOT_TRACK: "1", SUPABASE_NO_UPDATE_NOTIFIER: "1" };
  const { status, output } = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("exit", (status) => resolve({ status, output }));
  });
  if (status !== 0) throw new Problem(`The migrations could not be applied:\n${output.trim()}`);
}

export async function seed(server, database) {
  const path = join(ROOT, "supabase", "seed.sql");
  if (!existsSync(path)) return false;
  try {
    await runFile(server, "postgres", database, path);
  } catch (error) {
    throw new Problem(`supabase/seed.sql failed: ${error.message}`);
  }
  return true;
}

// Returns the service logins that exist.
export async function giveServicesPasswords(server) {
  const names = SERVICE_LOGINS.map((name) => `'${name}'`).join(", ");
  const found = await query(
    server,
    "supabase_admin",
    "postgres",
    `select rolname from pg_roles where rolname in (${names})`,
  );
  const logins = found.map((row) => row.rolname);
  for (const login of logins) {
    await query(server, "supabase_admin", "postgres", `alter role ${login} password 'postgres'`);
  }
  return logins;
}
