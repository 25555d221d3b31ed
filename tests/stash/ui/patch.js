// Stash's patches: named functions, mostly components, that plugins may come before, after, or instead of.

import { createElement, Fragment } from "react";

/** What has been registered so far: pages register theirs when they are first loaded. */
export const components = {};
const patches = { before: {}, instead: {}, after: {} };

const adder = (kind) => (name, fn) => { (patches[kind][name] ??= []).push(fn); };
/** `fn(...args)` gives the list of arguments that go on. */
export const before = adder("before");
/** `fn(...args, next)` takes the function's place. */
export const instead = adder("instead");
/** `fn(...args, result)` gives the result. */
export const after = adder("after");

/** A name can be taken once. */
export function registerComponent(name, component) {
  if (components[name]) throw new Error(`there is a component ${name} already`);
  components[name] = component;
  return component;
}

/** A function that the patches of this name go through. React calls components with two arguments
 *  (properties and context), so `after` gets three. */
export function patchable(name, fn) {
  return new Proxy(fn, {
    apply(target, self, given) {
      let args = given;
      for (const patch of patches.before[name] ?? []) args = patch.apply(self, args);
      const chain = patches.instead[name] ?? [];
      const call = (place, now) => (place < chain.length
        ? chain[place].apply(self, [...now, (...next) => call(place + 1, next)])
        : target.apply(self, now));
      let result = call(0, args);
      for (const patch of patches.after[name] ?? []) result = patch.apply(self, [...args, result]);
      return result;
    },
  });
}

/** A component that plugins may patch and find among `components`. */
export function patchComponent(name, component) {
  return registerComponent(name, patchable(name, component));
}

/** A patchable place that shows its children. */
export function patchContainer(name) {
  return patchComponent(name, ({ children }) => createElement(Fragment, null, children));
}
