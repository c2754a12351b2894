// Supabase Lite (Auth and the Data API), arranged so that Postgres decides as it does on hosted.
// This is the only file that leans on Lite's internals; check it whenever the package is updated.
import { createHmac } from "node:crypto";
import { serve } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import postgres from "postgres";
import { databaseUrl } from "./databases.mjs";

// Text that is JSON already is passed through: Lite hands over some values encoded and some not.
const asJson = (value) => (typeof value === "string" && /^[[{]/.test(value) ? value : JSON.stringify(value));

// Numbers are the type ids of Postgres. Timestamps go out as PostgREST writes them.
const TYPES = {
    json: { to: 114, from: [114], serialize: asJson, parse: JSON.parse },
    jsonb: { to: 3802, from: [3802], serialize: asJson, parse: JSON.parse },
    timestamptz: {
        to: 1184,
        from: [1184],
        serialize: (value) => value,
        parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
    },
};

function connect(server, role, database) {
    const url = databaseUrl(server, role, database);
    return createPostgresConnection({ url, postgresOptions: { types: TYPES, onnotice: () => {} } });
}

function authApp(connection, jwtSecret, keys) {
    return new App({
        connection,
        auth: {
            enabled: true,
            jwt_secret: jwtSecret,
            email: { enable_confirmations: false },
            enable_anonymous_sign_ins: false,
        },
        db: { migrations: { enabled: false } },
        options: { server: { apiKeys: { resolver: keys } } },
    });
}

// Creates the auth schema's tables, owned by the role that owns them on hosted.
export async function createAuthTables(server, database) {
    const connection = connect(server, "supabase_auth_admin", database);
    try {
        await authApp(connection, "x".repeat(32)).ensureSystemSchema();
    } finally {
        await connection.close();
    }
}
