import type { LogIndex } from "../../../../src/common/brand.ts";
import type { Frame } from "../../../../src/common/frame.ts";

/** What a log must hold, as a plain array. */
export class LogModel {
  frames: Frame[] = [];

  append(frames: readonly Frame[]): void {
    this.frames.push(...frames);
  }

  truncate(from: LogIndex): void {
    this.frames = this.frames.filter(({ header }) => header.index < from);
  }

  get lastIndex(): number {
    return this.frames.length;
  }

  get nextOffset(): number {
    const last = this.frames.at(-1)?.header;
    return last === undefined ? 0 : last.baseOffset + last.recordCount;
  }

  holding(offset: number): Frame | undefined {
    return this.frames.find(
      ({ header }) =>
        header.baseOffset <= offset && offset < header.baseOffset + header.recordCount,
    );
  }
}
