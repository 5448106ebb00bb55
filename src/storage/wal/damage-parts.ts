import type { LogListener } from "../types.ts";
import { DamageControl, type DamageControlPorts } from "./damage-control.ts";
import { FaultSet } from "./fault-set.ts";
import { FrameReader } from "./frame-reader.ts";
import { RowPages } from "./row-pages.ts";
import { Scrubber } from "./scrubber.ts";
import { SealedRepair, type SealedRepairPorts } from "./sealed-repair.ts";
import type { Segment } from "./segment-list.ts";
import type { WriteAheadLogPorts } from "./write-ahead-log.ts";

/** What the log itself lends to those that read its disk and mend it. */
type Lent = Pick<
  DamageControlPorts,
  "cache" | "read" | "idAt" | "exclusively" | "repaired" | "failed"
>;

/** The pieces that read the disk, and those that deal with what they meet there. */
export interface DamageParts {
  readonly rows: RowPages;
  readonly faults: FaultSet;
  readonly damage: DamageControl;
  readonly sealedRepair: SealedRepair;
  readonly scrubber: Scrubber;
}

export function damageParts(
  { recovered, fileSystem, disk, pool, listener }: WriteAheadLogPorts,
  lent: Lent,
): DamageParts {
  const { segments, faulty } = recovered;
  const rows = new RowPages({
    pool,
    pathOf: (stem) => disk.indexPath(stem),
    exists: (path) => disk.exists(path),
  });
  const reader = new FrameReader(pool, rows, (stem) => disk.logPath(stem));
  const faults = new FaultSet(faulty);
  const rebuilt: LogListener["segmentRebuilt"] = (...told) => listener.segmentRebuilt(...told);
  const held = (segment: Segment): boolean => segments.holds(segment);
  const sealed: SealedRepairPorts["sealed"] = (stem) => segments.sealed(stem);
  const sealedRepair = new SealedRepair({ fileSystem, disk, rows, held, sealed, rebuilt });
  const damage = new DamageControl({
    faults,
    segments,
    reader,
    rows,
    sealedRepair,
    listener,
    ...lent,
  });
  const scrubber = new Scrubber({ segments, faults, damage, sealedRepair, rows, pool, disk });
  return { rows, faults, damage, sealedRepair, scrubber };
}
