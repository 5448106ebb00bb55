import { type Random, randomInteger } from "../../common/random.ts";
import type { World } from "../world.ts";
import { Appender } from "./appender.ts";
import { ClientWorld } from "./client-world.ts";
import { Operator } from "./operator.ts";
import { SimProducer } from "./producer.ts";
import { Reader } from "./reader.ts";
import { Session } from "./session.ts";

/** Longest pauses between two requests of one client: a busy, an ordinary and a quiet world. */
const PACES_MS = [100, 400, 1500] as const;

/** The clients of one world, at work until `stop`. */
export class Population {
  readonly clients: ClientWorld;
  /** Appends when everything is over, to see that it works. */
  readonly last: Appender;
  #atWork = 0;

  constructor(world: World) {
    this.clients = new ClientWorld(world);
    const random = world.fork();
    const paceMs = PACES_MS[randomInteger(random, 0, PACES_MS.length - 1)] ?? PACES_MS[0];
    for (const client of this.#members(paceMs, random)) {
      this.#atWork++;
      void client.run().then(() => this.#atWork--);
    }
    this.last = new Appender("last", this.clients, paceMs);
  }

  /** Every client has been told what it wanted to know, or has given up. */
  get done(): boolean {
    return this.#atWork === 0;
  }

  stop(): void {
    this.clients.stopped = true;
  }

  #members(paceMs: number, random: Random): readonly { run(): Promise<void> }[] {
    const { clients } = this;
    const a1 = new Session();
    return [
      new Appender("a1", clients, paceMs, a1),
      new Reader("a1", "session", clients, paceMs * 2, a1),
      new Appender("a2", clients, paceMs * 2),
      new SimProducer("p1", randomInteger(random, 1, 1 << 30), clients, paceMs),
      new SimProducer("p2", randomInteger(random, 1, 1 << 30), clients, paceMs * 2),
      new Reader("r1", "linearizable", clients, paceMs * 4),
      new Reader("r2", "local", clients, paceMs * 4),
      new Reader("r3", "tail", clients, paceMs * 4),
      ...(clients.world.options.life === true ? [new Operator(clients)] : []),
    ];
  }
}
