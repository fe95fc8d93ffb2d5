import type { core } from "zod";

type Schema = core.$ZodType;

/** The schemas that say what may stand at a path; several where unions leave it open. */
export function schemasAt(schema: Schema, path: readonly (string | number)[]): readonly Schema[] {
  let level = alternatives(schema);
  for (const part of path) level = level.flatMap((one) => children(one, part)).flatMap(alternatives);
  return level;
}

/** The keys that a mapping at a path may have; empty where any may. */
export function keysAt(schema: Schema, path: readonly (string | number)[]): readonly string[] {
  const keys = schemasAt(schema, path).flatMap((one) => {
    const { def } = (one as core.$ZodTypes)._zod;
    return def.type === "object" ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

/** What `.describe()` says about the value at a path, inside wrappers or around them. */
export function descriptionAt(
  schema: Schema,
  path: readonly (string | number)[],
  describe: (schema: Schema) => string | undefined,
): string | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  for (const parent of schemasAt(schema, path.slice(0, -1))) {
    for (const child of children(parent, last)) {
      for (const layer of layers(child)) {
        const text = describe(layer);
        if (text !== undefined) return text;
      }
    }
  }
  return undefined;
}

/** True if one schema is the other, or was made from it by `.describe()` or `.meta()`. */
export function isSame(schema: Schema, original: Schema): boolean {
  for (let one: Schema | undefined = schema; one !== undefined; one = one._zod.parent)
    if (one === original) return true;
  return false;
}

/** A schema without its wrappers, and each branch of its unions; a union stands before its branches. */
function alternatives(schema: Schema): Schema[] {
  return layers(schema).flatMap((layer) => {
    const { def } = (layer as core.$ZodTypes)._zod;
    if (def.type === "union") return [layer, ...def.options.flatMap(alternatives)];
    if (def.type === "intersection") return [...alternatives(def.left), ...alternatives(def.right)];
    return WRAPPERS.has(def.type) ? [] : [layer];
  });
}

const WRAPPERS = new Set([
  "optional",
  "nullable",
  "default",
  "prefault",
  "nonoptional",
  "readonly",
  "catch",
  "pipe",
  "lazy",
]);

/** A schema and what its wrappers hold, outermost first. */
function layers(schema: Schema): Schema[] {
  const { def } = (schema as core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return [schema, ...layers(def.innerType)];
    case "pipe":
      return [schema, ...layers(def.in)];
    case "lazy":
      return [schema, ...layers(def.getter())];
    default:
      return [schema];
  }
}

function children(schema: Schema, part: string | number): Schema[] {
  const { def } = (schema as core.$ZodTypes)._zod;
  switch (def.type) {
    case "object": {
      const own = Object.hasOwn(def.shape, part) ? def.shape[part] : undefined;
      return own === undefined ? [] : [own];
    }
    case "record":
      return [def.valueType];
    case "array":
      return [def.element];
    case "tuple": {
      const item = def.items[Number(part)] ?? def.rest;
      return item === null || item === undefined ? [] : [item];
    }
    default:
      return [];
  }
}
