// Runs a program until it is told to stop, then undoes what it set up, last thing first.
import { Problem } from "./problem.mjs";

export async function runUntilStopped(program) {
  const undo = [];
  let started;
  let stopping;

  // What is being set up when the order comes is finished first, so that all of it is undone.
  function stop(status) {
    stopping ??= (async () => {
      await Promise.allSettled([started]);
      while (undo.length > 0) await undo.pop()();
      process.exit(status);
    })();
  }
  function interrupt() {
    if (stopping) process.exit(1);
    stop(0);
  }
  function fail(error) {
    if (!stopping) console.error(error instanceof Problem ? error.message : error);
    stop(1);
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, interrupt);
  const lifetime = {
    atEnd: (action) => undo.push(action),
    endWithStdin: () => process.stdin.on("end", () => stop(0)).on("close", () => stop(0)).resume(),
    fail,
  };
  started = program(lifetime);
  started.catch(fail);
}
