// Written by `make types`: do not edit it. The types that the Supabase CLI generates, as tight as the API is: a client made with
// createClient<Database>(…) is refused by the compiler what it would be refused by the database.
//
//   * texts of views are the values that they have, and what is never null is not null
//   * Insert and Update have the columns that callers may write, and demand those that must be given; other tables have neither
//   * columns that nobody may read are left out; JSON has its shape
//   * codeOf(error) reads the code of a refusal, of the database or of the webhook service
import type { Database as Generated, Json } from "./database.types";

export type { Json };
export type Enums = Generated["public"]["Enums"];

type GeneratedTables = Generated["public"]["Tables"];
type GeneratedViews = Generated["public"]["Views"];
type GeneratedFunctions = Generated["public"]["Functions"];
type Flat<T> = { [K in keyof T]: T[K] } & {};
type Replaced<T, Part> = Flat<Omit<T, keyof Part> & Part>;

type Table<T extends keyof GeneratedTables, Hidden extends string = never, Part = {}, Insert = never, Update = never> = {
  Row: Replaced<Omit<GeneratedTables[T]["Row"], Hidden>, Part>;
  Insert: Insert;
  Update: Update;
  Relationships: GeneratedTables[T]["Relationships"];
};
type View<T extends keyof GeneratedViews, Part> = {
  Row: Replaced<GeneratedViews[T]["Row"], Part>;
  Relationships: GeneratedViews[T]["Relationships"];
};
type Call<T extends keyof GeneratedFunctions, Args, Returns> = Flat<
  Omit<GeneratedFunctions[T], "Args" | "Returns"> & { Args: Args; Returns: Returns }
>;
