import { describe, expect, it } from "vitest";
import { until } from "../cli/run-balsa.ts";
import { answersTo, INIT, request, speak } from "./speak.ts";
import { type Body, Workbench } from "./workbench.ts";

interface Segment {
  readonly file: string;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly size_bytes: number;
  readonly sealed: boolean;
}

const config = (bytes: unknown, msgId = 2) =>
  request("c1", { type: "wal_segment_config", msg_id: msgId, max_segment_bytes: bytes });
const info = request("c1", { type: "wal_segment_info", msg_id: 900 });
const append = (value: unknown, at: number) =>
  request("c1", { type: "log_append", msg_id: 100 + at, value });
const read = (offset: number, limit: number) =>
  request("c1", { type: "log_read", msg_id: 950, offset, limit });

function segmentsIn(answer: Readonly<Record<string, unknown>> | undefined): readonly Segment[] {
  return answer?.["segments"] as readonly Segment[];
}

describe("the segment exercise", () => {
  it("answers field for field, and numbers its answers from 0", async () => {
    const { stdout, code, leftovers } = await speak([
      '{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}',
      '{"src":"c1","dest":"n1","body":{"type":"wal_segment_config","msg_id":2,"max_segment_bytes":1024}}',
    ]);
    expect(stdout).toBe(
      '{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1,"msg_id":0}}\n' +
        '{"src":"n1","dest":"c1","body":{"type":"wal_segment_config_ok","in_reply_to":2,' +
        '"max_segment_bytes":1024,"msg_id":1}}\n',
    );
    expect({ code, leftovers }).toEqual({ code: 0, leftovers: [] });
  });

  it("shows an empty log as one unsealed segment, named by its starting offset", async () => {
    const [answer] = answersTo(await speak([INIT, info]), "c1");
    expect(answer).toEqual({
      type: "wal_segment_info_ok",
      segments: [
        {
          ...{ file: "00000000000000000000.log", start_offset: 0, end_offset: 0 },
          ...{ size_bytes: 0, sealed: false },
        },
      ],
      active_segment: "00000000000000000000.log",
    });
  });

  it.each([256, 1024, 4096])("fills and seals segments of %i bytes", async (bytes) => {
    const values = Array.from({ length: 60 }, (_, at) => `value ${at}`);
    const script = [INIT, config(bytes), ...values.map(append), info, read(0, 1000), read(58, 1)];
    const answers = answersTo(await speak(script), "c1");
    const appended = answers.slice(1, 1 + values.length);
    expect(appended).toEqual(values.map((_, offset) => ({ type: "log_append_ok", offset })));
    const [shown, all, one] = answers.slice(1 + values.length);
    const segments = segmentsIn(shown);
    const active = segments.at(-1);
    expect(segments.length).toBeGreaterThan(60 / (bytes / 100) / 2);
    expect(shown?.["active_segment"]).toBe(active?.file);
    let next = 0;
    for (const segment of segments) {
      expect(segment.start_offset).toBe(next);
      expect(segment.file.slice(0, 20)).toBe(String(next).padStart(20, "0"));
      expect(segment.size_bytes).toBeGreaterThan(0);
      expect(segment.size_bytes).toBeLessThanOrEqual(bytes);
      expect(segment.sealed).toBe(segment !== active);
      next = segment.end_offset;
    }
    expect(next).toBe(60);
    const records = values.map((value, offset) => ({ offset, value }));
    expect(all).toEqual({ type: "log_read_ok", records });
    expect(one).toEqual({ type: "log_read_ok", records: [records[58]] });
  });

  it("takes a new size when there are records already", async () => {
    const small = Array.from({ length: 20 }, (_, at) => append(at, at));
    const script = [INIT, append("first", 50), info, config(512, 60), ...small, info];
    const answers = answersTo(await speak(script), "c1");
    expect(segmentsIn(answers[1])).toHaveLength(1);
    expect(answers[2]).toEqual({ type: "wal_segment_config_ok", max_segment_bytes: 512 });
    expect(segmentsIn(answers.at(-1)).length).toBeGreaterThan(3);
  });

  it("refuses sizes that no segment can have", async () => {
    const sizes: readonly (readonly [bytes: unknown, text: string])[] = [
      [255, '"max_segment_bytes" must be 256 to 1073741824, not 255'],
      [2 ** 31, '"max_segment_bytes" must be 256 to 1073741824, not 2147483648'],
      [-1, '"max_segment_bytes" must be a whole number, 0 or more'],
      [10.5, '"max_segment_bytes" must be a whole number, 0 or more'],
      ["1024", '"max_segment_bytes" must be a whole number, 0 or more'],
      [undefined, '"max_segment_bytes" is missing'],
    ];
    const script = [INIT, ...sizes.map(([bytes], at) => config(bytes, at + 2)), append("on", 1)];
    expect(answersTo(await speak(script), "c1")).toEqual([
      ...sizes.map(([, text]) => ({ type: "error", code: 12, text })),
      { type: "log_append_ok", offset: 0 },
    ]);
  });
});

describe("the segment exercise on three nodes", () => {
  it("is asked of any node, and seals the same segments on all", async () => {
    await using bench = await Workbench.start(["n1", "n2", "n3"]);
    const ask = async (node: string, body: Body): Promise<Body> => {
      let answer: Body | undefined;
      await until(`${node} answers ${JSON.stringify(body)}`, async () => {
        answer = await bench.request("c1", node, body, 10_000);
        return answer !== undefined && answer["code"] !== 11;
      });
      return answer ?? {};
    };
    const append = async (node: string, value: string) =>
      Number((await ask(node, { type: "log_append", value }))["offset"]);
    for (const [at, node] of bench.nodeIds.entries()) {
      const size = { max_segment_bytes: 512 + at };
      const answer = await ask(node, { type: "wal_segment_config", ...size });
      expect(answer).toMatchObject({ type: "wal_segment_config_ok", ...size });
      expect(await append(node, `of ${node}`)).toBe(at);
    }
    for (let at = 3; at < 24; at++)
      expect(await append(bench.nodeIds[at % 3] ?? "", `value ${at}`)).toBe(at);
    const segments = (node: string) => ask(node, { type: "wal_segment_info" }).then(segmentsIn);
    const first = await segments("n1");
    expect(first.length).toBeGreaterThan(5);
    for (const node of ["n2", "n3"])
      await until(`${node} has what n1 has`, async () => {
        return JSON.stringify(await segments(node)) === JSON.stringify(first);
      });
    expect(bench.misbehaviour).toEqual([]);
  });
});
