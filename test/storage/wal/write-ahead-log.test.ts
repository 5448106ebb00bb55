import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import { append, bytesOf, data, newDisk, openLog, other, readAll } from "./support/log-bench.ts";

describe("a log", () => {
  it("gives back what was appended, now and after a restart", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    const frames = [...append(log, 1, [other("noop")])];
    for (let i = 0; i < 20; i++) frames.push(...append(log, 1, [data(i), data(i + 1, 3, 100)]));
    await heard.until(() => heard.durable === 41);
    log.committed(41 as LogIndex);
    await heard.until(() => heard.sealed.length === log.segments().length - 1);
    expect(await readAll(log)).toEqual(bytesOf(frames));
    expect(heard.failures).toEqual([]);
    await directory.close();
    disk.kill();
    const again = await openLog(disk.mount());
    expect(again.log.tail).toEqual(log.tail);
    expect(again.log.terms()).toEqual(log.terms());
    expect(again.notes).toEqual([]);
    expect(await readAll(again.log, 300)).toEqual(bytesOf(frames));
    expect(again.log.segments()).toEqual(log.segments());
  });
});
