import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { MAX_UNCOMMITTED_BYTES } from "../common/limits.ts";
import { Raft } from "../raft/index.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import { DEFAULT_SPACE_MARKS } from "../storage/index.ts";
import type { CompactedPrefix } from "../storage/compaction/types.ts";
import type { Checkpoint } from "../storage/snapshots/types.ts";
import type { LogStore } from "../storage/types.ts";
import type { FetchAnswer, FetchRequest, PeerMessage } from "../transport/types.ts";
import { AppendGate } from "./append-gate.ts";
import { AppendQueue } from "./append-queue.ts";
import { Applier } from "./applier.ts";
import { CoreLoop } from "./core-loop.ts";
import { Deadline } from "./deadline.ts";
import { EffectRunner } from "./effect-runner.ts";
import { receiveFrames } from "./frame-receiver.ts";
import { LeaderView } from "./leader-view.ts";
import type { Compressor } from "./lifecycle/compressor.ts";
import { ClockWatch } from "./lifecycle/clock-watch.ts";
import { LogLife } from "./lifecycle/log-life.ts";
import type { RestoredState } from "./lifecycle/restored-state.ts";
import { MAX_HELD_BACK_SEGMENTS } from "./lifecycle/retention.ts";
import { logListener, tellDamaged } from "./log-listener.ts";
import { LogReader } from "./log-reader.ts";
import { Mending } from "./mending/mending.ts";
import type { MemberView } from "./member-metrics.ts";
import type { MemberParts } from "./member-parts.ts";
import type { NodeStatus } from "./node-api.ts";
import type { NodeOptions, NodePorts } from "./node-options.ts";
import { raftConfig } from "./raft-config.ts";
import { RecordSource } from "./record-source.ts";
import { recoverLog } from "./recovered-log.ts";
import { Repairer } from "./repairer.ts";
import { ReadGate } from "./read-gate.ts";
import { termRunsText } from "./term-runs-text.ts";
import { Scrubber } from "./scrubber.ts";
import { logReplaced, prefixReplaced } from "./snapshots/made-of-entries.ts";
import { SnapshotExchange } from "./snapshots/snapshot-exchange.ts";
import { TransferPins } from "./snapshots/transfer-pins.ts";
import { SpacePatrol } from "./space-patrol.ts";

/** What a member needs while its pieces are being put together. */
interface Wiring {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly parts: MemberParts;
  readonly log: LogStore;
  readonly compacted: CompactedPrefix;
  readonly compressor: Compressor | undefined;
  readonly restored: RestoredState;
  readonly state: LogState;
  readonly loop: CoreLoop;
  readonly leader: LeaderView;
}

/** A node that knows its cluster and its log: the core, the log and all that goes between them. */
export class Member {
  readonly log: LogStore;
  readonly appends: AppendGate;
  readonly reader: LogReader;
  readonly life: LogLife;
  readonly snapshots: SnapshotExchange;
  readonly mending: Mending;
  readonly #wiring: Wiring;
  readonly #applier: Applier;
  readonly #reads: ReadGate;
  readonly #deadline: Deadline;
  readonly #repairer: Repairer;
  readonly #scrubber: Scrubber | undefined;
  readonly #patrol: SpacePatrol;
  #started = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #queue = new AppendQueue(MAX_UNCOMMITTED_BYTES);
  /** Told last. */
  #settings: LogSettings | undefined;

