import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { append, Solo } from "./support/solo.ts";

/** It follows n2 in term 3, and has asked it for a read index on behalf of its client. */
function asking() {
  const solo = new Solo({ term: 2 });
  solo.receive("n2", append(3, "n2"));
  solo.sync();
  solo.sent();
  solo.node.step({ type: "readRequested", requestId: 5 });
  const [asked] = solo.sent("n2");
  const requestId = asked?.type === "ReadIndex" ? asked.requestId : -1;
  const answer = (from: string, term: number) => {
    const readIndex = LogIndex(0);
    solo.receive(from, { type: "ReadIndexResult", term: Term(term), requestId, readIndex });
    return solo.effects;
  };
  return { answer };
}

describe("a follower that has asked for a read index", () => {
  it("is answered by its leader", () => {
    const ready = { type: "readReady", requestId: 5, index: 0 };
    expect(asking().answer("n2", 3)).toEqual([ready]);
  });

  // The ids of questions begin at random, anew with each leader: by chance one may come again.
  it("takes no other node's word, and none of an earlier term", () => {
    const { answer } = asking();
    expect(answer("n3", 3)).toEqual([]);
    expect(answer("n2", 2)).toEqual([]);
    expect(answer("n2", 3)).toHaveLength(1);
  });
});
