import { DEFAULT_SETTINGS, type PartialSettings, type RolloutSettings } from "../model/settings.ts";

/** Layers of settings as one; what a later layer says wins, part by part. Lists replace each other. */
export function mergeSettings(...layers: readonly PartialSettings[]): PartialSettings {
  return layers.reduce<PartialSettings>((merged, layer) => over(merged, longForms(layer)) as PartialSettings, {});
}

/** All settings: the defaults with the layers on top, the strongest last. */
export function completeSettings(...layers: readonly PartialSettings[]): RolloutSettings {
  return mergeSettings(DEFAULT_SETTINGS, ...layers) as RolloutSettings;
}

/** A signal's `5s` is its `{ stop: 5s }`: thresholds that another layer sets go on top of it. */
function longForms(layer: PartialSettings): PartialSettings {
  const throttle = layer.backfill?.throttle;
  if (throttle === undefined) return layer;
  const long = Object.entries(throttle).map(([name, value]) => {
    const isShort = name !== "slow_ratio" && (typeof value === "number" || typeof value === "string");
    return [name, isShort ? { stop: value } : value] as const;
  });
  return { ...layer, backfill: { ...layer.backfill, throttle: Object.fromEntries(long) } };
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
