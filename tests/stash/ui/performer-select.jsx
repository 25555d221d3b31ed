// `PerformerSelect`: search and pick; `values`, `onSelect(performers)`, `isMulti`.

import Async from "react-select/async";
import { patchComponent } from "./patch.js";
import { queryFindPerformers } from "./stash-service.js";

const search = async (q) => {
  const { data } = await queryFindPerformers({ q, per_page: 10 });
  return data.findPerformers.performers;
};

export const PerformerSelect = patchComponent("PerformerSelect", ({ values, onSelect, isMulti = false, ...rest }) => (
  <Async {...rest} className="performer-select" classNamePrefix="react-select" isMulti={isMulti} cacheOptions defaultOptions
    value={isMulti ? values ?? [] : values?.[0] ?? null} loadOptions={search}
    getOptionValue={({ id }) => id}
    getOptionLabel={({ name, disambiguation }) => (disambiguation ? `${name} (${disambiguation})` : name)}
    onChange={(chosen) => onSelect?.([chosen ?? []].flat())} />
));
