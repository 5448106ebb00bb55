import type { NodeMetrics } from "../../src/runtime/metrics.ts";

/** All samples as one object: `name{label=value}` to value. */
export function valuesOf(metrics: NodeMetrics): Readonly<Record<string, number>> {
  const samples = metrics.collect().flatMap((family) => family.samples);
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => {
      const pairs = Object.entries(labels).map(([label, of]) => `${label}=${of}`);
      return [pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`, value];
    }),
  );
}
