import { HealthImplementation } from "grpc-health-check";
import type { NodeApi } from "../runtime/node-api.ts";

/** `""` and the log's own service: both serve while the node does. */
const SERVICES = ["", "balsa.log.v1.Log"];

/** `grpc.health.v1.Health`, kept at what the node says of itself. */
export class NodeHealth {
  readonly #node: NodeApi;
  readonly #health = new HealthImplementation();
  readonly #unsubscribe: () => void;
  #serving: boolean | undefined;

  constructor(node: NodeApi) {
    this.#node = node;
    this.#unsubscribe = node.onChange(() => this.#set(this.#node.healthy));
    this.#set(node.healthy);
  }

  get implementation(): HealthImplementation {
    return this.#health;
  }

  /** Not serving any more: probes see it before the port closes. */
  close(): void {
    this.#unsubscribe();
    this.#set(false);
  }

  #set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const service of SERVICES)
      this.#health.setStatus(service, serving ? "SERVING" : "NOT_SERVING");
  }
}
