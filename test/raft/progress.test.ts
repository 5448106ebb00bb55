import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import { Progress } from "../../src/raft/progress.ts";
import { ENTRY_BYTES, raftConfig } from "./support/raft-config.ts";

const at = LogIndex;
const CONFIG = raftConfig("n1", ["n1", "n2"], {
  maxInflightMessages: 3,
  maxInflightBytes: 30 * ENTRY_BYTES,
  maxAppendEntriesBytes: 10 * ENTRY_BYTES,
});

/** A follower of which nothing is known, of a log that ends before 11. */
function probing(): Progress {
  return new Progress(at(11), 0);
}

function send(follower: Progress, last: number, entries = 1): void {
  follower.sendStarted();
  follower.sent(at(last), entries * ENTRY_BYTES);
}

function replicating(): Progress {
  const follower = probing();
  follower.matched(at(10), 0);
  return follower;
}

function picture({ state, matchIndex, nextIndex, inflightMessages }: Progress) {
  return [state, matchIndex, nextIndex, inflightMessages];
}

describe("a follower that is probed", () => {
  it("is sent one message, and then nothing until it answers", () => {
    const follower = probing();
    expect(follower.room(CONFIG)).toBe(10 * ENTRY_BYTES);
    send(follower, 12);
    expect(follower.room(CONFIG)).toBe(0);
    follower.resume();
    expect(follower.room(CONFIG)).toBe(0);
  });

  it("replicates once it matches; the probe's own entries count as sent", () => {
    const follower = probing();
    send(follower, 12);
    follower.matched(at(10), 0);
    expect(picture(follower)).toEqual(["replicate", 10, 13, 1]);
    follower.matched(at(12), 0);
    expect(picture(follower)).toEqual(["replicate", 12, 13, 0]);
  });

  it("replicates from what it has on disk when that is less than what was asked", () => {
    const follower = probing();
    send(follower, 12);
    follower.matched(at(4), 0);
    expect(picture(follower)).toEqual(["replicate", 4, 5, 0]);
  });

  it("goes back to where it says, and is asked again", () => {
    const follower = probing();
    send(follower, 12);
    expect(follower.isFresh(at(10))).toBe(true);
    follower.probeAt(at(5));
    expect(picture(follower)).toEqual(["probe", 0, 5, 0]);
    expect(follower.room(CONFIG)).toBeGreaterThan(0);
    expect(follower.isFresh(at(10))).toBe(false);
  });

  it("is asked the same again when its stream closes, at the next heartbeat", () => {
    const follower = probing();
    send(follower, 12);
    follower.streamClosed();
    expect(picture(follower)).toEqual(["probe", 0, 11, 0]);
    expect(follower.room(CONFIG)).toBe(0);
    follower.resume();
    expect(follower.room(CONFIG)).toBeGreaterThan(0);
  });
});

describe("a follower that replicates", () => {
  it("is sent more before it answers, until the window of messages is full", () => {
    const follower = replicating();
    for (const last of [11, 12, 13]) send(follower, last);
    expect(picture(follower)).toEqual(["replicate", 10, 14, 3]);
    expect(follower.room(CONFIG)).toBe(0);
    follower.matched(at(12), 0);
    expect(follower.inflightMessages).toBe(1);
    expect(follower.room(CONFIG)).toBeGreaterThan(0);
  });

  it("is sent no more than the window of bytes has room for", () => {
    const follower = replicating();
    send(follower, 35, 25);
    expect(follower.room(CONFIG)).toBe(5 * ENTRY_BYTES);
    send(follower, 65, 30);
    expect(follower.room(CONFIG)).toBe(0);
  });

  it("is asked for one message at a time", () => {
    const follower = replicating();
    follower.sendStarted();
    expect(follower.room(CONFIG)).toBe(0);
    expect(() => follower.sendStarted()).toThrow("one sendEntries at a time");
  });

  it("waits for a heartbeat when nothing could be sent", () => {
    const follower = replicating();
    follower.sendStarted();
    follower.sent(at(10), 0);
    expect(picture(follower)).toEqual(["replicate", 10, 11, 0]);
    expect(follower.room(CONFIG)).toBe(0);
    follower.resume();
    expect(follower.room(CONFIG)).toBeGreaterThan(0);
  });

  it("is probed after a refusal, never below what it has on disk", () => {
    const follower = replicating();
    for (const last of [11, 12]) send(follower, last);
    expect(follower.isFresh(at(10))).toBe(false);
    expect(follower.isFresh(at(12))).toBe(true);
    follower.probeAt(at(3));
    expect(picture(follower)).toEqual(["probe", 10, 11, 0]);
  });

  it("is probed from what it has on disk when its stream closes", () => {
    const follower = replicating();
    for (const last of [11, 12]) send(follower, last);
    follower.streamClosed();
    expect(picture(follower)).toEqual(["probe", 10, 11, 0]);
  });

  it("does not fall behind its own match when a late answer arrives", () => {
    const follower = replicating();
    for (const last of [11, 12, 13]) send(follower, last);
    follower.streamClosed();
    follower.matched(at(11), 0);
    expect(picture(follower)).toEqual(["replicate", 11, 12, 0]);
    follower.matched(at(13), 0);
    expect(picture(follower)).toEqual(["replicate", 13, 14, 0]);
  });

  it("does not count what left for where it is no longer asked", () => {
    const follower = replicating();
    follower.sendStarted();
    follower.matched(at(10), 0);
    follower.probeAt(at(11));
    follower.matched(at(12), 0);
    follower.sent(at(15), ENTRY_BYTES);
    expect(picture(follower)).toEqual(["replicate", 12, 13, 0]);
  });
});

