import type { MetricFamily, MetricSample } from "../../runtime/metrics.ts";

/** Prometheus' text exposition format, version 0.0.4. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function metricsText(families: readonly MetricFamily[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, help, kind, samples }: MetricFamily): string {
  const lines = samples.map(sampleText).join("");
  return `# HELP ${name} ${escaped(help, /[\\\n]/g)}\n# TYPE ${name} ${kind}\n${lines}`;
}

function sampleText({ name, labels, value }: MetricSample): string {
  const pairs = Object.entries(labels).map(
    ([label, of]) => `${label}="${escaped(of, /[\\\n"]/g)}"`,
  );
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}\n`;
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
