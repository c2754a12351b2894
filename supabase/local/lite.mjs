// Supabase Lite (Auth and the Data API), arranged so that Postgres decides as it does on hosted.
// This is the only file that leans on Lite's internals; read it again whenever the package moves.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHmac, timingSafeEqual } from "node:crypto";
import { serve } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { sql } from "kysely";
import postgres from "postgres";
import { databaseUrl } from "./databases.mjs";
import { Problem } from "./problem.mjs";

const HOST = "127.0.0.1";

// As in supabase/config.toml.
const MAX_ROWS = 1000;
const MINIMUM_PASSWORD_LENGTH = 8;

// Creates the auth schema's tables, owned by the role that owns them on hosted.
export async function createAuthTables(server, database) {
  const connection = connect(server, "supabase_auth_admin", database);
  try {
    await createAuthApp(connection, { jwtSecret: "not used to sign anything here" }).ensureSystemSchema();
    // Lite goes on after an error, so look.
    await connection.driver.unsafe("select from auth.users limit 0");
  } finally {
    await connection.close();
  }
}

// Serves Auth and the Data API over one database. Returns { url, anonKey, serviceRoleKey, stop }.
export async function serveApi(server, database, { apiPort, jwtSecret }) {
  const keys = {
    anonKey: signKey({ role: "anon" }, jwtSecret),
    serviceRoleKey: signKey({ role: "service_role" }, jwtSecret),
  };
  const options = { jwtSecret, resolver: keyResolver(keys) };
  const authConnection = connect(server, "supabase_auth_admin", database, 4);
  const restConnection = connect(server, "authenticator", database, 10);
  const catalog = await watchCatalog(server, database);
  const auth = createAuthApp(authConnection, options);
  const rest = createRestApp(restConnection, catalog, { ...options, preRequest: await preRequestOf(restConnection) });

  const http = await listen(apiPort, (request, { incoming }) => {
    const { pathname } = new URL(request.url);
    const peer = { peerAddress: incoming.socket.remoteAddress ?? null };
    if (pathname === "/auth/v1/local/second-factor") return withCors(request, () => showSecondFactor(request, jwtSecret));
    if (pathname.startsWith("/auth/v1/")) return withCors(request, () => auth.fetch(request, peer));
    if (pathname.startsWith("/rest/v1/")) {
      if (request.method === "OPTIONS") return describe(request, catalog, () => rest.fetch(request, peer));
      return currentRequest.run(request, async () => readableByPages(await rest.fetch(request, peer)));
    }
    return Response.json({ message: "Only /auth/v1 and /rest/v1 are served here" }, { status: 404 });
  });
  return {
    url: `http://${HOST}:${http.address().port}`,
    ...keys,
    async stop() {
      http.close();
      http.closeAllConnections();
      const pools = [authConnection.driver, restConnection.driver, ...catalog.pools];
      await Promise.all(pools.map((pool) => pool.end({ timeout: 1 })));
    },
  };
}

function createAuthApp(connection, { jwtSecret, resolver }) {
  return new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: jwtSecret,
      enable_anonymous_sign_ins: false,
      minimum_password_length: MINIMUM_PASSWORD_LENGTH,
      email: { enable_confirmations: false },
    },
    api: { enabled: false },
    db: { migrations: { enabled: false } },
    options: { server: { apiKeys: { resolver } } },
  });
}

// The function that PostgREST calls at the start of every request: a setting of the authenticator's.
async function preRequestOf(connection) {
  const [{ name }] = await connection.driver.unsafe(
    "select to_regproc(current_setting('pgrst.db_pre_request', true))::oid::regproc::text as name",
  );
  return name;
}

function createRestApp(connection, catalog, { jwtSecret, resolver, preRequest }) {
  // Otherwise Lite's first request grants every table in every schema with RLS to the API roles.
  connection.rlsState = "active";
  // The authenticator may see no table, so the catalog is read by a role that may.
  connection.introspect = async (options) => withKeysOfRows(await catalog.read(options));
  connection.applyJwtSessionContext = async (transaction, caller) => {
    await becomeCaller(transaction, caller);
    if (preRequest) await sql.raw(`select public.${preRequest.replace(/^public\./, "")}()`).execute(transaction);
  };
  connection.normalizeDbError = withStatus;
  connection.applyRpcRequestGucs = async () => {};
  return new App({
    connection,
    auth: { enabled: true, jwt_secret: jwtSecret },
    api: { enabled: true, schemas: ["public"], max_rows: MAX_ROWS },
    db: { migrations: { enabled: false } },
    options: { server: { apiKeys: { resolver }, middlewares: [trustSignedTokens] } },
  });
}

