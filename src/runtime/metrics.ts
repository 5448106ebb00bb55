export type MetricKind = "counter" | "gauge" | "histogram";

/** One value, as Prometheus' text format has it: histograms are samples of their own. */
export interface MetricSample {
  /** The family's name, or with `_bucket`, `_sum` or `_count` behind it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples of one metric. Units are seconds and bytes; counters end in `_total`. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: MetricKind;
  readonly samples: readonly MetricSample[];
}

type Labels = Readonly<Record<string, string>>;

/** A value under its labels. */
export interface Series {
  readonly labels: Labels;
  value: number;
}

/** Something that only grows. */
export class Counter {
  readonly #series = new Map<string, Series>();

  add(by = 1, labels: Labels = {}): void {
    this.series(labels).value += by;
  }

  /** One of its values, told from now on: whoever counts often holds it and adds to it. */
  series(labels: Labels = {}): Series {
    const key = JSON.stringify(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, value: 0 };
      this.#series.set(key, series);
    }
    return series;
  }

  samples(name: string): readonly MetricSample[] {
    return [...this.#series.values()].map(({ labels, value }) => ({ name, labels, value }));
  }
}

/** `count` bounds from `first` on, each twice the one before. */
export function doublingBounds(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => Number((first * 2 ** at).toPrecision(12)));
}

/** How values spread over buckets that never change. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One more than bounds: what is above all of them. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? this.#bounds.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  samples(name: string, labels: Labels = {}): readonly MetricSample[] {
    let count = 0;
    const buckets = [...this.#bounds, Number.POSITIVE_INFINITY].map((bound, at) => {
      count += this.#counts[at] ?? 0;
      const le = Number.isFinite(bound) ? String(bound) : "+Inf";
      return { name: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { name: `${name}_sum`, labels, value: this.#sum },
      { name: `${name}_count`, labels, value: count },
    ];
  }
}

/** A histogram for each value of one label. */
export class LabelledHistogram {
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #histograms = new Map<string, Histogram>();

  constructor(label: string, bounds: readonly number[]) {
    this.#label = label;
    this.#bounds = bounds;
  }

  /** That of `value`, told from now on. */
  of(value: string): Histogram {
    let histogram = this.#histograms.get(value);
    if (histogram === undefined) {
      histogram = new Histogram(this.#bounds);
      this.#histograms.set(value, histogram);
    }
    return histogram;
  }

  samples(name: string): readonly MetricSample[] {
    return [...this.#histograms].flatMap(([value, histogram]) =>
      histogram.samples(name, { [this.#label]: value }),
    );
  }
}

interface Registered {
  readonly name: string;
  readonly help: string;
  readonly kind: MetricKind;
  readonly samples: () => readonly MetricSample[];
}

/**
 * What a node counts and measures. No clock, no library: whoever owns a number adds to it, and
 * `collect` reads all of them when somebody asks.
 */
export class NodeMetrics {
  readonly #registered: Registered[] = [];

  counter(name: string, help: string): Counter {
    const counter = new Counter();
    this.#registered.push({ name, help, kind: "counter", samples: () => counter.samples(name) });
    return counter;
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const made = new Histogram(bounds);
    this.#registered.push({ name, help, kind: "histogram", samples: () => made.samples(name) });
    return made;
  }

  labelledHistogram(
    name: string,
    help: string,
    label: string,
    bounds: readonly number[],
  ): LabelledHistogram {
    const made = new LabelledHistogram(label, bounds);
    this.#registered.push({ name, help, kind: "histogram", samples: () => made.samples(name) });
    return made;
  }

  /** `read` is asked at every collection; values that do not exist now are left out. */
  gauge(name: string, help: string, read: () => number | undefined | readonly Series[]): void {
    const samples = () => seriesOf(read()).map((series) => ({ name, ...series }));
    this.#registered.push({ name, help, kind: "gauge", samples });
  }

  /** As {@link gauge}, for something that is counted elsewhere and only grows. */
  counted(name: string, help: string, read: () => number | undefined): void {
    const samples = () => seriesOf(read()).map((series) => ({ name, ...series }));
    this.#registered.push({ name, help, kind: "counter", samples });
  }

  collect(): readonly MetricFamily[] {
    return this.#registered.map(({ samples, ...family }) => ({ ...family, samples: samples() }));
  }
}

function seriesOf(read: number | undefined | readonly Series[]): readonly Series[] {
  if (read === undefined) return [];
  return typeof read === "number" ? [{ labels: {}, value: read }] : read;
}
