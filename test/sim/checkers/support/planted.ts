import { type BreakableRun, goodRun } from "./good-run.ts";
import { LIFE } from "./planted-life.ts";
import { STABILITY } from "./planted-stability.ts";
import { broken, change, END, type Planted, told } from "./planting.ts";

export type { Planted };

const FIGURE_3: readonly Planted[] = [
  {
    check: "F1",
    story: "two nodes win one term",
    plant: told((story) => story.tell(END, "n3", 2, "election.won")),
    message: "n2 and n3 both win term 2",
  },
  {
    check: "F2",
    story: "a leader deletes the end of its log",
    plant: told((story) => story.tell(END, "n2", 2, "log.truncated", { from: 6 })),
    message: "n2 leads term 2 and deletes entries from 6 on",
  },
  {
    check: "F2",
    story: "a leader overwrites an entry",
    plant: told((story) => story.append(END, "n2", 2, 6)),
    message: "overwrites entries from 6 on",
  },
  {
    check: "F3",
    story: "two logs have an entry of one index and term after different ones",
    plant: told((story) =>
      story
        .tell(END, "n3", 3, "log.truncated", { from: 6 })
        .append(END, "n3", 3, 6)
        .append(END, "n1", 3, 7),
    ),
    message: "term 3 begins at 7 after an entry of term 2 on n1",
  },
  {
    check: "F4",
    story: "a node without a committed entry wins",
    plant: told((story) =>
      story.tell(END, "n1", 2, "log.truncated", { from: 6 }).tell(END, "n1", 3, "election.won"),
    ),
    message: "n1 wins term 3 without entry 6 of term 2",
  },
  {
    check: "F5",
    story: "two nodes apply different entries at one index",
    plant: told((story) =>
      story
        .append(END, "n1", 3, 7)
        .append(END, "n3", 4, 7)
        .tell(END, "n1", 4, "entry.applied", { index: 7, ofTerm: 3 })
        .tell(END, "n3", 4, "entry.applied", { index: 7, ofTerm: 4 }),
    ),
    message: "n3 has applied entry 7 of term 4, and n1 one of term 3",
  },
  {
    check: "F5",
    story: "two nodes' committed logs have different terms at one index",
    plant: broken((run) => change(run.logs[2]?.entries ?? [], 5, { term: 3 })),
    message: "entry 6 is of term 2 on n1 and of term 3 on n3",
  },
];

