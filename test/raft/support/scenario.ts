import { Term } from "../../../src/common/brand.ts";
import type { NodeId } from "../../../src/common/brand.ts";
import type { Effect, RaftConfig, RaftEvent } from "../../../src/raft/index.ts";
import {
  tellEffect,
  tellEvent,
  tellFollowers,
  tellLog,
  tellMessage,
  tellStatus,
} from "./narrate.ts";
import { ENTRY_BYTES } from "./raft-config.ts";
import { TestCluster, type TestClusterOptions } from "./test-cluster.ts";
import type { Packet, TestNode } from "./test-node.ts";

/** Events that are worth a line only if something follows from them. */
const SILENT: ReadonlySet<RaftEvent["type"]> = new Set(["sent", "applied", "timedOut"]);

type Command = (words: readonly string[]) => void;

/**
 * The verbs of `scenarios/*.txt`, each a few words on one line; `scenarios/README.md` lists them.
 * A step prints the event, then what follows from it, indented.
 */
export class Scenario {
  readonly #core: Pick<TestClusterOptions, "RaftClass" | "checked">;
  #cluster = new TestCluster([]);
  #lines: string[] = [];
  #quiet = false;
  #values = 0;

  readonly #verbs: Readonly<Record<string, Command>> = {
    cluster: (words) => this.#build(words),
    log: ([id = "", ...terms]) => this.#setLog(id, terms),
    vote: ([id = "", term = "", votedFor]) => this.#setVote(id, term, votedFor),
    start: (ids) => this.#each(ids, (id) => this.#cluster.start(id)),
    wake: ([id = ""]) => this.#wake(id),
    wait: ([ms = "0"]) => void (this.#cluster.nowMs += Number(ms)),
    run: ([ms = "0"]) => this.#cluster.run(Number(ms)),
    until: ([id = ""]) => this.#until(id),
    settle: (ids) => this.#settle(ids),
    deliver: (links) => this.#deliver(links),
    "deliver-one": (links) => this.#deliver(links, 1),
    drop: (links) => this.#drop(links),
    repeat: (links) => this.#repeat(links),
    sync: (ids) => this.#each(ids, (id) => this.#sync(id)),
    "sync-log": (ids) => this.#each(ids, (id) => this.#cluster.node(id).syncLog()),
    "sync-vote": (ids) => this.#each(ids, (id) => this.#cluster.node(id).syncHardState()),
    apply: (ids) => this.#each(ids, (id) => this.#cluster.node(id).apply()),
    propose: ([id = "", count = "1"]) => this.#propose(id, Number(count)),
    read: ([id = "", request = "0"]) =>
      this.#cluster.node(id).step({ type: "readRequested", requestId: Number(request) }),
    crash: (ids) => this.#each(ids, (id) => this.#cluster.crash(id)),
    wipe: (ids) => this.#each(ids, (id) => this.#cluster.wipe(id)),
    rot: ([id = "", index = "0"]) => this.#cluster.rot(id, Number(index)),
    ask: ([id = "", ...peers]) =>
      this.#cluster.fetches.ask(id, peers.length === 0 ? this.#cluster.ids : peers),
    answer: () => this.#answer(),
    trim: ([id = "", index = "0"]) => this.#trim(id, Number(index)),
    sent: (ids) => this.#each(ids, (id) => this.#cluster.node(id).answerTransfer()),
    "not-sent": (ids) => this.#each(ids, (id) => this.#cluster.node(id).answerTransfer(false)),
    forget: ([id = "", lastIndex = "0"]) => this.#forget(id, Number(lastIndex)),
    hang: (ids) => this.#each(ids, (id) => void (this.#cluster.disk(id).hangs = true)),
    unhang: (ids) => this.#each(ids, (id) => void (this.#cluster.disk(id).hangs = false)),
    "disk-low": (ids) => this.#each(ids, (id) => this.#diskSpace(id, true)),
    "disk-roomy": (ids) => this.#each(ids, (id) => this.#diskSpace(id, false)),
    close: ([id = "", peer = ""]) => this.#cluster.closeStream(id, peer),
    cut: (links) => this.#links(links, (from, to) => this.#cluster.cut(from, to)),
    isolate: (ids) => this.#each(ids, (id) => this.#isolate(id)),
    heal: () => this.#cluster.heal(),
    status: () => this.#status(),
    followers: ([id = ""]) => this.#lines.push(...tellFollowers(this.#cluster.node(id).status)),
    packets: () => this.#packets(),
  };

  /** With a planted core, or the real one. */
  constructor(core: Pick<TestClusterOptions, "RaftClass" | "checked"> = {}) {
    this.#core = core;
  }

  /** Runs one command; `quiet` in front of it hides all output. */
  readonly interpret = (command: string): readonly string[] => {
    const [first = "", ...rest] = command.trim().split(/\s+/);
    this.#quiet = first === "quiet";
    const [verb = "", ...words] = this.#quiet ? rest : [first, ...rest];
    const run = this.#verbs[verb];
    if (run === undefined) throw new Error(`no such command: ${command}`);
    this.#lines = [];
    run(words);
    return this.#quiet ? [] : this.#lines;
  };

