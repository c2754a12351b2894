// Runs a program until it is told to stop, then undoes what it set up, last thing first.
import { Problem } from "./problem.mjs";

export async function runUntilStopped(program) {
    const undo = [];
    let stopping;
    const stop = (status) => {
        stopping ??= (async () => {
            while (undo.length > 0) await undo.pop()();
            process.exit(status);
        })();
        return stopping;
    };
    const lifetime = {
        atEnd: (action) => undo.push(action),
        endWithStdin() {
            process.stdin.on("end", () => stop(0)).on("error", () => stop(0)).resume();
        },
        fail(message) {
            if (stopping) return;
            console.error(message);
            stop(1);
        },
    };
    process.on("SIGINT", () => stop(0));
    process.on("SIGTERM", () => stop(0));
    process.on("SIGHUP", () => stop(0));
    try {
        await program(lifetime);
    } catch (error) {
        if (!stopping) console.error(error instanceof Problem ? error.message : error);
        await stop(1);
    }
}
