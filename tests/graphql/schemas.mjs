// The GraphQL schemas that documents are validated against and that the Stash double executes.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildClientSchema } from "graphql";

/** Where the introspection of Stash v0.31 lies: `cargo xtask setup` puts it into the cache. */
function introspectionFile() {
  const cache = process.env.ROLLCALL_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rollcall");
  const file = join(cache, "stash-schema", "stashapp_client", "generated", "schema.json");
  if (!existsSync(file)) throw new Error(`Stash's schema is not at ${file}; \`cargo xtask setup\` fetches it`);
  return file;
}

const schemas = new Map();

/** Stash's schema, `0.31` or `0.30`; made once, since that takes its time. */
export function stashSchema(version = "0.31") {
  if (!schemas.has(version)) {
    const { data } = JSON.parse(readFileSync(introspectionFile(), "utf8"));
    schemas.set(version, buildClientSchema(version === "0.30" ? before(data) : data));
  }
  return schemas.get(version);
}

/** What v0.31 brought, as far as a plugin can meet it: fields by the name of the type that has them. */
const NEW_FIELDS = [
  [/^(Scene|Image|Gallery|(Bulk)?(Scene|Image|Gallery)(Create|Update)Input|(Scene|Image|Gallery)FilterType)$/, ["custom_fields"]],
  [/Performer/, ["career_start", "career_end"]],
  [/FilterType$/, ["stash_ids_endpoint"]],
  [/^ConfigGeneral/, ["useCustomSpriteInterval", "spriteInterval", "minimumSprites", "maximumSprites", "spriteScreenshotSize"]],
];
const NEW_NAMES = { CircumcisedEnum: "CircumisedEnum", DuplicationCriterionInput: "PHashDuplicationCriterionInput" };

/** v0.30's introspection: v0.31's without what that brought. */
function before(introspection) {
  const data = JSON.parse(JSON.stringify(introspection, (key, value) => (key === "name" && NEW_NAMES[value]) || value));
  for (const type of data.__schema.types) {
    const gone = NEW_FIELDS.filter(([types]) => types.test(type.name)).flatMap(([, fields]) => fields);
    for (const kind of ["fields", "inputFields"]) {
      if (type[kind]) type[kind] = type[kind].filter(({ name }) => !gone.includes(name));
    }
  }
  data.__schema.types = data.__schema.types.filter(({ name }) => name !== "StashIDsCriterionInput");
  return data;
}
