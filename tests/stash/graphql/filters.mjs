// Stash's filters, as far as the plugin and the page use them. A criterion that is not here is an
// error: no test shall pass because the double took no notice of what was asked.

const text = (get) => ({ value, modifier }, item) => {
  const values = [get(item) ?? ""].flat().map((one) => one.toLowerCase());
  const wanted = (value ?? "").toLowerCase();
  const some = (fits) => values.some(fits);
  switch (modifier) {
    case "EQUALS": return some((one) => one === wanted);
    case "NOT_EQUALS": return !some((one) => one === wanted);
    case "INCLUDES": return some((one) => one.includes(wanted));
    case "EXCLUDES": return !some((one) => one.includes(wanted));
    case "MATCHES_REGEX": return some((one) => new RegExp(value, "i").test(one));
    case "NOT_MATCHES_REGEX": return !some((one) => new RegExp(value, "i").test(one));
    case "IS_NULL": return values.join("") === "";
    case "NOT_NULL": return values.join("") !== "";
    default: throw new Error(`${modifier} is not for text`);
  }
};

const amount = (get) => ({ value, value2, modifier }, item, library) => {
  const have = get(item, library);
  switch (modifier) {
    case "EQUALS": return have === value;
    case "NOT_EQUALS": return have !== value;
    case "GREATER_THAN": return have > value;
    case "LESS_THAN": return have < value;
    case "BETWEEN": return have >= value && have <= value2;
    case "NOT_BETWEEN": return have < value || have > value2;
    case "IS_NULL": return have === null || have === undefined;
    case "NOT_NULL": return have !== null && have !== undefined;
    default: throw new Error(`${modifier} is not for numbers`);
  }
};

const time = (get) => ({ value, value2, modifier }, item) =>
  amount((one) => Date.parse(get(one)))({ value: Date.parse(value), value2: Date.parse(value2), modifier }, item);

const ids = (get) => ({ value, excludes, modifier }, item, library) => {
  const have = get(item, library), wanted = value ?? [];
  if ((excludes ?? []).some((id) => have.includes(id))) return false;
  switch (modifier) {
    case "INCLUDES": return wanted.length === 0 || wanted.some((id) => have.includes(id));
    case "INCLUDES_ALL": return wanted.every((id) => have.includes(id));
    case "EQUALS": return wanted.length === have.length && wanted.every((id) => have.includes(id));
    case "EXCLUDES": return !wanted.some((id) => have.includes(id));
    case "IS_NULL": return have.length === 0;
    case "NOT_NULL": return have.length > 0;
    default: throw new Error(`${modifier} is not for lists`);
  }
};

const yes = (get) => (value, item) => get(item) === value;

/** An endpoint is written into the SQL as it is; none means any. */
function stashIds(criterion, item) {
  const { endpoint, modifier } = criterion;
  if (endpoint?.includes("'")) throw new Error(`SQL logic error: near "${endpoint.split("'")[1]}": syntax error (1)`);
  const here = item.stash_ids.filter((one) => !endpoint || one.endpoint === endpoint).map((one) => one.stash_id);
  const wanted = criterion.stash_ids ?? [criterion.stash_id ?? ""];
  switch (modifier) {
    case "IS_NULL": return here.length === 0;
    case "NOT_NULL": return here.length > 0;
    case "EQUALS": return wanted.some((id) => here.includes(id));
    case "NOT_EQUALS": return !wanted.some((id) => here.includes(id));
    default: throw new Error(`${modifier} is not for stash ids`);
  }
}

function customFields(criteria, item) {
  return criteria.every(({ field, value = [], modifier }) => {
    const have = item.custom_fields[field];
    switch (modifier) {
      case "IS_NULL": return have === undefined;
      case "NOT_NULL": return have !== undefined;
      case "EQUALS": return value.some((one) => String(one) === String(have));
      case "NOT_EQUALS": return !value.some((one) => String(one) === String(have));
      case "INCLUDES": return value.some((one) => String(have ?? "").includes(String(one)));
      default: throw new Error(`the double does not know ${modifier} of custom fields`);
    }
  });
}

const MISSING = {
  performers: (item) => item.performer_ids.length === 0,
  tags: (item) => item.tag_ids.length === 0,
  galleries: (item) => item.gallery_ids.length === 0,
  stash_id: (item) => item.stash_ids.length === 0,
  title: (item) => !item.title,
  image: (item) => !item.picture,
};
function missing(what, item) {
  if (!MISSING[what]) throw new Error(`the double does not know is_missing: ${what}`);
  return MISSING[what](item);
}

