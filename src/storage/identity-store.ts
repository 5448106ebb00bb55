import { FatalError } from "../common/fatal-error.ts";
import { Sequencer } from "../common/sequencer.ts";
import type { FileSystem } from "./file-system.ts";
import { IDENTITY_FORMAT } from "./identity-format.ts";
import { PairedRecord, type RecordPair, winnerOf } from "./paired-record.ts";
import type { Identity, IdentityStore } from "./types.ts";

export interface IdentityOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly pair: RecordPair<Identity>;
  /** What a directory that is still empty becomes; absent where it is not empty. */
  readonly fresh: Identity | undefined;
  /** What was found, one sentence each, is added here. */
  readonly notes: string[];
}

/** Who this disk is, in `identity.0` and `identity.1`. */
export class DurableIdentity implements IdentityStore {
  readonly #record: PairedRecord<Identity>;
  readonly #saves = new Sequencer();

  private constructor(record: PairedRecord<Identity>) {
    this.#record = record;
  }

  /** @throws FatalError("corruption") when neither file of a used directory is valid. */
  static async open(options: IdentityOptions): Promise<DurableIdentity> {
    const { fileSystem, directory, pair, fresh, notes } = options;
    const winner = winnerOf(pair);
    if (winner !== undefined) {
      notes.push(...describe(pair));
      const opened = PairedRecord.open(fileSystem, directory, IDENTITY_FORMAT, pair, winner);
      return new DurableIdentity(await opened);
    }
    if (fresh === undefined) throw lost(directory, pair);
    if (pair.files.some((file) => file.kind !== "absent"))
      notes.push(`a first start in ${directory} was cut short; it is begun again`);
    const created = PairedRecord.create(fileSystem, directory, IDENTITY_FORMAT, pair, fresh);
    return new DurableIdentity(await created);
  }

  get current(): Identity {
    return this.#record.value;
  }

  save(next: Identity): Promise<void> {
    return this.#saves.run(() => this.#record.write(next));
  }

  /** Waits for the saves under way. */
  async close(): Promise<void> {
    await this.#saves.run(() => this.#record.close());
  }
}

function lost(directory: string, { paths, files }: RecordPair<Identity>): FatalError {
  const [first, second] = files.map((file) =>
    file.kind === "damaged" ? `damaged at byte ${file.byte} (${file.reason})` : file.kind,
  );
  return new FatalError(
    "corruption",
    `nobody knows whose disk ${directory} is: ${paths[0]} is ${first}, ${paths[1]} is ${second}; ` +
      `put one of them back from a copy, or move the directory away and let the node join anew`,
  );
}

function describe({ paths, files }: RecordPair<Identity>): readonly string[] {
  return files.flatMap((file, i) => {
    if (file.kind === "damaged")
      return [`${paths[i]} was damaged at byte ${file.byte} (${file.reason}); healed`];
    return file.kind === "absent" ? [`${paths[i]} was absent; written again`] : [];
  });
}
