import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseProcfile, readLocalCluster } from "../../../src/cli/supervisor/procfile.ts";

describe("a Procfile", () => {
  it("that is shipped names three nodes and where they listen", () => {
    const { processes } = readLocalCluster("Procfile");
    expect(processes.map(({ name, nodeId, listenClient }) => [name, nodeId, listenClient])).toEqual(
      [
        ["n1", "n1", "127.0.0.1:7101"],
        ["n2", "n2", "127.0.0.1:7102"],
        ["n3", "n3", "127.0.0.1:7103"],
      ],
    );
  });

  it("that is shipped works under any other runner: one `exec`, no shell tricks", () => {
    for (const { command } of parseProcfile(readFileSync("Procfile", "utf8"), "Procfile"))
      expect(command).toMatch(
        /^exec node --max-semi-space-size=4 dist\/cli\/main\.js start --config cluster\/n\d\.yaml$/,
      );
  });

  it("may have comments and blank lines", () => {
    const text = "# nodes\n\nn1: exec node main.js start\n  \nn2:exec x start\n";
    expect(parseProcfile(text, "P").map(({ name }) => name)).toEqual(["n1", "n2"]);
  });

  it.each([
    ["n1 exec node", 'P:1: a line must be "name: command"'],
    ["n1: a\nn1: b", 'P:2: "n1" is there twice'],
    ["# nothing", "P: it names no process"],
  ])("%j is refused by line", (text, message) =>
    expect(() => parseProcfile(text, "P")).toThrow(message),
  );
});