const LOG: readonly Planted[] = [
  {
    check: "K1",
    story: "an acknowledged record is gone from every log",
    plant: broken((run) => {
      for (const log of run.logs) log.entries.pop();
    }),
    message: "e was acknowledged at 4, where nothing is",
  },
  {
    check: "K2",
    story: "a record lies in the log that nobody appended",
    plant: broken((run) => {
      const ghost = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["ghost"] };
      for (const log of run.logs) log.entries.push(ghost);
    }),
    message: "ghost lies at 5 and nobody appended it",
  },
  {
    check: "K2",
    story: "a record is read before it is appended",
    plant: broken((run) => change(run.reads, 4, { client: "c4", invokedMs: 150, settledMs: 160 })),
    message: "a was read before it was appended",
  },
  {
    check: "K3",
    story: "a refused record lies in the log",
    plant: broken((run) => {
      const refused = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["f"] };
      for (const log of run.logs) log.entries.push(refused);
      change(run.appends, 4, { sequence: 3 });
    }),
    message: "f was told to have failed and lies at 5",
  },
  {
    check: "K4",
    story: "a record that was sent twice lies twice",
    plant: broken((run) => {
      const again = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["a"] };
      for (const log of run.logs) log.entries.push(again);
    }),
    message: "a lies at 0 and again at 5",
  },
  {
    check: "K5",
    story: "a session's batch overtakes an earlier one of the same session",
    plant: broken((run) => change(run.appends, 5, { sequence: 0, client: "c1" })),
    message: "c1: number 0 (e) lies after number 1 (b)",
  },
  {
    check: "K5",
    story: "half a batch of unknown outcome is written",
    plant: broken((run) => {
      change(run.appends, 2, { values: ["x", "y"] });
      const half = { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["x"] };
      for (const log of run.logs) log.entries.push(half);
    }),
    message: "x at 5 does not lie with the rest of its batch",
  },
  {
    check: "K6",
    story: "an append gets a place before one that was answered earlier",
    plant: broken((run) => {
      run.appends.push({
        ...{ client: "c9", values: ["g"], invokedMs: 4600, settledMs: 4610, offset: 4 },
        outcome: "acknowledged",
      });
      change(run.appends, 5, { offset: 5 });
      const both = [
        { index: 6, term: 2, chain: 602, baseOffset: 4, values: ["g"] },
        { index: 7, term: 2, chain: 702, baseOffset: 5, values: ["e"] },
      ];
      for (const log of run.logs) log.entries.splice(5, 1, ...both);
    }),
    message: "the append of e was answered at 4510 ms and has the later place",
  },
  {
    check: "K6",
    story: "a linearizable read does not see what was acknowledged before it began",
    plant: broken((run) =>
      run.reads.push({
        ...{ client: "c4", nodeId: "n1", consistency: "linearizable", from: 0 },
        ...{ invokedMs: 1000, settledMs: 1010 },
        answer: { values: ["a"], highWatermark: 1, logStartOffset: 0 },
      }),
    ),
    message: "c4's read of n1 up to 1, which began at 1000 ms",
  },
  {
    check: "K7",
    story: "two nodes have different records at one offset",
    plant: broken((run) => change(run.logs[2]?.entries ?? [], 5, { values: ["E"] })),
    message: "n3 has E at 4, where n1 has e",
  },
  {
    check: "K8",
    story: "a node's log skips an entry",
    plant: broken((run) => run.logs[1]?.entries.splice(4, 1)),
    message: "n2: index 6 after 4",
  },
  {
    check: "K8",
    story: "a log begins after the end of its snapshot",
    plant: broken((run) => run.logs[1]?.entries.splice(0, 3)),
    message: "n2 begins at 3; its snapshot ends before 0",
  },
  {
    check: "K8",
    story: "a read skips a record",
    plant: broken((run) => change(run.reads, 4, { answer: withOffsets(run, [0, 1, 3]) })),
    message: "a read from 0 was given 3 where 2 comes",
  },
];

function withOffsets(run: BreakableRun, offsets: readonly number[]) {
  const answer = run.reads[4]?.answer;
  const values = offsets.map((offset) => ["a", "b", "c", "d"][offset] ?? "");
  return answer === undefined ? undefined : { ...answer, offsets, values, highWatermark: 4 };
}

const READS: readonly Planted[] = [
  {
    check: "K9",
    story: "a read returned what was never committed",
    plant: broken((run) =>
      run.reads.push({
        ...{ client: "c4", nodeId: "n1", consistency: "local", from: 4 },
        ...{ invokedMs: 1000, settledMs: 1010 },
        answer: { values: ["x"], highWatermark: 5, logStartOffset: 0 },
      }),
    ),
    message: "x was read at 4, where e lies now",
  },
  {
    check: "K9",
    story: "a read shows a half of a batch",
    plant: broken((run) =>
      run.reads.push({
        ...{ client: "c4", nodeId: "n1", consistency: "local", from: 1 },
        ...{ invokedMs: 1000, settledMs: 1010 },
        answer: { values: ["b"], highWatermark: 2, logStartOffset: 0 },
      }),
    ),
    message: "a read was told of 2 records, a part of a batch",
  },
  {
    check: "K10",
    story: "a node forgets what it had served to the same client",
    plant: broken((run) => {
      const [less, more] = [run.reads[2]?.answer, run.reads[4]?.answer];
      change(run.reads, 2, { answer: more });
      change(run.reads, 4, { answer: less });
    }),
    message: "c3 was told of high watermark 1 by n3 after 3 by n3",
  },
  {
    check: "K11",
    story: "a read that asks for its session misses its client's own append",
    plant: broken((run) =>
      run.reads.push({
        ...{ client: "c2", nodeId: "n1", consistency: "local", from: 0, session: true },
        ...{ invokedMs: 4600, settledMs: 4610 },
        answer: { values: ["a"], highWatermark: 4, logStartOffset: 0 },
      }),
    ),
    message: "c2 was told of 4 records by n1, having been acknowledged e at 4",
  },
];

