import { AMBUSHES } from "./ambushes.ts";
import { DAMAGE_FAULTS, DISK_FAULTS, FULL_DISK_FAULTS, STUCK_DISK_FAULTS } from "./disk-faults.ts";
import { LATE_SYNC } from "./late-sync.ts";
import { LIFE_FAULTS } from "./life-faults.ts";
import { NETWORK_FAULTS } from "./network-faults.ts";
import { OLD_DENIAL } from "./old-denial.ts";
import { PROCESS_FAULTS } from "./process-faults.ts";
import { FORGETTING_FAULTS } from "./old-backup.ts";
import { SNAPSHOT_AGAIN } from "./snapshot-again.ts";
import { SNAPSHOT_DAMAGE } from "./snapshot-damage.ts";
import type { FaultKind } from "./strike.ts";

const DISKS = [...DISK_FAULTS, ...FULL_DISK_FAULTS, ...STUCK_DISK_FAULTS];
const SAME_DISKS = [...PROCESS_FAULTS, ...AMBUSHES, ...NETWORK_FAULTS, ...DISKS];
const DEFAULT_MIX = [...SAME_DISKS, ...FORGETTING_FAULTS, ...LIFE_FAULTS];

/** Faults by what they are for; `--faults` names one of these, or single kinds. */
export const FAULT_MIXES = {
  /** Everything a node must survive without help. */
  default: DEFAULT_MIX,
  /** As far as every node keeps its disk: then it never goes back on a term or a vote. */
  "same-disks": SAME_DISKS,
  none: [],
  process: [...PROCESS_FAULTS, ...AMBUSHES],
  network: NETWORK_FAULTS,
  disk: [...DISKS, ...PROCESS_FAULTS, ...AMBUSHES],
  "full-disk": FULL_DISK_FAULTS,
  "stuck-disk": STUCK_DISK_FAULTS,
  damage: [...PROCESS_FAULTS, ...DAMAGE_FAULTS, ...SNAPSHOT_DAMAGE],
  /** Where every log lives its life, and nodes come back without theirs. */
  life: [...LIFE_FAULTS, ...PROCESS_FAULTS, ...AMBUSHES, ...NETWORK_FAULTS],
  all: [...DEFAULT_MIX, ...DAMAGE_FAULTS, ...SNAPSHOT_DAMAGE],
  /** As `all`, where nodes keep their cold files compressed. */
  compressed: [...DEFAULT_MIX, ...DAMAGE_FAULTS, ...SNAPSHOT_DAMAGE],
  /** Faults that know what they are after: too rare by chance, and in no other mix. */
  aimed: [LATE_SYNC, OLD_DENIAL, SNAPSHOT_AGAIN],
} as const satisfies Readonly<Record<string, readonly FaultKind[]>>;

/** The mix whose worlds compress. */
export const COMPRESSED_MIX: FaultMix = "compressed";

export type FaultMix = keyof typeof FAULT_MIXES;

/** Every kind of fault there is. */
export const FAULT_KINDS: readonly FaultKind[] = [...FAULT_MIXES.all, ...FAULT_MIXES.aimed];

/**
 * The faults that `text` names: a mix, or kinds separated by commas.
 * @throws Error naming what it does not know.
 */
export function parseFaults(text: string): readonly FaultKind[] {
  if (Object.hasOwn(FAULT_MIXES, text)) return FAULT_MIXES[text as FaultMix];
  return text.split(",").map((name) => {
    const kind = FAULT_KINDS.find((known) => known.name === name.trim());
    if (kind === undefined)
      throw new Error(
        `no fault or mix is called "${name}"; mixes: ${Object.keys(FAULT_MIXES).join(", ")}; ` +
          `kinds: ${FAULT_KINDS.map((known) => known.name).join(", ")}`,
      );
    return kind;
  });
}
