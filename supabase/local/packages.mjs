// Checked before anything else is imported, so that a fresh checkout gets advice, not a stack trace.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem } from "./problem.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

export function requirePackages() {
  const { engines, dependencies } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
  const needed = Number(engines.node.match(/\d+/)[0]);
  if (Number(process.versions.node.split(".")[0]) < needed) {
    throw new Problem(`Node ${needed} or newer is needed, and this is ${process.versions.node}.`);
  }
  const missing = Object.keys(dependencies).filter(
    (name) => !existsSync(join(HERE, "node_modules", name, "package.json")),
  );
  if (missing.length > 0) {
    throw new Problem(`Not installed: ${missing.join(", ")}. Run npm ci --prefix supabase/local first.`);
  }
}
