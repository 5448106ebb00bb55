import { EventEmitter } from "node:events";
import { Metadata, status } from "@grpc/grpc-js";
import { beforeEach, describe, expect, it } from "vitest";
import { MAX_INFLIGHT_BYTES } from "../../src/common/limits.ts";
import { seededRandom } from "../../src/common/random.ts";
import { MAX_BACKOFF_MS, OPEN_TIMEOUT_MS } from "../../src/transport/grpc-channel-options.ts";
import {
  type AppendEntriesCall,
  OutgoingStream,
} from "../../src/transport/grpc-outgoing-stream.ts";
import { ManualScheduler } from "./manual-scheduler.ts";

/** A call whose other end is the test. */
class FakeCall extends EventEmitter {
  readonly written: string[] = [];
  readonly #flushed: (() => void)[] = [];
  cancelled = false;

  write(message: Buffer, flushed: () => void): boolean {
    this.written.push(message.subarray(0, 20).toString());
    this.#flushed.push(flushed);
    return true;
  }

  cancel(): void {
    this.cancelled = true;
  }

  answer(): void {
    this.emit("metadata", new Metadata());
  }

  flush(): void {
    for (const flushed of this.#flushed.splice(0)) flushed();
  }
}

const heartbeat = Buffer.from("heartbeat");

describe("an outgoing stream", () => {
  let time: ManualScheduler;
  let calls: FakeCall[];
  let told: string[];
  let accepts: boolean;
  let stream: OutgoingStream;

  const last = (): FakeCall => calls.at(-1) as FakeCall;

  beforeEach(() => {
    time = new ManualScheduler();
    calls = [];
    told = [];
    accepts = true;
    stream = new OutgoingStream({
      clock: time,
      scheduler: time,
      random: seededRandom(1),
      call: () => {
        calls.push(new FakeCall());
        return last() as unknown as AppendEntriesCall;
      },
      accepts: () => accepts,
      timedOut: () => told.push("timedOut"),
      opened: () => told.push("opened"),
      closed: () => told.push("closed"),
      received: ({ matchIndex }) => told.push(`match ${matchIndex}`),
    });
  });

  /** Sends until a call is made; how long that took. */
  function waitForCall(): number {
    const before = calls.length;
    const fromMs = time.nowMs();
    for (let ms = 0; ms <= 10_000 && calls.length === before; ms++) {
      time.advance(1);
      stream.send(heartbeat);
    }
    return time.nowMs() - fromMs;
  }

  it("keeps messages while connecting and sends them first", () => {
    stream.send(Buffer.from("a"));
    stream.send(Buffer.from("b"));
    expect(last().written).toEqual([]);
    last().answer();
    stream.send(Buffer.from("c"));
    expect(last().written).toEqual(["a", "b", "c"]);
    expect(calls).toHaveLength(1);
    expect(told).toEqual(["opened"]);
  });

  it("passes on what it receives only while open", () => {
    stream.send(heartbeat);
    last().emit("data", { matchIndex: 1 });
    last().answer();
    last().emit("data", { matchIndex: 2 });
    stream.reset();
    last().emit("data", { matchIndex: 3 });
    time.advance(0);
    expect(told).toEqual(["opened", "match 2", "closed"]);
  });

  it("waits 20 to 500 ms between attempts, longer each time", () => {
    stream.send(heartbeat);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      last().emit("error", { code: status.UNAVAILABLE });
      waits.push(waitForCall());
    }
    expect(waits[0]).toBe(20);
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(20);
      expect(wait).toBeLessThanOrEqual(MAX_BACKOFF_MS);
    }
    for (const wait of waits.slice(-5)) expect(wait).toBeGreaterThanOrEqual(MAX_BACKOFF_MS / 2);
    expect(told, "it never opened").toEqual([]);
  });

  it("goes on with longer waits when it breaks as soon as it opens", () => {
    stream.send(heartbeat);
    for (let attempt = 0; attempt < 8; attempt++) {
      last().answer();
      last().emit("end");
      waitForCall();
    }
    last().answer();
    last().emit("end");
    expect(waitForCall()).toBeGreaterThanOrEqual(MAX_BACKOFF_MS / 2);
    expect(told.filter((event) => event === "opened")).toHaveLength(9);
    expect(told.filter((event) => event === "closed")).toHaveLength(9);
  });