  private constructor(wiring: Wiring) {
    this.#wiring = wiring;
    const { options, ports, parts, log, state, loop, leader } = wiring;
    const { scheduler, clock } = ports;
    this.log = log;
    this.#reads = new ReadGate(
      (requestId) => loop.post({ type: "readRequested", requestId }),
      (run) => scheduler.defer(run),
    );
    this.#reads.applied(state.appliedIndex);
    const source = new RecordSource(log, wiring.compacted);
    this.reader = new LogReader({ log, source, state, scheduler, reads: this.#reads, leader });
    this.appends = new AppendGate({
      ...{ loop, log, state, leader, scheduler },
      appends: this.#queue,
      ...{ tracer: parts.tracer, metrics: parts.proposals },
      settings: options.settings,
      opened: parts.changed,
    });
    this.#deadline = new Deadline(clock, scheduler, () => loop.post({ type: "timedOut" }));
    this.#applier = new Applier(
      log,
      state,
      (index, term) => this.#applied(index, term),
      parts.fail,
      (index, image) => this.life.captured(index, image),
    );
    // By what holds for the log, which another node may have been told.
    const segmentBytes = () => (state.settings ?? options.settings).segmentBytes;
    const pins = new TransferPins(() => MAX_HELD_BACK_SEGMENTS * segmentBytes());
    this.snapshots = this.#makeExchange(pins);
    this.life = this.#makeLife(pins);
    const { tracer, directory, fail } = parts;
    this.mending = new Mending({
      ...{ options, ports, directory, log, compacted: wiring.compacted, state, tracer, fail },
      mended: () => this.life.mended(),
    });
    this.#repairer = this.#makeRepairer();
    const { scrubBytesPerSecond: bytesPerSecond } = options;
    if (bytesPerSecond !== undefined)
      this.#scrubber = new Scrubber({
        ...{ log, compacted: wiring.compacted, scheduler, bytesPerSecond },
        ...{ tracer: parts.tracer, fail: parts.fail },
      });
    this.#patrol = new SpacePatrol({
      ...{ loop, scheduler, space: parts.directory.space },
      lowBytes: (options.space ?? DEFAULT_SPACE_MARKS).lowBytes,
      ...{ tracer: parts.tracer, fail: parts.fail },
    });
    loop.attach(this.#effectRunner().run);
  }

  /** Recovers the log and puts the pieces together; nothing is sent before `start`. */
  static async open(options: NodeOptions, ports: NodePorts, parts: MemberParts): Promise<Member> {
    // The log may speak before those whom it speaks to are there.
    const late: { loop?: CoreLoop; member?: Member } = {};
    const { directory, gate, tracer, fail } = parts;
    const listener = logListener({
      ...{ tracer, failed: fail },
      loop: () => late.loop,
      damaged: () => late.member?.damaged(),
      sealed: (segment) => late.member?.life.segmentSealed(segment),
    });
    const recovered = await recoverLog(options, ports, directory, listener, tracer, () =>
      late.member?.mending.look(),
    );
    const { log, restored, notes } = recovered;
    tellDamaged(tracer, log.faulty);
    const mayVote = directory.hardState.trusted && gate.ownDiskIsVoter;
    const raft = new Raft(raftConfig(options, mayVote), ports.random);
    const loop = new CoreLoop(raft, ports, fail);
    late.loop = loop;
    const leader = new LeaderView(options.voters, options.clientAddresses);
    const { state } = restored;
    const member = new Member({ ...{ options, ports, parts, state, loop, leader }, ...recovered });
    late.member = member;
    member.#applier.booted(restored.controls);
    for (const note of notes) tracer.tell("log.opened", { note });
    const terms = tracer.detailed ? { terms: termRunsText(log.terms()) } : {};
    const { index: checkpoint } = restored.committed ?? {};
    const { index: lastIndex } = log.tail.last;
    tracer.tell("log.opened", { lastIndex, mayVote, checkpoint, ...terms });
    return member;
  }

  start(): void {
    const { loop, log, parts, restored } = this.#wiring;
    const { currentTerm, votedFor } = parts.directory.hardState.current;
    const lastTerm = log.tail.last.term;
    // A term can be in the log before it is in the hard state: no vote of that term left this node.
    const hardState =
      currentTerm >= lastTerm
        ? { currentTerm, votedFor }
        : { currentTerm: lastTerm, votedFor: undefined };
    const firstFaulty = log.faulty[0]?.index;
    this.#started = true;
    const committed = restored.committed?.index;
    loop.post({ type: "started", hardState, log: log.terms(), firstFaulty, committed });
    this.snapshots.start();
    this.life.start(restored);
    for (const [peer, admitted] of parts.gate.admissions) this.peerAdmitted(peer, admitted);
    this.#repairer.damaged();
    this.mending.look();
    this.#scrubber?.start();
    this.#patrol.start();
    parts.tracer.tell("node.ready", { lastIndex: log.tail.last.index, term: currentTerm });
  }

  get healthy(): boolean {
    const { leader } = this.#wiring;
    return this.appends.open || (leader.role === "follower" && leader.leaderId !== undefined);
  }

  received(from: NodeId, message: PeerMessage): void {
    const { loop, parts } = this.#wiring;
    try {
      const { message: known, frames } = receiveFrames(message);
      const context = { frames, prevChain: message.prevChain, group: [] };
      loop.post({ type: "received", from, message: known }, context);
    } catch (thrown) {
      if (!(thrown instanceof LogError)) return parts.fail(thrown);
      parts.tracer.tell("peer.refused", { peer: from, reason: thrown.message });
    }
  }

  /** Says whether this node has an entry that a peer lacks. */
  fetch(from: NodeId, request: FetchRequest): Promise<FetchAnswer> {
    this.snapshots.asked(from, request.index);
    return this.#repairer.answer(request);
  }

  /** Damage was found: what is faulty counts for nothing until it is repaired. */
  damaged(): void {
    // Met while the log is being read at boot: `start` looks at all there is.
    if (this.#started) this.#repairer.damaged();
  }

  streamClosed(peer: NodeId): void {
    this.#wiring.loop.post({ type: "streamClosed", peer });
  }

  peerAdmitted(peer: NodeId, admitted: boolean): void {
    this.#wiring.loop.post({ type: "peerAdmitted", peer, admitted });
  }

  status(): Omit<NodeStatus, "clusterId" | "waiting" | "uptimeMs" | "clientAddresses"> {
    const { loop, log, state, parts } = this.#wiring;
    return {
      raft: loop.raft.status(),
      voter: parts.directory.hardState.trusted && parts.gate.ownDiskIsVoter,
      logStartOffset: this.reader.logStartOffset,
      highWatermark: state.highWatermark,
      nextOffset: log.tail.nextOffset,
      segments: log.segments(),
    };
  }

  /** What its metrics are made of. */
  view(): MemberView {
    const { peers, commitIndex, appliedIndex } = this.#wiring.loop.raft.status();
    const atStart = this.#wiring.restored.committed?.index ?? 0;
    return {
      ...{ log: this.log, peers, freeBytes: this.#patrol.freeBytes },
      pendingProposals: this.#queue.gathered + this.#queue.waiting,
      committed: Math.max(0, commitIndex - atStart),
      applied: Math.max(0, appliedIndex - atStart),
    };
  }

  /** Nothing is stepped or sent from now on; everybody who waits is told `error`. */
  stop(error: LogError): void {
    this.#wiring.loop.stop();
    this.#deadline.stop();
    this.#repairer.stop();
    this.#scrubber?.stop();
    this.#patrol.stop();
    this.snapshots.stop();
    this.mending.stop();
    this.#ended = this.life.stop();
    this.appends.close(error);
    this.#reads.close();
    this.reader.close();
  }

  /** Waits for the disk work under way, and lets the files go. To be called after `stop`. */
  async close(): Promise<void> {
    await this.#ended;
    await this.snapshots.close();
    await this.mending.close();
    await this.#wiring.compacted.close();
    await this.log.close();
  }

  #makeExchange(pins: TransferPins): SnapshotExchange {
    const { options, ports, parts, log, compacted, loop, state } = this.#wiring;
    const { directory, tracer, fail } = parts;
    const restore = (checkpoint: Checkpoint, keepSuffix: boolean): void => {
      const { life, reader } = this;
      const made = { state, loop, log, life, reader, applier: this.#applier, reads: this.#reads };
      if (keepSuffix) prefixReplaced(made, checkpoint);
      else logReplaced(made, checkpoint);
    };
    return new SnapshotExchange({
      ...{ options, ports, directory, log, compacted, loop, pins, tracer, restore, fail },
      installing: () => this.life.installing(),
      installed: () => this.life.installed(),
      damaged: () => this.mending.look(),
    });
  }

  #makeLife(pins: TransferPins): LogLife {
    const { options, ports, parts, log, compacted, compressor, loop, ...rest } = this.#wiring;
    const { directory, tracer, fail } = parts;
    return new LogLife({
      ...{ log, compacted, compressor, loop, pins, tracer, fail },
      ...{ leader: rest.leader, state: rest.state },
      ...{ clock: ports.clock, scheduler: ports.scheduler, appends: this.appends },
      store: directory.checkpoints,
      hardState: directory.hardState,
      voters: directory.identity.current.cluster?.voters ?? [],
      transfers: () => [...this.snapshots.transfers(), ...this.mending.transfers()],
      clocks: new ClockWatch({ ...options, ...ports, gate: parts.gate }),
      checkpointed: parts.checkpointed,
      settings: options.settings,
    });
  }

  #makeRepairer(): Repairer {
    const { options, ports, parts, log, loop } = this.#wiring;
    const { hardState } = parts.directory;
    return new Repairer({
      ...{ log, loop },
      transport: ports.transport,
      scheduler: ports.scheduler,
      tracer: parts.tracer,
      peers: options.voters.filter((voter) => voter !== options.nodeId),
      durableTerm: () => hardState.current.currentTerm,
      repaired: (frame) => this.#applier.repaired(frame),
      mended: () => this.#applier.goOn(),
      fail: parts.fail,
    });
  }

  #effectRunner(): EffectRunner {
    const { options, ports, parts, log, loop, leader, state } = this.#wiring;
    return new EffectRunner({
      ...{ log, loop, leader },
      nodeId: options.nodeId,
      clock: ports.clock,
      transport: ports.transport,
      hardState: parts.directory.hardState,
      appends: this.#queue,
      applier: this.#applier,
      reads: this.#reads,
      deadline: this.#deadline,
      snapshots: this.snapshots,
      ...{ tracer: parts.tracer, metrics: parts.proposals },
      settings: () => state.settings ?? options.settings,
      stateChanged: (led) => this.#stateChanged(led),
      fail: parts.fail,
    });
  }

  #stateChanged(led: boolean): void {
    const { leader, ports, parts } = this.#wiring;
    if (led && leader.role !== "leader") {
      ports.transport.closeStreams();
      this.snapshots.abort();
      this.life.steppedDown();
    }
    this.appends.stateChanged(led);
    if (!led && leader.role === "leader") this.#repairer.hurry();
    parts.changed();
  }

  #applied(...[index, term]: Parameters<ConstructorParameters<typeof Applier>[2]>): void {
    const { loop, leader, parts } = this.#wiring;
    parts.tracer.detail("entry.applied", { index, ofTerm: term });
    parts.proposals.applied(index);
    this.#tellSettings();
    if (this.#queue.waiting > 0)
      parts.tracer.detail("append.acknowledged", { upTo: index, ofTerm: term });
    // Whatever waits was stamped by this leadership, hence committed in its term.
    this.#queue.acknowledge(index, leader.term);
    this.#reads.applied(index);
    this.reader.applied(term === leader.term);
    loop.post({ type: "applied", index });
    this.life.applied();
    this.appends.applied();
  }

  #tellSettings(): void {
    const { settings } = this.#wiring.state;
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#wiring.parts.tracer.tell("settings.applied", { ...settings });
  }
}
