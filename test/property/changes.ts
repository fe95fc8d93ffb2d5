import { COLUMN_CHANGES } from "./column-changes.ts";
import { CONSTRAINT_CHANGES } from "./constraint-changes.ts";
import type { Drawing } from "./drawing.ts";
import { ENUM_CHANGES } from "./enum-changes.ts";
import { RESHAPES } from "./reshapes.ts";
import { ROW_CHANGES } from "./row-changes.ts";
import { TABLE_CHANGES } from "./table-changes.ts";

/** Every operation that can be drawn, by its kind. */
export const DRAWINGS: Readonly<Record<string, Drawing>> = {
  ...COLUMN_CHANGES,
  ...CONSTRAINT_CHANGES,
  ...TABLE_CHANGES,
  ...RESHAPES,
  ...ROW_CHANGES,
  ...ENUM_CHANGES,
};