  it("starts again with a short wait after a stream that lived", () => {
    stream.send(heartbeat);
    for (let attempt = 0; attempt < 8; attempt++) {
      last().emit("error", { code: status.UNAVAILABLE });
      waitForCall();
    }
    last().answer();
    time.advance(1000);
    last().emit("error", { code: status.UNAVAILABLE });
    expect(waitForCall()).toBe(20);
  });

  it("does not ask again at once when refused by the peer", () => {
    stream.send(heartbeat);
    last().emit("error", { code: status.FAILED_PRECONDITION });
    expect(waitForCall()).toBeGreaterThanOrEqual(MAX_BACKOFF_MS / 2);
    expect(told).toEqual([]);
  });

  it("hangs up on a peer that is not who it should be, and asks again late", () => {
    accepts = false;
    stream.send(Buffer.from("secret"));
    last().answer();
    expect(last().cancelled).toBe(true);
    expect(last().written).toEqual([]);
    expect(waitForCall()).toBeGreaterThanOrEqual(MAX_BACKOFF_MS / 2);
    expect(told).toEqual([]);
  });

  it("gives up a call that is not answered, and says that the connection may be dead", () => {
    stream.send(heartbeat);
    time.advance(OPEN_TIMEOUT_MS);
    expect(last().cancelled).toBe(true);
    expect(told).toEqual(["timedOut"]);
    expect(stream.state).toBe("backoff");
  });

  it("ends, and says so, when the peer leaves too much unread", () => {
    stream.send(heartbeat);
    last().answer();
    const message = Buffer.alloc(1 << 20);
    for (let sent = 0; sent <= MAX_INFLIGHT_BYTES && !last().cancelled; sent += message.length)
      stream.send(message);
    expect(last().cancelled, "a full window is not too much").toBe(false);
    for (let i = 0; i < 5 && !last().cancelled; i++) stream.send(message);
    expect(last().cancelled).toBe(true);
    time.advance(0);
    expect(told).toEqual(["opened", "closed"]);
  });

  it("ends when a peer stops reading heartbeats", () => {
    stream.send(heartbeat);
    last().answer();
    let sent = 0;
    for (; sent < 10_000 && !last().cancelled; sent++) stream.send(heartbeat);
    expect(last().cancelled).toBe(true);
    expect(last().written.length).toBeLessThanOrEqual(1024);
  });

  it("counts what was read as sent", () => {
    stream.send(heartbeat);
    last().answer();
    for (let i = 0; i < 5000; i++) {
      stream.send(heartbeat);
      last().flush();
    }
    expect(last().cancelled).toBe(false);
    expect(last().written).toHaveLength(5001);
  });

  it("tells an end once, however many ways it is seen", () => {
    stream.send(heartbeat);
    last().answer();
    last().emit("end");
    last().emit("error", { code: status.UNAVAILABLE });
    stream.reset();
    stream.reset();
    time.advance(10_000);
    expect(told).toEqual(["opened", "closed"]);
  });

  it("ignores what a former call still says", () => {
    stream.send(heartbeat);
    const former = last();
    stream.reset();
    stream.send(heartbeat);
    last().answer();
    former.answer();
    former.emit("data", { matchIndex: 9 });
    former.emit("error", { code: status.CANCELLED });
    former.flush();
    expect(stream.state).toBe("open");
    expect(told).toEqual(["opened"]);
  });

  it("leaves no timer behind and tells nothing when closed, in any state", () => {
    const reach: (() => void)[] = [
      () => undefined,
      () => stream.send(heartbeat),
      () => last().answer(),
      () => last().emit("end"),
    ];
    for (let steps = 0; steps <= reach.length; steps++) {
      for (const step of reach.slice(0, steps)) step();
      stream.close();
      expect(time.timers).toBe(0);
      const before = told.length;
      stream.send(heartbeat);
      time.advance(10_000);
      expect(told).toHaveLength(before);
      if (steps === 2) expect(last().cancelled).toBe(true);
      stream = new OutgoingStream({
        clock: time,
        scheduler: time,
        random: seededRandom(1),
        call: () => {
          calls.push(new FakeCall());
          return last() as unknown as AppendEntriesCall;
        },
        accepts: () => true,
        timedOut: () => undefined,
        opened: () => told.push("opened"),
        closed: () => told.push("closed"),
        received: () => undefined,
      });
    }
  });
});