// Lite would look the user of every token up in auth, which the authenticator may not read.
// PostgREST does not either: it trusts whatever the token's signature vouches for.
async function trustSignedTokens(context, next) {
  const found = async () => ({});
  context.set("authService", { repo: { findUserById: found, findSessionById: found } });
  await next();
}

// The request that a transaction serves.
const currentRequest = new AsyncLocalStorage();

// Tells the transaction who is calling and with what, in one round trip, as PostgREST does.
async function becomeCaller(transaction, { auth }) {
  const request = currentRequest.getStore();
  const role = auth?.role || "anon";
  const claims = JSON.stringify(auth?.jwt ?? { role });
  const headers = JSON.stringify(Object.fromEntries(request.headers));
  const path = new URL(request.url).pathname.replace(/^\/rest\/v1/, "");
  await sql`
    select
      set_config('search_path', 'public, extensions', true),
      set_config('role', ${role}, true),
      set_config('request.jwt.claims', ${claims}, true),
      set_config('request.method', ${request.method}, true),
      set_config('request.path', ${path}, true),
      set_config('request.headers', ${headers}, true),
      set_config('response.status', '', true),
      set_config('response.headers', '', true)
  `.execute(transaction);
}

// PostgREST's statuses of errors, and of classes of them, that Lite would report as a failure of its own.
const STATUSES = { 23: 400, 40: 500, 54: 500, 57: 500, P0001: 400 };
const KNOWN_TO_LITE = ["23502", "23503", "23505"];

// The driver's own refusal to send what is no text, such as a number where an array is meant.
const NOT_SENT = "ERR_INVALID_ARG_TYPE";

// As if the database had raised PGRST, by which it chooses the status and the words itself.
function withStatus(error) {
  if (error.code === NOT_SENT) return Object.assign(new Error("malformed array literal"), { code: "22P02" });
  const { code, message, detail, hint } = error;
  const status = STATUSES[code] ?? STATUSES[String(code).slice(0, 2)];
  if (!status || KNOWN_TO_LITE.includes(code)) return error;
  const raised = new Error(JSON.stringify({ code, message, details: detail, hint }));
  return Object.assign(raised, { code: "PGRST", detail: JSON.stringify({ status, headers: {} }) });
}

// The picture of the schema, taken anew after pgrst is notified of a change.
async function watchCatalog(server, database) {
  const connection = connect(server, "postgres", database);
  const listener = postgres(databaseUrl(server, "postgres", database), { max: 1, onnotice: () => {} });
  let changes = 0;
  await listener.listen("pgrst", () => {
    changes += 1;
    connection.clearSchemaCache();
  });
  async function read(options) {
    const changesBefore = changes;
    const picture = await connection.introspect(options);
    if (changes === changesBefore) return picture;
    // It may be older than the change that came meanwhile, and it has just been cached.
    await connection.clearSchemaCache();
    return read(options);
  }
  await read();
  return { read, pools: [connection.driver, listener] };
}

// What embedding follows. Lite joins by the first column of a foreign key alone: of (org_id, id) it is the id
// that names the row. And it takes a partial unique index for a promise that there is one row.
function withKeysOfRows(picture) {
  const rowKeys = picture.foreign_keys.filter(({ column }) => column !== "org_id");
  const namesRow = new Set(rowKeys.map(keyName));
  const orgKeys = picture.foreign_keys.filter((key) => key.column === "org_id" && !namesRow.has(keyName(key)));
  const constraints = new Set(picture.unique_constraints.map(({ name }) => name));
  const indexes = picture.indexes.map((index) => ({ ...index, unique: constraints.has(index.name) }));
  return { ...picture, foreign_keys: [...rowKeys, ...orgKeys], indexes };
}

const keyName = ({ schema, table, foreign_key_name }) => `${schema}.${table}.${foreign_key_name}`;

function connect(server, role, database, max = 1) {
  const url = databaseUrl(server, role, database);
  return createPostgresConnection({ url, postgresOptions: { max, types: TYPES, onnotice: () => {} } });
}

