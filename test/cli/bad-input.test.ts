import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../scripts/local-cluster/free-ports.ts";
import { balsa } from "./run-balsa.ts";

const directory = mkdtempSync(join(tmpdir(), "balsa-bad-"));
let nowhere = "";

beforeAll(async () => {
  const [port] = await freePorts(1);
  nowhere = `127.0.0.1:${port}`;
  writeFileSync(join(directory, "typo.yaml"), "node: { data-dir: d }\nlog:\n  segment.byte: 1\n");
});

/** What a new user may type, the exit code, and the line that answers. */
const TABLE: readonly (readonly [line: string, code: number, answer: string])[] = [
  ["", 128, "say what to do: balsa <command>"],
  ["tial", 128, 'unknown command "tial", did you mean tail?'],
  ["cluster", 128, "say which: balsa cluster <command>"],
  ["cluster pauze n1", 128, 'unknown command "pauze", did you mean pause?'],
  ["tail --forma %v", 128, "unknown flag --forma, did you mean --format?"],
  ["tail --from n1", 128, "unknown flag --from, did you mean --from-node?"],
  ["append -z", 128, "unknown flag -z"],
  ["get", 128, "<offset> is missing"],
  ["dump", 128, "<path..> is missing"],
  ["cluster kill", 128, "<node..> is missing"],
  ["append --rate 0 x", 3, '--rate: "0" is too small: at least 1'],
  ["tail -o", 128, "-o needs a value"],
  ["tail -f", 128, "tail follows already: -f takes a format"],
  ["consume -f", 128, "tail follows already: -f takes a format"],
  ["tail stray", 128, 'unknown command or value "stray"'],
  ["tail -f plain", 3, '-f: "plain" prints nothing of a record'],
  ["tail -f %q", 3, "-f: %q is unknown"],
  ["tail -n abc", 3, '-n: "abc" is not a whole number'],
  ["tail -n 1e3", 3, '-n: "1e3" is not a whole number'],
  ["tail -n -1", 3, '-n: "-1" is not a whole number'],
  ["tail -o -5x", 3, '-o: "-5x" is no position'],
  ["tail -o @yesterday", 3, '-o: "@yesterday" is no position'],
  ["tail -w jsn", 3, '--write-out: "jsn" is none of table, json, ndjson, simple'],
  ["append --rate fast", 3, '--rate: "fast" is not a whole number'],
  ["append --timeout 5", 3, '--timeout: "5" is not a duration such as 250ms, 5s'],
  ["get 0x10", 3, '<offset>: "0x10" is not a whole number'],
  ["status --endpoints localhost", 3, '--endpoints: "localhost" is not an address'],
  ["wait --for godot", 3, '--for: "godot" is none of leader, healthy, offset=N'],
  ["start", 3, "node.data-dir: nowhere to keep the log"],
  ["start --config missing.yaml", 3, "--config missing.yaml: there is no such file"],
  ["start --config typo.yaml", 3, 'typo.yaml:3: unknown key "log.segment.byte", did you mean'],
  ["start --data-dir d --segment-bytes 8M", 3, '--segment-bytes: log.segment.bytes: "8M" is not'],
  ["start --data-dir d --listen-client 0.0.0.0:0", 3, "other machines can reach 0.0.0.0"],
  ["config print --config typo.yaml", 3, "typo.yaml:3: unknown key"],
  ["maelstrom stray", 128, 'unknown command or value "stray"'],
  ["maelstrom --data-dir", 128, "--data-dir needs a value"],
  ["maelstrom --log-format xml", 3, '--log-format: "xml" is none of auto, json, human'],
  ["cluster up", 3, "Procfile: there is no such file"],
  ["cluster down", 2, "no cluster runs here"],
  ["cluster status", 2, "no cluster runs here"],
  ["cluster kill leader", 2, "no cluster runs here"],
  ["cluster kill n1 --signal QUIETLY", 3, '--signal: there is no signal "QUIETLY"'],
  ["append x --endpoints NOWHERE", 2, "cannot connect to NOWHERE: connection refused"],
  ["tail -e --endpoints NOWHERE", 2, "cannot connect to NOWHERE: connection refused"],
  ["get 0 --endpoints NOWHERE", 2, "cannot connect to NOWHERE: connection refused"],
  ["status --endpoints NOWHERE", 2, "cannot connect to NOWHERE: connection refused"],
  ["wait --timeout 200ms --endpoints NOWHERE", 124, "not leader in time"],
];