  /** `cluster n1 n2 n3 maxUncommittedEntries=5 …`: entries stand for bytes in limits. */
  #build(words: readonly string[]): void {
    const ids = words.filter((word) => !word.includes("="));
    const limits = new Map(
      words.filter((word) => word.includes("=")).map((word) => word.split("=") as [string, string]),
    );
    const config: Partial<Record<keyof RaftConfig, unknown>> = {};
    for (const [name, value] of limits) {
      if (name === "mayVote") config.mayVote = value === "true";
      else if (name.endsWith("Entries"))
        config[`${name.slice(0, -"Entries".length)}Bytes` as keyof RaftConfig] =
          Number(value) * ENTRY_BYTES;
      else config[name as keyof RaftConfig] = Number(value);
    }
    this.#cluster = new TestCluster(ids, {
      ...this.#core,
      config: config as Partial<RaftConfig>,
      onStep: (node, event, effects) => this.#tell(node, event, effects),
    });
  }

  #tell(node: TestNode, event: RaftEvent, effects: readonly Effect[]): void {
    const told = effects.map(tellEffect).filter((line) => line !== undefined);
    if (told.length === 0 && SILENT.has(event.type)) return;
    this.#lines.push(`${node.nodeId} ${tellEvent(event)}`, ...told.map((line) => `    ${line}`));
  }

  #setLog(id: NodeId, terms: readonly string[]): void {
    const disk = this.#cluster.disk(id);
    disk.entries = terms.map((term, at) => ({
      term: Term(Number(term)),
      value: `${term}/${at + 1}`,
    }));
    disk.synced = [...disk.entries];
    const currentTerm = Term(Math.max(disk.hardState.currentTerm, ...terms.map(Number)));
    disk.hardState = { ...disk.hardState, currentTerm };
  }

  #setVote(id: NodeId, term: string, votedFor: string | undefined): void {
    this.#cluster.disk(id).hardState = { currentTerm: Term(Number(term)), votedFor };
  }

  #each(ids: readonly NodeId[], run: (id: NodeId) => unknown): void {
    for (const id of ids.length === 0 ? this.#cluster.ids : ids) run(id);
  }

  /** Jumps to the node's deadline, and on to the next where nothing was due any more. */
  #wake(id: NodeId): void {
    const node = this.#cluster.node(id);
    for (let tries = 0, before = this.#lines.length; tries < 5; tries++) {
      this.#cluster.nowMs = Math.max(this.#cluster.nowMs, node.deadlineMs);
      node.step({ type: "timedOut" });
      if (this.#lines.length > before) return;
    }
  }

  /** Lets everything happen up to the moment before the node wakes. */
  #until(id: NodeId): void {
    const { nowMs } = this.#cluster;
    this.#cluster.run(this.#cluster.node(id).deadlineMs - nowMs - 1);
  }

  /** Disks sync and packets arrive among `ids`; packets for others stay on their way. */
  #settle(ids: readonly NodeId[]): void {
    if (ids.length === 0) return this.#cluster.settle();
    const cluster = this.#cluster;
    for (let quiet = false; !quiet; ) {
      quiet = true;
      for (const id of ids) if (this.#sync(id)) quiet = false;
      const at = cluster.packets.findIndex(
        ({ from, to }) => ids.includes(from) && ids.includes(to),
      );
      if (at < 0) continue;
      cluster.deliver(at);
      quiet = false;
    }
  }

  #sync(id: NodeId): boolean {
    const node = this.#cluster.node(id);
    let any = false;
    while (node.settle()) any = true;
    return any;
  }

  /** `n1>n2`, `n1>` or `>n2`; nothing named means every link. */
  #matching(links: readonly string[]): readonly Packet[] {
    return this.#cluster.packets.filter(
      ({ from, to }) =>
        links.length === 0 ||
        links.some((link) => {
          const [source = "", target = ""] = link.split(">");
          return (source === "" || source === from) && (target === "" || target === to);
        }),
    );
  }

  #deliver(links: readonly string[], limit?: number): void {
    for (const packet of this.#matching(links).slice(0, limit))
      this.#cluster.deliver(this.#cluster.packets.indexOf(packet));
    for (const node of this.#cluster.nodes.values()) while (node.answerSent());
  }

  #drop(links: readonly string[]): void {
    const lost = new Set(this.#matching(links));
    this.#cluster.packets = this.#cluster.packets.filter((packet) => !lost.has(packet));
  }

  #repeat(links: readonly string[]): void {
    this.#cluster.packets.push(...this.#matching(links));
  }

  #links(links: readonly string[], run: (from: NodeId, to: NodeId) => void): void {
    for (const link of links) {
      const [from = "", to = ""] = link.split(">");
      run(from, to);
    }
  }

  #isolate(id: NodeId): void {
    for (const other of this.#cluster.ids) {
      this.#cluster.cut(id, other);
      this.#cluster.cut(other, id);
    }
  }

  #answer(): void {
    while (this.#cluster.fetches.answer());
  }

  #forget(id: NodeId, lastIndex: number): void {
    this.#cluster.crash(id);
    this.#cluster.disk(id).forget(lastIndex);
  }

  /** What is down begins there when it starts. */
  #trim(id: NodeId, index: number): void {
    const node = this.#cluster.nodes.get(id);
    if (node === undefined) this.#cluster.disk(id).truncatePrefix(index);
    else node.truncatePrefix(index);
  }

  #diskSpace(id: NodeId, low: boolean): void {
    this.#cluster.node(id).step({ type: "diskSpaceChanged", low });
  }

  #propose(id: NodeId, count: number): void {
    this.#cluster.node(id).propose(Array.from({ length: count }, () => `v${++this.#values}`));
  }

  #status(): void {
    for (const id of this.#cluster.ids) {
      const terms = this.#cluster.disk(id).entries.map(({ term }) => term);
      const node = this.#cluster.nodes.get(id);
      if (node === undefined)
        this.#lines.push(`${id} down, ${tellLog(this.#cluster.disk(id).prev, terms)}`);
      else this.#lines.push(tellStatus(node.status, terms));
    }
  }

  #packets(): void {
    for (const { from, to, message } of this.#cluster.packets)
      this.#lines.push(`${from} > ${to} ${tellMessage(message)}`);
  }
}