const CLUSTER: readonly Planted[] = [
  {
    check: "K12",
    story: "a sealed segment differs",
    plant: broken((run) => change(run.sealed, 1, { sha256: "0f" })),
    message: "sealed 0.log differs between n1 and n2",
  },
  {
    check: "K13",
    story: "one entry has two chains in two logs",
    plant: broken((run) => change(run.logs[1]?.entries ?? [], 2, { chain: 9 })),
    message: "entry 3 has chain 301 on n1 and 9 on n2",
  },
  {
    check: "K13",
    story: "one entry is written with two chains",
    plant: told((story) => {
      story.tell(END, "n1", 2, "entry.appended", { first: 7, last: 7, ofTerm: 2, chain: 702 });
      return story.tell(END, "n3", 2, "entry.appended", { first: 7, last: 7, ofTerm: 2, chain: 1 });
    }),
    message: "entry 7 of term 2 was written with chain 702 by n1 and 1 by n3",
  },
  {
    check: "K14",
    story: "two nodes follow two leaders in one term",
    plant: told((story) => story.tell(END, "n3", 2, "leader.followed", { leaderId: "n1" })),
    message: "n3 says that n1 leads term 2; n2 says n2",
  },
  {
    check: "K14",
    story: "a term goes back within a process's life",
    plant: told((story) => story.tell(END, "n3", 1, "stream.opened", { peer: "n1" })),
    message: "n3: its term goes back from 2 to 1",
  },
  {
    check: "K14",
    story: "a commit index goes back within a process's life",
    plant: told((story) => story.tell(END, "n3", 2, "entry.committed", { index: 5, ofTerm: 2 })),
    message: "n3: its commit index goes back from 6 to 5",
  },
  {
    check: "K15",
    story: "an append is acknowledged with the leader's disk alone",
    plant: told((story) =>
      story
        .append(END, "n2", 2, 7)
        .append(END, "n3", 2, 7)
        .sync(END, "n2", 2, 7)
        .tell(END, "n2", 2, "append.acknowledged", { upTo: 7, ofTerm: 2 }),
    ),
    message: "n2 acknowledges up to entry 7 of term 2, which is synced on n2 only",
  },
  {
    check: "K16",
    story: "the faults are over and nobody leads",
    plant: () => ({
      ...goodRun(),
      recovery: {
        ...{ healedMs: 6000, limitMs: 1000, leaderMs: undefined, states: "n1: candidate" },
        ...{ acknowledgedMs: 6110, equalMs: 6120 },
      },
    }),
    message: "no node leads within 300 ms after the faults, nor in the whole run (n1: candidate)",
  },
  {
    check: "K16",
    story: "a compacted file stays damaged although another node has it",
    plant: () => ({
      ...goodRun(),
      recovery: {
        ...{ healedMs: 6000, limitMs: 1000, leaderMs: 6100, acknowledgedMs: 6110, equalMs: 6120 },
        unmended: ["n1: 00000000000000000000-27.compacted"],
      },
    }),
    message:
      "n1: 00000000000000000000-27.compacted is damaged still, and another node could mend it",
  },
  {
    check: "K17",
    story: "nothing was ever undecided",
    plant: broken((run) => change(run.appends, 2, { outcome: "failed" })),
    message: "0 appends of unknown outcome; at least 1",
  },
  {
    check: "K18",
    story: "a leader takes more than its cap",
    plant: () => ({
      ...goodRun(),
      bounds: {
        limits: { uncommittedBytes: 1000 },
        samples: [{ nodeId: "n1", timeMs: 500, held: { uncommittedBytes: 1001 } }],
      },
    }),
    message: "n1 has 1001 uncommittedBytes; its limit is 1000",
  },
  {
    check: "K18",
    story: "a process ends for a reason that nobody gave it",
    plant: told((story) =>
      story.tell(END, "n3", 2, "node.halted", { kind: "io", reason: "disk failed" }),
    ),
    message: "n3 has halted (io): disk failed",
  },
  {
    check: "K18",
    story: "a crash leaves an entry that is taken for damaged",
    plant: told((story) => story.tell(END, "n3", 2, "entry.damaged", { index: 2 })),
    message: "n3 finds entry 2 damaged, and nothing has harmed its disk",
  },
];

export const PLANTED: readonly Planted[] = [
  ...FIGURE_3,
  ...LOG,
  ...READS,
  ...CLUSTER,
  ...STABILITY,
  ...LIFE,
];