const COMMON = {
  id: amount((item) => Number(item.id)),
  tags: ids((item) => item.tag_ids),
  tag_count: amount((item) => item.tag_ids.length),
  is_missing: missing,
  created_at: time((item) => item.created_at),
  updated_at: time((item) => item.updated_at),
  custom_fields: customFields,
};
const WITH_PEOPLE = {
  ...COMMON,
  title: text((item) => item.title),
  path: text((item) => item.file?.path),
  organized: yes((item) => item.organized),
  performers: ids((item) => item.performer_ids),
  performer_count: amount((item) => item.performer_ids.length),
  performers_filter: (filter, item, library) =>
    item.performer_ids.some((id) => fits("performers", filter, library.performers.get(id), library)),
};
const CRITERIA = {
  scenes: {
    ...WITH_PEOPLE,
    galleries: ids((item) => item.gallery_ids),
    duration: amount((item) => Math.floor(item.file.duration)),
    stash_id_endpoint: stashIds, stash_ids_endpoint: stashIds,
    stash_id_count: amount((item) => item.stash_ids.length),
    has_markers: (value, item) => (item.marker_ids.length > 0) === (value === "true"),
  },
  images: {
    ...WITH_PEOPLE,
    galleries: ids((item, library) => library.having("galleries", "image_ids", item.id).map(({ id }) => id)),
  },
  galleries: { ...WITH_PEOPLE, image_count: amount((item) => item.image_ids.length) },
  performers: {
    ...COMMON,
    name: text((item) => item.name),
    disambiguation: text((item) => item.disambiguation),
    aliases: text((item) => item.alias_list),
    gender: ({ value, value_list: list, modifier }, item) =>
      (list ?? [value]).includes(item.gender ?? null) === (modifier === "EQUALS" || modifier === "INCLUDES"),
    filter_favorites: yes((item) => item.favorite),
    ignore_auto_tag: yes((item) => item.ignore_auto_tag),
    stash_id_endpoint: stashIds, stash_ids_endpoint: stashIds,
    scene_count: amount((item, library) => library.having("scenes", "performer_ids", item.id).length),
    image_count: amount((item, library) => library.having("images", "performer_ids", item.id).length),
  },
  tags: { ...COMMON, name: text((item) => item.name) },
};

/** Whether `item` fits a filter of its kind, with its AND, OR and NOT. */
function fits(kind, filter, item, library) {
  const { AND: and, OR: or, NOT: not, ...criteria } = filter ?? {};
  const own = Object.entries(criteria).filter(([, value]) => value !== null && value !== undefined).every(([name, value]) => {
    const criterion = CRITERIA[kind][name];
    if (!criterion) throw new Error(`the double does not know the filter ${name} of ${kind}`);
    return criterion(value, item, library);
  });
  if (or) return own || fits(kind, or, item, library);
  return own && (!and || fits(kind, and, item, library)) && (!not || !fits(kind, not, item, library));
}

const SORTS = {
  id: (item) => Number(item.id), title: (item) => item.title || item.file?.path, path: (item) => item.file?.path ?? "",
  name: (item) => item.name.toLowerCase(), date: (item) => item.date ?? "", created_at: (item) => item.created_at,
  updated_at: (item) => item.updated_at, duration: (item) => item.file.duration,
  performer_count: (item) => item.performer_ids.length,
  scenes_count: (item, library) => library.having("scenes", "performer_ids", item.id).length,
};
const USUAL = { scenes: "date", images: "path", galleries: "path", performers: "name", tags: "name" };

/** Those of a kind that fit: `{ count, items }`, the items being of the page asked for. */
export function find(library, kind, filter, paging, wanted) {
  const { q, page = 1, per_page: size = 25, sort, direction = "ASC" } = Object.fromEntries(
    Object.entries(paging ?? {}).filter(([, value]) => value !== null));
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const named = (item) => [item.name, item.title, item.file?.path, ...(item.alias_list ?? []), ...(item.aliases ?? [])].join("\n").toLowerCase();
  const found = [...library[kind].values()].filter((item) => (!wanted || wanted.includes(item.id))
    && words.every((word) => named(item).includes(word)) && fits(kind, filter, item, library));
  const by = sort?.startsWith("random") ? () => 0 : SORTS[sort ?? USUAL[kind]];
  if (!by) throw new Error(`invalid sort: ${sort}`);
  const sign = direction === "DESC" ? -1 : 1;
  found.sort((a, b) => {
    const [one, other] = [by(a, library), by(b, library)];
    return one < other ? -sign : one > other ? sign : Number(a.id) - Number(b.id);
  });
  const items = size < 0 ? found : found.slice((page - 1) * size, page * size);
  return { count: found.length, items };
}
