// One PostgreSQL server: made, started, recovered and stopped.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { access, chown, constants, mkdir, mkdtemp, open, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cacheDir, isReachableByServer, postgresHome, serverUser } from "./binaries.mjs";
import { query } from "./databases.mjs";
import { Problem } from "./problem.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const HOST = "127.0.0.1";
const MAJOR_VERSION = "17";

const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: "",
  wal_level: "logical",
  timezone: "UTC",
  log_timezone: "UTC",
  max_connections: "100",
};

// For data that nobody will miss.
const EPHEMERAL_SETTINGS = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  max_wal_size: "128MB",
  scram_iterations: "1",
};
// Copying a database there takes a tenth of the time.
const MEMORY = "/dev/shm";
const ENOUGH_MEMORY = 4 * 1024 ** 3;

// Starts the server and returns { host, port, home, isNew, isSeeded, exited, markReady, markSeeded, stop }.
export async function startPostgres({ dbPort, dataDir, isEphemeral }) {
  const user = await serverUser();
  const native = await postgresHome();
  const home = isEphemeral ? await ephemeralHome() : await persistentHome(dataDir);
  try {
    return await startIn({ home, native, user, dbPort, isEphemeral });
  } catch (error) {
    if (isEphemeral) await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function startIn({ home, native, user, dbPort, isEphemeral }) {
  if (user.uid) await chown(home, user.uid, user.gid);
  const data = join(home, "postgres");
  const readyMark = join(home, "ready");
  const seededMark = join(home, "seeded");
  const stackFile = join(home, "stack.pid");

  await takeOver(home, data, native, user);
  if (dbPort !== 0) await requireFreePort(dbPort, "the database", "--db-port", "LPLATE_DB_PORT");
  if (existsSync(data) && !existsSync(readyMark)) await rm(data, { recursive: true });
  const isNew = !existsSync(data);
  if (isNew) await initialize(data, native, user, home);
  await checkVersion(data, home);

  const server = await launch({ home, data, native, user, dbPort, isEphemeral });
  await writeFile(stackFile, `${process.pid}\n`);
  return {
    host: HOST,
    port: server.port,
    home,
    isNew,
    isSeeded: existsSync(seededMark),
    exited: server.exited,
    markReady: () => writeFile(readyMark, ""),
    markSeeded: () => writeFile(seededMark, ""),
    async stop() {
      server.process.stdin.end(isEphemeral ? "QUIT\n" : "INT\n");
      await server.exited;
      await rm(stackFile, { force: true });
    },
  };
}

async function ephemeralHome() {
  if (!process.env.TMPDIR && (await hasRoom(MEMORY))) return mkdtemp(join(MEMORY, "lplate-"));
  const parent = isReachableByServer(tmpdir()) ? tmpdir() : "/tmp";
  return mkdtemp(join(parent, "lplate-"));
}

async function hasRoom(folder) {
  try {
    const { bavail, bsize } = await statfs(folder);
    await access(folder, constants.W_OK);
    return isReachableByServer(folder) && bavail * bsize >= ENOUGH_MEMORY;
  } catch {
    return false;
  }
}

async function persistentHome(dataDir) {
  let home = dataDir || join(HERE, ".data");
  if (!dataDir && !isReachableByServer(HERE)) {
    home = join(cacheDir(), "data", HERE.replaceAll("/", "-").replace(/^-/, ""));
  }
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK);
  } catch (error) {
    throw new Problem(
      `Cannot write to ${home} (${error.code}). Choose a folder with --data-dir or LPLATE_DATA_DIR.`,
    );
  }
  return home;
}

async function initialize(data, native, user, home) {
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, "postgres\n");
  if (user.uid) await chown(passwordFile, user.uid, user.gid);
  const argv = [
    "--pgdata",
    data,
    "--username",
    "supabase_admin",
    "--pwfile",
    passwordFile,
    "--auth",
    "scram-sha-256",
    "--encoding",
    "UTF8",
    "--locale-provider",
    "icu",
    "--icu-locale",
    "en-US",
    "--locale",
    "C",
    "--no-sync",
  ];
  const { status, output } = await run(join(native, "bin", "initdb"), argv, user);
  await rm(passwordFile);
  if (status !== 0) throw new Problem(`initdb failed:\n${output}`);
}

async function checkVersion(data, home) {
  const version = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  if (version !== MAJOR_VERSION) {
    throw new Problem(
      `The data in ${home} belongs to PostgreSQL ${version}, and this is ${MAJOR_VERSION}. ` +
        "Move it away or choose another folder with --data-dir.",
    );
  }
}