/** A leader whose log begins with entry 21. */
describe("a follower that lacks what the leader has let go of", () => {
  /** It has told of no more than 5 entries. */
  function inNeed(): Progress {
    const follower = new Progress(at(30), 0, at(21));
    follower.matched(at(5), 0);
    follower.probeAt(at(6));
    return follower;
  }

  it("needs a snapshot, and is asked about the entry before the log", () => {
    const follower = inNeed();
    expect(picture(follower)).toEqual(["snapshot", 5, 21, 0]);
    expect(follower.wantsSnapshot).toBe(true);
  });

  it("is asked where the log begins, if there is more to ask", () => {
    const follower = new Progress(at(30), 0, at(21));
    follower.probeAt(at(21));
    expect(picture(follower)).toEqual(["probe", 0, 21, 0]);
  });

  it("gets one transfer at a time", () => {
    const follower = inNeed();
    follower.snapshotStarted();
    follower.resume();
    expect(follower.wantsSnapshot).toBe(false);
    expect(() => follower.snapshotStarted()).toThrow("one transfer");
  });

  it("gets another one with the next heartbeat when the first has failed", () => {
    const follower = inNeed();
    follower.snapshotStarted();
    follower.snapshotSent(undefined);
    expect(follower.wantsSnapshot).toBe(false);
    follower.resume();
    expect(follower.wantsSnapshot).toBe(true);
  });

  it("is asked about the entry where the snapshot ended, and waits for a heartbeat", () => {
    const follower = inNeed();
    follower.snapshotStarted();
    follower.snapshotSent(at(25));
    expect(picture(follower)).toEqual(["probe", 5, 26, 0]);
    expect(follower.room(CONFIG)).toBe(0);
  });

  it("needs a newer one when the log begins after it by now", () => {
    const follower = inNeed();
    follower.snapshotStarted();
    follower.logBegins(at(41));
    follower.snapshotSent(at(25));
    expect(picture(follower)).toEqual(["snapshot", 5, 41, 0]);
    follower.resume();
    expect(follower.wantsSnapshot).toBe(true);
  });

  it("takes no refusal for news", () => {
    expect(inNeed().isFresh(at(20))).toBe(false);
  });

  it("is served again as soon as it matches where the log begins, by whatever it got", () => {
    const follower = inNeed();
    follower.matched(at(19), 0);
    expect(picture(follower)).toEqual(["snapshot", 19, 21, 0]);
    follower.matched(at(20), 0);
    expect(picture(follower)).toEqual(["replicate", 20, 21, 0]);
    expect(follower.room(CONFIG)).toBeGreaterThan(0);
  });

  it("is asked anew when its stream closes, and gets no second transfer beside the first", () => {
    const follower = inNeed();
    follower.snapshotStarted();
    follower.streamClosed();
    expect(picture(follower)).toEqual(["probe", 5, 21, 0]);
    follower.probeAt(at(6));
    expect(follower.wantsSnapshot).toBe(false);
    follower.snapshotSent(undefined);
    follower.resume();
    expect(follower.wantsSnapshot).toBe(true);
  });

  it("is not led below the log by an answer that comes late", () => {
    const follower = new Progress(at(30), 0, at(21));
    follower.matched(at(9), 0);
    expect(picture(follower)).toEqual(["probe", 9, 30, 0]);
  });

  it("is not sent what was asked for before", () => {
    const follower = new Progress(at(21), 0, at(1));
    follower.sendStarted();
    follower.logBegins(at(31));
    follower.logBegins(at(41));
    follower.sent(at(25), 100);
    expect(picture(follower)).toEqual(["snapshot", 0, 41, 0]);
  });
});

describe("a follower that is ahead of what the leader lets go of", () => {
  it("is not disturbed", () => {
    const follower = replicating();
    send(follower, 14);
    follower.logBegins(at(13));
    expect(picture(follower)).toEqual(["replicate", 10, 15, 1]);
  });

  it("is asked no earlier than where the log begins when its stream closes", () => {
    const follower = replicating();
    send(follower, 14);
    follower.logBegins(at(13));
    follower.streamClosed();
    expect(picture(follower)).toEqual(["probe", 10, 13, 0]);
  });
});
