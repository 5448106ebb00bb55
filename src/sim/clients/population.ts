import { type Random, randomInteger } from "../../common/random.ts";
import type { World } from "../world.ts";
import { Appender } from "./appender.ts";
import { ClientWorld } from "./client-world.ts";
import { Operator } from "./operator.ts";
import { SimProducer } from "./producer.ts";
import { Reader } from "./reader.ts";
import { Session } from "./session.ts";
import { Tempo } from "./tempo.ts";

/** The clients of one world, at work until `stop`. */
export class Population {
  readonly clients: ClientWorld;
  /** Appends when everything is over, to see that it works. */
  readonly last: Appender;
  #atWork = 0;

  constructor(world: World) {
    this.clients = new ClientWorld(world);
    const random = world.fork();
    const tempo = new Tempo(world.fork(), () => world.time.nowMs);
    for (const client of this.#members(tempo, random)) {
      this.#atWork++;
      void client.run().then(() => this.#atWork--);
    }
    this.last = new Appender("last", this.clients, () => tempo.paceMs);
  }

  /** Every client has been told what it wanted to know, or has given up. */
  get done(): boolean {
    return this.#atWork === 0;
  }

  stop(): void {
    this.clients.stopped = true;
  }

  #members(tempo: Tempo, random: Random): readonly { run(): Promise<void> }[] {
    const { clients } = this;
    const a1 = new Session();
    const pace = () => tempo.paceMs;
    const twice = () => 2 * tempo.paceMs;
    const fourTimes = () => 4 * tempo.paceMs;
    return [
      new Appender("a1", clients, pace, a1),
      new Reader("a1", "session", clients, twice, a1),
      new Appender("a2", clients, twice),
      new SimProducer("p1", randomInteger(random, 1, 1 << 30), clients, pace),
      new SimProducer("p2", randomInteger(random, 1, 1 << 30), clients, twice),
      new Reader("r1", "linearizable", clients, fourTimes),
      new Reader("r2", "local", clients, fourTimes),
      new Reader("r3", "tail", clients, fourTimes),
      ...(clients.world.options.life === true ? [new Operator(clients)] : []),
    ];
  }
}
