import { mkdtemp, rm } from "node:fs/promises";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LogIndex, type Offset, Term } from "../src/common/brand.ts";
import { seededRandom } from "../src/common/random.ts";
import {
  emptyTail,
  type LogListener,
  openDataDirectory,
  parseFrames,
  type StampInput,
  stampFrames,
} from "../src/storage/index.ts";
import { nodeFileSystem } from "../src/storage/node-file-system.ts";

/**
 * The log alone on a real disk, beside a bare file that is written and synced in the same groups.
 * usage: node scripts/bench-storage.ts [SECONDS]
 */
const SECONDS = Number(process.argv[2] ?? 3);
const SETTINGS = { segmentBytes: 64 << 20, segmentMs: undefined };

interface Case {
  readonly name: string;
  readonly inFlight: number;
  readonly bytes: number;
  readonly records: number;
}

const SMALL: Case = { name: "1 x 100 B", inFlight: 1, bytes: 110, records: 1 };
const CASES: readonly Case[] = [
  SMALL,
  { name: "64 x 100 B", inFlight: 64, bytes: 110, records: 1 },
  { name: "1024 x 100 B", inFlight: 1024, bytes: 110, records: 1 },
  { name: "16 x 100 KB", inFlight: 16, bytes: 105_000, records: 1000 },
];

async function inTemporary<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(path.join(tmpdir(), "bench-storage-"));
  try {
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function inputOf({ bytes, records }: Case): StampInput {
  const payload = Buffer.alloc(bytes, 7);
  return { type: "data", payload, recordCount: records, producer: undefined };
}

/** Entries per second of the log: stamped, written, synced, rowed, told; then read back. */
function runLog(one: Case, directory: string): Promise<string> {
  const input = inputOf(one);
  return new Promise((resolve, reject) => {
    void (async () => {
      let done = 0;
      let waiting = one.inFlight;
      const started = performance.now();
      const cpu = process.cpuUsage();
      const listener: LogListener = {
        persisted: ({ index }) => {
          log.committed(index);
          const n = index - done;
          done = index;
          if (performance.now() - started < SECONDS * 1000) {
            waiting += n;
            if (waiting === n) setImmediate(feed);
            return;
          }
          if (done < log.tail.last.index) return;
          const seconds = (performance.now() - started) / 1000;
          const used = process.cpuUsage(cpu);
          const busy = (used.user + used.system) / 1e6 / seconds;
          void readBack()
            .then(async (read) => {
              await data.close();
              resolve(`${report(one, done, seconds)}  cpu ${busy.toFixed(2)}  ${read}`);
            })
            .catch(reject);
        },
        failed: reject,
        segmentRolled: () => undefined,
        segmentSealed: () => undefined,
        damaged: () => undefined,
        segmentRebuilt: () => undefined,
      };
      const data = await openDataDirectory(nodeFileSystem, path.join(directory, "data"), {
        nodeId: "n1",
        random: seededRandom(1),
      });
      const { identity } = data;
      const cluster = { clusterId: "c", voters: [], formed: true };
      await identity.save({ ...identity.current, cluster });
      const log = await data.openLog(listener);
      const feed = (): void => {
        const inputs = Array.from({ length: waiting }, () => input);
        waiting = 0;
        log.append(stampFrames(log.tail, SETTINGS, Term(1), Date.now(), inputs));
      };
      const readBack = async (): Promise<string> => {
        const begun = performance.now();
        let bytes = 0;
        for (let next = 1; next <= done; ) {
          const run = await log.read(LogIndex(next), 1 << 20, LogIndex(done));
          bytes += run.byteLength;
          next = run.last.index + 1;
        }
        const seconds = (performance.now() - begun) / 1000;
        await log.locate((log.tail.nextOffset - 1) as Offset);
        return `read ${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
      };
      feed();
    })().catch(reject);
  });
}

/** The same number in flight, one file, one sync a group, nothing decided. */
function runBare(one: Case, directory: string): Promise<string> {
  const frame = Buffer.alloc(48 + one.bytes, 7);
  const fd = fs.openSync(path.join(directory, "bare"), "w");
  return new Promise((resolve, reject) => {
    let position = 0;
    let done = 0;
    const started = performance.now();
    const flush = (): void => {
      const group = Array.from({ length: one.inFlight }, () => frame);
      for (let at = 0; at < group.length; at += 1000) {
        fs.writevSync(fd, group.slice(at, at + 1000), position);
        position += Math.min(1000, group.length - at) * frame.length;
      }
      fs.fdatasync(fd, (error) => {
        if (error !== null) return reject(error);
        done += group.length;
        const seconds = (performance.now() - started) / 1000;
        if (seconds < SECONDS) return setImmediate(flush);
        fs.closeSync(fd);
        resolve(report(one, done, seconds));
      });
    };
    flush();
  });
}

function report({ bytes }: Case, entries: number, seconds: number): string {
  const perSecond = entries / seconds;
  const megabytes = (perSecond * bytes) / 1e6;
  return `${perSecond.toFixed(0).padStart(8)} entries/s ${megabytes.toFixed(1).padStart(6)} MB/s`;
}

async function main(): Promise<void> {
  for (const one of CASES) {
    console.log(`${one.name.padEnd(14)} bare ${await inTemporary((d) => runBare(one, d))}`);
    console.log(`${one.name.padEnd(14)} log  ${await inTemporary((d) => runLog(one, d))}`);
  }
  const stamps = stampFrames(
    emptyTail(1),
    SETTINGS,
    Term(1),
    1,
    Array.from({ length: 5000 }, () => inputOf(SMALL)),
  );
  const bytes = Buffer.concat(stamps.map((frame) => frame.bytes));
  const begun = performance.now();
  for (let i = 0; i < 40; i++) parseFrames([bytes], 1);
  const perSecond = (40 * 5000) / ((performance.now() - begun) / 1000);
  console.log(`parse ${perSecond.toFixed(0)} frames/s`);
}

await main();
