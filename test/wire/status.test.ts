import type { IncomingHttpHeaders } from "node:http2";
import { Metadata, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, LogError } from "../../src/common/errors.ts";
import { fromStatus, STATUS_OF_CODE, toStatus } from "../../src/wire/status.ts";

const facts = ({ code, message, outcome, retryable, leader, term, hint, ...rest }: LogError) => ({
  ...{ code, message, outcome, retryable, leader, term, hint },
  logStartOffset: rest.logStartOffset,
});

/** What HTTP/2 lets through: percent-encoded details, printable metadata. */
function throughTheWire(sent: ReturnType<typeof toStatus>) {
  const headers = sent.metadata.toHttp2Headers() as IncomingHttpHeaders;
  const metadata = Metadata.fromHttp2Headers(headers);
  return { code: sent.code, details: decodeURI(encodeURI(sent.details)), metadata };
}

describe("an error of ours", () => {
  it.each(ERROR_CODES)("%s comes back as it was sent, whatever the call was", (code) => {
    for (const outcome of ["failed", "unknown"] as const) {
      const error = new LogError(code, "the words of it – all of them", {
        outcome,
        leader: "[::1]:7101",
        term: 12,
        logStartOffset: 2 ** 53 - 1,
        hint: "do this; then „that“ at 100 %",
      });
      for (const mayHaveEffect of [true, false]) {
        const back = fromStatus(throughTheWire(toStatus(error)), mayHaveEffect);
        expect(facts(back)).toEqual(facts(error));
      }
    }
  });

  it("keeps what was absent absent", () => {
    const error = new LogError("NO_QUORUM", "no");
    expect(facts(fromStatus(throughTheWire(toStatus(error)), true))).toEqual(facts(error));
  });

  it("has the status that other languages expect", () => {
    expect(STATUS_OF_CODE).toMatchObject({
      NOT_LEADER: status.UNAVAILABLE,
      NO_QUORUM: status.UNAVAILABLE,
      EXPECTATION_FAILED: status.FAILED_PRECONDITION,
      OFFSET_TRIMMED: status.OUT_OF_RANGE,
      OFFSET_BEYOND_END: status.OUT_OF_RANGE,
      PRODUCER_FENCED: status.ABORTED,
      BACKPRESSURE: status.RESOURCE_EXHAUSTED,
      STORAGE_FULL: status.RESOURCE_EXHAUSTED,
      RECORD_TOO_LARGE: status.INVALID_ARGUMENT,
      CORRUPT: status.DATA_LOSS,
      TIMEOUT: status.DEADLINE_EXCEEDED,
    });
  });

  it("can be sent whatever its words are", () => {
    const anything = fc.string({ unit: "binary", maxLength: 3000 });
    fc.assert(
      fc.property(anything, anything, (message, hint) => {
        const sent = toStatus(new LogError("UNAVAILABLE", `${message}\uD800`, { hint }));
        const back = fromStatus(throughTheWire(sent), true);
        expect(back.code).toBe("UNAVAILABLE");
        expect(back.message.length).toBeLessThanOrEqual(1024);
      }),
    );
  });
});

describe("an exception of the server", () => {
  it.each([
    ["an Error", new Error("ENOENT: secret.key")],
    ["a TypeError", new TypeError("cannot read x of undefined")],
    ["a string", "secret"],
    ["nothing", undefined],
    ["one that became a LogError", LogError.from(new Error("ENOENT: secret.key"))],
  ])("keeps its message to itself: %s", (_what, thrown) => {
    const sent = toStatus(thrown);
    expect(sent.code).toBe(status.INTERNAL);
    expect(JSON.stringify([sent.details, sent.metadata.getMap()])).not.toMatch(/secret|undefined/);
    expect(fromStatus(throughTheWire(sent), true)).toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
      retryable: false,
    });
  });
});

describe("a status without our metadata", () => {
  const bare = (code: number, details = "") => ({ code, details, metadata: new Metadata() });

  it("is a LogError for every code there is, and for those there are not", () => {
    for (let code = -1; code < 30; code++) {
      for (const mayHaveEffect of [true, false]) {
        const error = fromStatus(bare(code), mayHaveEffect);
        expect(ERROR_CODES).toContain(error.code);
        expect(error.message).not.toBe("");
        if (!mayHaveEffect) expect(error.outcome).toBe("failed");
      }
    }
  });

  it("leaves an append on its way unknown when the connection drops", () => {
    const dropped = bare(status.UNAVAILABLE, "Connection dropped");
    expect(fromStatus(dropped, true)).toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
      retryable: false,
    });
    expect(fromStatus(dropped, false)).toMatchObject({ outcome: "failed", retryable: true });
  });

  it("knows that what never had a connection did nothing", () => {
    const details = "No connection established. Last error: connect ECONNREFUSED 127.0.0.1:7101";
    const error = fromStatus(bare(status.UNAVAILABLE, details), true);
    expect(error).toMatchObject({ outcome: "failed", retryable: true });
  });

  it.each([
    [status.DEADLINE_EXCEEDED, "Deadline exceeded after 1s", "TIMEOUT", "unknown"],
    [status.CANCELLED, "Cancelled on client", "ABORTED", "unknown"],
    [status.INTERNAL, "RST_STREAM", "UNAVAILABLE", "unknown"],
    [status.UNKNOWN, "?", "UNAVAILABLE", "unknown"],
    [status.RESOURCE_EXHAUSTED, "Received message larger than max", "RECORD_TOO_LARGE", "unknown"],
    [status.RESOURCE_EXHAUSTED, "quota", "BACKPRESSURE", "unknown"],
    [status.UNIMPLEMENTED, "The server does not implement", "INVALID_ARGUMENT", "failed"],
    [status.UNAUTHENTICATED, "who?", "INVALID_ARGUMENT", "failed"],
    [status.DATA_LOSS, "lost", "CORRUPT", "unknown"],
  ])("%i (%s) is %s, %s", (code, details, expected, outcome) => {
    expect(fromStatus(bare(code, details), true)).toMatchObject({ code: expected, outcome });
  });

  it("does not believe what a stranger writes into our names", () => {
    const metadata = new Metadata();
    metadata.set("balsa-code", "ALL_IS_WELL");
    expect(fromStatus({ code: status.INTERNAL, details: "", metadata }, true)).toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
    });
    metadata.set("balsa-code", "NOT_LEADER");
    metadata.set("balsa-term", "1e99");
    metadata.set("balsa-log-start-offset", "-1");
    metadata.set("balsa-leader", "%zz");
    const error = fromStatus({ code: status.UNAVAILABLE, details: "", metadata }, true);
    expect(error).toMatchObject({
      ...{ code: "NOT_LEADER", outcome: "unknown", leader: "%zz" },
      ...{ term: undefined, logStartOffset: undefined },
    });
  });

  it("may be anything at all", () => {
    fc.assert(
      fc.property(
        fc.record({ code: fc.anything(), details: fc.anything(), metadata: fc.anything() }),
        (failed) => {
          expect(ERROR_CODES).toContain(fromStatus(failed, true).code);
        },
      ),
    );
  });
});
