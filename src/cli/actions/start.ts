import { createServer, type AddressInfo } from "node:net";
import { AssertionError } from "../../common/assert.ts";
import { deferred } from "../../common/deferred.ts";
import type { FatalError } from "../../common/fatal-error.ts";
import { hostOf, portOf } from "../../runtime/config/address.ts";
import type { NodeConfig } from "../../runtime/config.ts";
import { LogNode } from "../../runtime/log-node.ts";
import { SystemCompactionWorkers } from "../../runtime/system-compaction-workers.ts";
import { MeasuredFileSystem } from "../../runtime/measured-file-system.ts";
import { MeasuredPeerTransport } from "../../runtime/measured-peer-transport.ts";
import { NodeMetrics } from "../../runtime/metrics.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { addDiskSize } from "../../runtime/system-disk-size.ts";
import { addSystemMetrics } from "../../runtime/system-metrics.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { systemScheduler } from "../../runtime/system-scheduler.ts";
import { startHttp } from "../../service/http/http-server.ts";
import { startService } from "../../service/server.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { GrpcPeerTransport } from "../../transport/grpc-peer-transport.ts";
import { EXIT } from "../exit-codes.ts";
import { reportOf } from "../failure.ts";
import { type ConfigArguments, loadConfig } from "../load-config.ts";
import { type NodeLogger, openNodeLogger } from "../node-logger.ts";
import { say } from "../terminal.ts";
import { packageVersion } from "../version.ts";

/** Runs one node until a signal, the end of its supervisor, or something it cannot survive. */
export async function startNode(
  args: ConfigArguments & { readonly logFormat: "auto" | "json" | "human" },
): Promise<void> {
  const config = await withClientPort(loadConfig(args).config);
  const logger = openNodeLogger(config.node.nodeId, args.logFormat);
  leaveOnUnexpected(logger);
  const running = await compose(config, logger);
  process.exitCode = await stopRequests();
  await running.close();
  logger.flush();
  // Sockets that peers keep half open would hold the process for seconds more.
  process.exit();
}

interface RunningNode {
  close(): Promise<void>;
}

/** The composition root: the only place where a node meets the machine. */
async function compose(config: NodeConfig, logger: NodeLogger): Promise<RunningNode> {
  const { nodeId, clientAddresses } = config.node;
  const world = { clock: systemClock, scheduler: systemScheduler, random: systemRandom };
  const { listenPeer, peers } = config;
  const transport = new GrpcPeerTransport({ nodeId, listen: listenPeer, peers, ...world });
  const compactionWorkers = new SystemCompactionWorkers(config.node.cleanerThreads ?? 1);
  const version = packageVersion();
  const metrics = new NodeMetrics();
  addSystemMetrics(metrics, version);
  const node = await LogNode.start(config.node, {
    ...world,
    fileSystem: new MeasuredFileSystem(nodeFileSystem, systemClock, metrics),
    transport: new MeasuredPeerTransport(transport, systemClock, metrics),
    ...{ compactionWorkers, metrics },
    trace: (event) => logger.trace(event),
    halt: (error) => leaveBecause(error, logger),
  });
  await addDiskSize(metrics, config.node.dataDirectory);
  const open: { close(): Promise<void> }[] = [compactionWorkers, node];
  const close = async () => {
    for (const part of open.toReversed()) await part.close();
  };
  try {
    const listen = config.listenClient;
    const members = clientAddresses;
    const service = await startService({ node, listen, members, version, metrics });
    open.push(service);
    logger.say(`serves clients at ${service.address}`);
    if (config.listenHttp !== undefined) {
      const http = await startHttp({ node }, config.listenHttp);
      open.push(http);
      logger.say(`serves metrics at http://${http.address}/metrics`);
    }
    return { close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** A free port is chosen before the node starts: its address is part of what it tells others. */
async function withClientPort(config: NodeConfig): Promise<NodeConfig> {
  if (portOf(config.listenClient) !== 0) return config;
  const server = createServer();
  const host = hostOf(config.listenClient);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const listenClient = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const clientAddresses = new Map(config.node.clientAddresses);
  clientAddresses.set(config.node.nodeId, listenClient);
  return { ...config, listenClient, node: { ...config.node, clientAddresses } };
}

/**
 * Resolves to an exit code when the process shall stop; a second signal ends it at once. Called
 * once the node runs: before that a signal may end the process as it likes, and a start that fails
 * is not kept alive by its stdin.
 */
function stopRequests(): Promise<number> {
  const asked = deferred<number>();
  let count = 0;
  const ask = (exitCode: number) => {
    if (++count > 1) process.exit(exitCode);
    asked.resolve(exitCode);
  };
  process.on("SIGINT", () => ask(EXIT.interrupted));
  process.on("SIGTERM", () => ask(EXIT.terminated));
  if (process.env["BALSA_SUPERVISED"] !== undefined) {
    // Its supervisor holds the other end and never writes: the end means that it is gone.
    process.stdin.on("end", () => ask(EXIT.terminated)).resume();
    process.stdin.on("error", () => ask(EXIT.terminated));
  }
  return asked.promise;
}

/** Safety outranks everything: nothing is tidied up, recovery at the next start does that. */
function leaveBecause(error: FatalError, logger: NodeLogger): never {
  say(`balsa: ${error.message}`);
  logger.flush();
  process.exit(error.exitCode);
}

function leaveOnUnexpected(logger: NodeLogger): void {
  const leave = (thrown: unknown) => {
    logger.fatal(thrown);
    const { message, exitCode } = reportOf(thrown);
    say(`balsa: unexpected: ${message}`);
    if (process.env["BALSA_DEBUG"] && thrown instanceof Error) say(thrown.stack ?? "");
    logger.flush();
    process.exit(thrown instanceof AssertionError ? EXIT.invariant : exitCode);
  };
  process.on("uncaughtException", leave).on("unhandledRejection", leave);
}
