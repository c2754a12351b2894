export type Tables<T extends keyof (Database["public"]["Tables"] & Database["public"]["Views"])> =
  (Database["public"]["Tables"] & Database["public"]["Views"])[T]["Row"];
export type Args<T extends keyof Database["public"]["Functions"]> = Database["public"]["Functions"][T]["Args"];
export type Returns<T extends keyof Database["public"]["Functions"]> = Database["public"]["Functions"][T]["Returns"];

/**
 * The code of a refusal: of an error of supabase-js, or of the problem that the webhook service answers with. Null if it has none:
 * the network was away, or nobody foresaw the error (its SQLSTATE is then in error.code).
 */
export function codeOf(refusal: unknown): ErrorCode | null {
  if (typeof refusal !== "object" || refusal === null) return null;
  if ("type" in refusal && "code" in refusal && String(refusal.type).startsWith("urn:lplate:problem:")) {
    return refusal.code as ErrorCode;
  }
  if (!("details" in refusal) || typeof refusal.details !== "string") return null;
  try {
    const detail: unknown = JSON.parse(refusal.details);
    return typeof detail === "object" && detail !== null && "code" in detail ? (detail.code as ErrorCode) : null;
  } catch {
    return null;
  }
}
