// A stash-box's performer as Stash reads it, turned into what Stash takes.

import type createDocument from "../graphql/create-performer.graphql";

export interface Scraped {
  remote_site_id: string | null;
  name: string | null;
  disambiguation: string | null;
  gender: string | null;
  birthdate: string | null;
  death_date: string | null;
  ethnicity: string | null;
  country: string | null;
  eye_color: string | null;
  hair_color: string | null;
  height: string | null;
  weight: string | null;
  measurements: string | null;
  fake_tits: string | null;
  tattoos: string | null;
  piercings: string | null;
  aliases: string | null;
  urls: string[] | null;
  details: string | null;
  images: string[] | null;
}

export type CreateInput = Parameters<NonNullable<(typeof createDocument)["types"]>>[0]["input"];

const GENDERS = ["MALE", "FEMALE", "TRANSGENDER_MALE", "TRANSGENDER_FEMALE", "INTERSEX", "NON_BINARY"] as const;
const TEXTS = [
  "disambiguation", "birthdate", "death_date", "ethnicity", "country", "eye_color", "hair_color", "measurements",
  "fake_tits", "tattoos", "piercings", "details",
] as const;

/** `PerformerCreateInput`: numbers as numbers, aliases as a list, nothing that is empty. */
export function createInput(from: Scraped, endpoint: string): CreateInput {
  const input: CreateInput = { name: from.name ?? "" };
  for (const key of TEXTS) if (from[key]) input[key] = from[key];
  const said = from.gender?.toUpperCase().replace(/[ -]/g, "_");
  const gender = GENDERS.find((gender) => gender === said);
  if (gender) input.gender = gender;
  for (const [key, value] of [["height_cm", from.height], ["weight", from.weight]] as const) {
    const number = Number.parseInt(value ?? "", 10);
    if (number > 0) input[key] = number;
  }
  const own = (from.name ?? "").toLowerCase();
  const aliases = (from.aliases ?? "").split(",").map((alias) => alias.trim());
  // Stash refuses an alias twice, or one that is the name.
  const different = new Map(aliases.filter((alias) => alias && alias.toLowerCase() !== own).map((alias) => [alias.toLowerCase(), alias]));
  if (different.size > 0) input.alias_list = [...different.values()];
  const urls = (from.urls ?? []).filter((url) => /^https?:\/\//i.test(url));
  if (urls.length > 0) input.urls = [...new Set(urls)];
  const picture = from.images?.[0];
  if (picture && /^(https?:\/\/|data:image\/)/i.test(picture)) input.image = picture;
  input.stash_ids = [{ endpoint, stash_id: from.remote_site_id ?? "" }];
  return input;
}
