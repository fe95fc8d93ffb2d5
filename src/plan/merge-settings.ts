import { DEFAULT_SETTINGS, type PartialSettings, type RolloutSettings } from "../model/settings.ts";

/** Layers of settings as one; what a later layer says wins, part by part. Lists replace each other. */
export function mergeSettings(...layers: readonly PartialSettings[]): PartialSettings {
  return layers.reduce<PartialSettings>((merged, layer) => over(merged, layer) as PartialSettings, {});
}

/** All settings: the defaults with the layers on top, the strongest last. */
export function completeSettings(...layers: readonly PartialSettings[]): RolloutSettings {
  return mergeSettings(DEFAULT_SETTINGS, ...layers) as RolloutSettings;
}

function over(base: unknown, top: unknown): unknown {
  if (top === undefined) return base;
  if (!isMapping(base) || !isMapping(top)) return top;
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(top)])].map((key) => [key, over(base[key], top[key])]),
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
