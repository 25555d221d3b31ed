// What is loaded when it is first needed: everything that no page of Stash's own shows at once.

export { Page } from "./ui/Page.tsx";
export { find } from "./find.ts";
