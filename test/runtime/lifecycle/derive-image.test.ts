import { describe, expect, it } from "vitest";
import { LogIndex } from "../../../src/common/brand.ts";
import { deriveImage } from "../../../src/runtime/lifecycle/derive-image.ts";
import { checkpointsAt, ControlLog, trimBy } from "./control-log.ts";

describe("the state at the end of a segment", () => {
  it("is made of the checkpoint before it and the controls between", async () => {
    const image = await deriveImage(new ControlLog(12).store, checkpointsAt([3]), [], LogIndex(9));
    expect(image.logStartOffset).toBe(trimBy(9));
  });

  it("is not made while an entry between is damaged", async () => {
    const log = new ControlLog(12, 9);
    const made = deriveImage(log.store, checkpointsAt([3]), [], LogIndex(9));
    await expect(made).rejects.toMatchObject({ code: "CORRUPT" });
  });

  // Found by reading: the damaged control was passed over, was whole again before the end, and its
  // word was missing from the checkpoint that the log then began at.
  it("is not made without an entry that was damaged only for a moment", async () => {
    const log = new ControlLog(12, 9, true);
    const made = deriveImage(log.store, checkpointsAt([3]), [], LogIndex(9));
    await expect(made).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("does not ask for what lies behind it", async () => {
    const log = new ControlLog(12, 10);
    const image = await deriveImage(log.store, checkpointsAt([3]), [], LogIndex(9));
    expect(image.logStartOffset).toBe(trimBy(9));
  });
});
