import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import {
  pieceFromJson,
  pieceRequestFromJson,
  pieceRequestToJson,
  pieceToJson,
} from "../../src/maelstrom/file-piece-json.ts";
import type { Body } from "../../src/maelstrom/message.ts";
import type { PieceRequest } from "../../src/transport/file-piece.ts";

function sent(body: Body): Body {
  return JSON.parse(JSON.stringify(body)) as Body;
}

describe("a piece of a file, as JSON", () => {
  it.each<PieceRequest>([
    { file: { kind: "manifest" }, position: 0 },
    { file: { kind: "compacted", sha256: "ab" }, position: 9 },
    { file: { kind: "checkpoint", index: LogIndex(3) }, position: 1 },
  ])("is asked for: $file.kind", (request) => {
    expect(pieceRequestFromJson(sent(pieceRequestToJson(request)))).toEqual(request);
  });

  it("is given, or is not there", () => {
    const piece = { totalBytes: 12, bytes: Buffer.from([0, 255]) };
    expect(pieceFromJson(sent(pieceToJson(piece)))).toEqual(piece);
    expect(pieceFromJson(sent(pieceToJson(undefined)))).toBeUndefined();
  });

  it("is refused when it does not say what it should", () => {
    const nonsense = [{}, { position: 1 }, { position: 0, file: { kind: "compacted" } }];
    for (const body of nonsense) expect(() => pieceRequestFromJson(body)).toThrow("does not say");
    for (const body of [{}, { has: true }]) expect(() => pieceFromJson(body)).toThrow("say");
  });
});
