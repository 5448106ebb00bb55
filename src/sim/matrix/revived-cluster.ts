import { LogError } from "../../common/errors.ts";
import { isLeader, type SimHost } from "../host.ts";
import { World } from "../world.ts";
import { type ClusterImage, payloadOf } from "./cluster-image.ts";

const PROBE_EVERY_MS = 50;

/** A world whose disks hold an image, with a client that never stops trying to append. */
export class RevivedCluster {
  readonly world: World;
  readonly image: ClusterImage;
  /** Appends of this life that were acknowledged. */
  readonly acknowledged: string[] = [];
  #probes = 0;
  #waiting = false;
  #resting = false;

  constructor(image: ClusterImage, seed: number) {
    this.image = image;
    this.world = new World(seed, image.options);
    for (const { nodeId, disk } of this.world.hosts)
      for (const [path, bytes] of image.disks.get(nodeId) ?? []) disk.put(path, bytes);
  }

  /** Boots all nodes and sets the client to work. */
  start(): void {
    for (const host of this.world.hosts) this.world.start(host);
    this.world.time.plan(PROBE_EVERY_MS, () => this.#probe());
  }

  host(nodeId: string): SimHost {
    const found = this.world.hosts.find((host) => host.nodeId === nodeId);
    if (found === undefined) throw new Error(`there is no ${nodeId} in this world`);
    return found;
  }

  /** No append is on its way: nothing comes any more once the client rests. */
  get quiet(): boolean {
    return !this.#waiting;
  }

  #probe(): void {
    if (this.#resting) return;
    this.world.time.plan(PROBE_EVERY_MS, () => this.#probe());
    const leader = this.world.running.find(isLeader);
    if (this.#waiting || leader?.node === undefined) return;
    const { life } = leader;
    const value = `probe-${++this.#probes}`;
    this.#waiting = true;
    const ended = () => {
      this.#waiting = false;
    };
    life.onEnd.add(ended);
    const batch = { payload: payloadOf(value), recordCount: 1, producer: undefined };
    leader.node.append(batch, (result) => {
      this.#waiting = false;
      life.onEnd.delete(ended);
      if (!(result instanceof LogError)) this.acknowledged.push(value);
    });
  }

  /** The client rests: what was acknowledged is all there will be. */
  rest(): void {
    this.#resting = true;
  }
}