// Lite passes some values already encoded as JSON and some not.
const encodeJson = (value) =>
  typeof value === "string" && /^[[{]/.test(value) ? value : JSON.stringify(value);

// By the type ids of Postgres. What is sent is read by Postgres itself, and numbers and timestamps leave as PostgREST
// writes them.
const TYPES = {
  boolean: { to: 16, from: [16], serialize: String, parse: (text) => text === "t" },
  numeric: {
    to: 1700,
    from: [1700],
    serialize: String,
    parse: (text) => (isFinite(text) ? Number(text) : text),
  },
  json: { to: 114, from: [114], serialize: encodeJson, parse: JSON.parse },
  jsonb: { to: 3802, from: [3802], serialize: encodeJson, parse: JSON.parse },
  date: { to: 1082, from: [1082], serialize: String, parse: String },
  timestamp: { to: 1114, from: [1114], serialize: String, parse: (text) => text.replace(" ", "T") },
  timestamptz: {
    to: 1184,
    from: [1184],
    serialize: String,
    parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
  },
};

// The keys of a local stack are tokens, and with the default secret those of `supabase start`.
function signKey(claims, jwtSecret) {
  return sign({ iss: "supabase-demo", ...claims, exp: 1983812996 }, jwtSecret);
}

function sign(claims, jwtSecret) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = [{ alg: "HS256", typ: "JWT" }, claims].map(encode).join(".");
  return `${signed}.${createHmac("sha256", jwtSecret).update(signed).digest("base64url")}`;
}

// Lite's Auth knows no factors. In their place whoever has a session's token gets the same token at the level that
// a session reaches on hosted by mfa.challengeAndVerify. Refuses, with 401, what is no valid token of a person.
function showSecondFactor(request, jwtSecret) {
  if (request.method === "OPTIONS") return new Response(null, { status: 204 }); // a browser's preflight
  const token = request.headers.get("Authorization")?.replace(/^Bearer /, "") ?? "";
  const claims = request.method === "POST" ? claimsOf(token, jwtSecret) : null;
  if (!claims?.sub) return Response.json({ message: "POST with the access token of a session" }, { status: 401 });
  return Response.json({ access_token: sign({ ...claims, aal: "aal2" }, jwtSecret) });
}

// The claims of a token that was signed here and is still valid, or null.
function claimsOf(token, jwtSecret) {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const expected = createHmac("sha256", jwtSecret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  return claims.exp > Date.now() / 1000 ? claims : null;
}

function keyResolver({ anonKey, serviceRoleKey }) {
  const known = {
    [anonKey]: { type: "publishable", claims: { role: "anon" } },
    [serviceRoleKey]: { type: "secret", claims: { role: "service_role" } },
  };
  return async (key) => known[key] ?? null;
}

// Lite's Auth answers a browser's preflight without naming the headers that it may send.
async function withCors(request, respond) {
  const response = await respond();
  const asked = request.headers.get("Access-Control-Request-Headers");
  if (asked) response.headers.set("Access-Control-Allow-Headers", asked);
  if (!response.headers.has("Access-Control-Allow-Origin")) {
    response.headers.set("Access-Control-Allow-Origin", "*");
  }
  return response;
}

// What a page may do with the Data API: everything, as with PostgREST. Who may do it is said by the token.
const METHODS = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";
const SIMPLE_HEADERS = ["Accept", "Accept-Language", "Content-Language"];
const EXPOSED_HEADERS =
  "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit";

// PostgREST answers a browser's preflight before it looks at the path; Lite wants to find a function without arguments.
async function describe(request, catalog, respond) {
  const asked = request.headers.get("Access-Control-Request-Headers") ?? "";
  if (request.headers.has("Origin") && request.headers.has("Access-Control-Request-Method")) {
    const names = asked.split(",").map((name) => name.trim()).filter((name) => name && !/^authorization$/i.test(name));
    return new Response(null, {
      headers: {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ["Authorization", ...names, ...SIMPLE_HEADERS].join(", "),
        "Access-Control-Max-Age": "86400",
      },
    });
  }
  const name = /^\/rest\/v1\/rpc\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
  const { functions } = await catalog.read({ useCache: true });
  const found = functions.find((one) => one.schema === "public" && one.name === name);
  if (!found) return respond();
  const Allow = found.volatility === "v" ? "OPTIONS,POST" : "OPTIONS,GET,HEAD,POST";
  return new Response(null, { headers: { Allow, "Access-Control-Allow-Origin": "*" } });
}

function readableByPages(response) {
  response.headers.set("Access-Control-Allow-Origin", "*");
  response.headers.set("Access-Control-Expose-Headers", EXPOSED_HEADERS);
  return response;
}

function listen(port, fetch) {
  return new Promise((resolve, reject) => {
    const http = serve({ fetch, port, hostname: HOST }, () => resolve(http));
    http.once("error", (error) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Problem(
              `Port ${port}, wanted for the API, is taken. Stop what uses it, or choose another with ` +
                "--api-port or LPLATE_API_PORT; 0 takes any free port.",
            )
          : error,
      ),
    );
  });
}
