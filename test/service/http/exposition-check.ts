const SUFFIXES = /_(?:bucket|sum|count)$/;

/** What is wrong with a page of metrics, by the text format's rules and by our names. */
export function faultsOf(text: string): string[] {
  const faults: string[] = [];
  const helped = new Set<string>();
  const kinds = new Map<string, string>();
  const seen = new Set<string>();
  if (!text.endsWith("\n")) faults.push("the last line has no end");
  for (const line of text.split("\n").slice(0, -1)) {
    const [, about, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (about === "HELP") {
      if (helped.has(name)) faults.push(`${name} is there twice`);
      helped.add(name);
    } else if (about === "TYPE") {
      if (!helped.has(name)) faults.push(`${name} has no help`);
      kinds.set(name, rest);
      faults.push(...faultsOfName(name, rest));
    } else faults.push(...faultsOfSample(line, kinds, seen));
  }
  return faults;
}

function faultsOfName(name: string, kind: string): string[] {
  const faults: string[] = [];
  if (!/^balsa_[a-z0-9_]+$/.test(name)) faults.push(`${name} is no name of ours`);
  if (!["counter", "gauge", "histogram"].includes(kind)) faults.push(`${name} is a ${kind}`);
  if ((kind === "counter") !== name.endsWith("_total")) faults.push(`${name} is a ${kind}`);
  if (/_(?:ms|millis|kb|mb|percent)$/.test(name)) faults.push(`${name} has no base unit`);
  return faults;
}

function faultsOfSample(
  line: string,
  kinds: ReadonlyMap<string, string>,
  seen: Set<string>,
): string[] {
  const shape = /^([a-z_0-9]+)(\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})? (NaN|[+-]Inf|-?[\d.e+-]+)$/;
  const [, name = "", labels = ""] = shape.exec(line) ?? [];
  if (name === "") return [`not a sample: ${line}`];
  const series = name + labels;
  if (seen.has(series)) return [`${series} is there twice`];
  seen.add(series);
  const ofHistogram = kinds.get(name.replace(SUFFIXES, "")) === "histogram";
  return kinds.has(name) || ofHistogram ? [] : [`${name} has no type`];
}