// A free port can be taken by somebody else before Postgres binds it, so port 0 gets three tries.
async function launch({ dbPort, ...rest }) {
  if (dbPort !== 0) return launchOn({ ...rest, port: dbPort });
  for (let triesLeft = 3; ; triesLeft -= 1) {
    try {
      return await launchOn({ ...rest, port: await freePort() });
    } catch (error) {
      if (triesLeft === 1 || !/could not create any TCP\/IP sockets/.test(error.message)) throw error;
    }
  }
}

async function launchOn({ home, data, native, user, port, isEphemeral }) {
  const settings = { ...SETTINGS, ...(isEphemeral && EPHEMERAL_SETTINGS), port };
  const argv = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const stale = await pidFile(data);
  const log = await open(join(home, "postgres.log"), "w");
  // As text, because the server's user may not be able to read a file of this checkout.
  const guard = await readFile(join(HERE, "postgres.sh"), "utf8");
  const fate = isEphemeral ? "DISCARD" : "KEEP";
  const server = [join(native, "bin", "postgres"), "-D", data, ...argv];
  const child = spawn("/bin/sh", ["-c", guard, "postgres.sh", fate, home, ...server], {
    ...user,
    cwd: "/",
    detached: true,
    stdio: ["pipe", log.fd, log.fd],
  });
  await log.close();
  child.stdin.on("error", () => {});
  let hasExited = false;
  const exited = new Promise((resolve) => child.on("exit", resolve)).then(() => {
    hasExited = true;
  });
  while (!(await isReady(data, stale))) {
    if (hasExited) {
      const output = await readFile(join(home, "postgres.log"), "utf8").catch(() => "");
      throw new Problem(`Postgres did not start:\n${output.trim()}`);
    }
    await sleep(20);
  }
  return { port, process: child, exited };
}

async function isReady(data, stale) {
  const text = await pidFile(data);
  return text !== stale && text.split("\n")[7]?.trim() === "ready";
}

// Deals with a server that was left behind: one still running because its guard was killed too.
async function takeOver(home, data, native, user) {
  const owner = Number(await readFile(join(home, "stack.pid"), "utf8").catch(() => "0"));
  if (owner && isAlive(owner) && (await postmaster(data))) {
    throw new Problem(
      `A local stack already runs on ${home} (process ${owner}). Stop it with kill ${owner}, ` +
        "or choose another folder with --data-dir.",
    );
  }
  for (let waited = 0; await postmaster(data); waited += 50) {
    if (waited === 3000) await stopStray(data, native, user);
    await sleep(50);
  }
  // Postgres takes a zombie of that number for a living server.
  if (isZombie(Number.parseInt(await pidFile(data)))) await rm(join(data, "postmaster.pid"));
}

async function stopStray(data, native, user) {
  const { pid, port } = await postmaster(data);
  const [served] = await query(
    { host: HOST, port },
    "supabase_admin",
    "postgres",
    "show data_directory",
  ).catch(() => []);
  if (served?.data_directory !== data) {
    throw new Problem(
      `${join(data, "postmaster.pid")} names process ${pid}, which does not answer as Postgres. ` +
        "If that process is something else, remove the file and start again.",
    );
  }
  const argv = ["stop", "--pgdata", data, "--mode", "fast", "--timeout", "30"];
  const { status, output } = await run(join(native, "bin", "pg_ctl"), argv, user);
  if (status !== 0)
    throw new Problem(`The Postgres left running on ${data} could not be stopped:\n${output}`);
}

function pidFile(data) {
  return readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
}

async function postmaster(data) {
  const lines = (await pidFile(data)).split("\n");
  const pid = Number(lines[0]);
  return pid && isAlive(pid) ? { pid, port: Number(lines[3]) } : null;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error.code === "EPERM";
  }
}

// Dead, but not yet buried by its parent: in a container without an init process, never.
function isZombie(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).startsWith("Z");
  } catch {
    return false;
  }
}

function run(command, argv, user) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { ...user, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("exit", (status) => resolve({ status, output }));
  });
}

export async function requireFreePort(port, what, flag, variable) {
  const error = await tryPort(port);
  if (!error) return;
  throw new Problem(
    `Port ${port}, wanted for ${what}, is ${error.code === "EADDRINUSE" ? "taken" : `not available (${error.code})`}. ` +
      `Stop what uses it, or choose another with ${flag} (or ${variable}); 0 takes any free port.`,
  );
}

async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, HOST, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, HOST, () => server.close(() => resolve(null)));
  });
}