describe("bad input", () => {
  it.each(TABLE)("`balsa %s` ends with %i and one clear line", async (line, code, answer) => {
    const words = line.split(" ").filter((word) => word !== "");
    const asked = words.map((word) => word.replace("NOWHERE", nowhere));
    const finished = await balsa(asked, { cwd: directory });
    expect(finished.stderr).toMatch(/^balsa: /);
    expect(finished.stderr).toContain(answer.replace("NOWHERE", nowhere));
    expect(finished.code).toBe(code);
    expect(finished.stdout.toString()).toBe("");
    expect(finished.stderr).not.toMatch(/^\s+at /m);
  });

  it("is answered in JSON where JSON was asked for", async () => {
    for (const words of [
      ["tail", "-w", "json", "-n", "x"],
      ["tail", "-n", "x", "--json"],
    ]) {
      const { code, stderr } = await balsa(words);
      expect(code).toBe(3);
      expect(JSON.parse(stderr)).toEqual({
        error: {
          ...{ code: "INVALID_ARGUMENT", message: '-n: "x" is not a whole number' },
          ...{ retryable: false, outcome: "failed" },
        },
      });
    }
    const { stderr } = await balsa(["status", "--json", "--endpoints", nowhere]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "UNAVAILABLE" } });
  });

  it("shows where an error comes from only when asked", async () => {
    const { stderr } = await balsa(["status", "--endpoints", nowhere, "--verbose"]);
    expect(stderr).toMatch(/^\s+at /m);
  });

  it("in the environment names the variable", async () => {
    const typo = await balsa(["config", "print", "--data-dir", "d"], {
      env: { BALSA_SEGMENT_BYTE: "1MiB" },
    });
    expect(typo).toMatchObject({ code: 3 });
    expect(typo.stderr).toContain("did you mean BALSA_SEGMENT_BYTES?");
    const endpoints = await balsa(["status"], { env: { BALSA_ENDPOINTS: "nonsense" } });
    expect(endpoints).toMatchObject({ code: 3 });
    expect(endpoints.stderr).toContain('BALSA_ENDPOINTS: "nonsense" is not an address');
  });
});

describe("config print", () => {
  it("prints YAML that reads back to the same", async () => {
    const first = await balsa(["config", "print", "--config", "cluster/n2.yaml"]);
    expect(first.code).toBe(0);
    writeFileSync(join(directory, "again.yaml"), first.stdout);
    const again = ["config", "print", "--config", join(directory, "again.yaml")];
    expect((await balsa(again)).stdout.toString()).toBe(first.stdout.toString());
  });

  it("says where each value comes from", async () => {
    const words = ["config", "print", "--config", "cluster/n2.yaml", "--origins", "--json"];
    const { stdout } = await balsa([...words, "--segment-ms", "1h"], {
      env: { BALSA_HEARTBEAT_INTERVAL: "60ms" },
    });
    const rows = JSON.parse(stdout.toString()) as { key: string; value: string; origin: string }[];
    const of = (key: string) => rows.find((row) => row.key === key);
    expect(of("log.segment.ms")).toMatchObject({ value: "1h", origin: "--segment-ms" });
    expect(of("raft.heartbeat-interval")).toMatchObject({ origin: "BALSA_HEARTBEAT_INTERVAL" });
    expect(of("listen.client")).toMatchObject({ origin: "cluster/n2.yaml:11" });
    expect(of("raft.election-timeout")).toMatchObject({ origin: "default" });
  });
});
