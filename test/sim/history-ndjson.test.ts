import { describe, expect, it } from "vitest";
import { judge } from "../../src/sim/checkers/index.ts";
import { historyLine } from "../../src/sim/history-lines.ts";
import { readHistory, writeHistory } from "../../src/sim/history-ndjson.ts";
import { goodRun } from "./checkers/support/good-run.ts";
import { PLANTED } from "./checkers/support/planted.ts";

describe("a history as lines", () => {
  it("is read back as it was written", () => {
    expect(readHistory(writeHistory(goodRun()))).toEqual(goodRun());
  });

  it.each(PLANTED)("is judged as the record is: $story", ({ plant }) => {
    expect(judge(readHistory(writeHistory(plant())))).toEqual(judge(plant()));
  });

  it("has one line an operation, which a driver may write as it goes", () => {
    const [append] = goodRun().appends;
    if (append === undefined) throw new Error("the good run has appends");
    expect(historyLine("append", append)).toBe(
      '{"line":"append","client":"c1","sequence":0,"values":["a"],"invokedMs":200,' +
        '"settledMs":210,"outcome":"acknowledged","offset":0,"keys":["k"]}',
    );
  });

  it("comes in any order, with empty lines, and with a run told of in parts", () => {
    const lines = [...writeHistory(goodRun())];
    const last = historyLine("run", { expected: { acknowledged: 5 } });
    const shuffled = [...lines.slice(20), "", ...lines.slice(0, 20), last, ""];
    const { nodes, appends, expected } = readHistory(shuffled);
    expect(nodes).toEqual(goodRun().nodes);
    expect(appends.length).toBe(goodRun().appends.length);
    expect(expected).toEqual({ acknowledged: 5 });
  });

  it("keeps an outcome unknown that nobody ever told", () => {
    const line = '{"line":"append","client":"c","values":["v"],"invokedMs":1,"outcome":"unknown"}';
    const { appends } = readHistory([line]);
    expect(appends[0]?.settledMs).toBeUndefined();
  });

  it.each([
    ["{", "line 2 of the history: "],
    ["7", "line 2 of the history: not an object"],
    ['{"line":"apend"}', 'line 2 of the history: `line` is "apend", not one of run, append, read'],
    ['{"line":"constructor"}', '`line` is "constructor"'],
    ['{"line":"append","client":"c"}', "append needs values: strings"],
    [
      '{"line":"append","client":"c","values":[],"invokedMs":1,"outcome":"acked"}',
      "append needs outcome: acknowledged, failed or unknown",
    ],
    ['{"line":"sealed","nodeId":"n1","file":3}', "sealed needs file: string"],
    ['{"line":"read","client":"c","nodeId":"n1","consistency":"local","from":"0"}', "from: number"],
  ])("is refused with the line's number: %s", (line, message) => {
    expect(() => readHistory(['{"line":"run"}', line])).toThrow(message);
  });

  it("is refused when a log's entries come without the log", () => {
    const entry = { nodeId: "n9", index: 1, term: 1, chain: 0, baseOffset: 0, values: [] };
    expect(() => readHistory([historyLine("entry", entry)])).toThrow("entries of n9");
  });
});
