import { LogError } from "../common/errors.ts";
import type { StatusResponse } from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import { type CallOptions, checkCallOptions } from "./call-options.ts";
import { type ClientContext, withAddress } from "./calls.ts";
import { callUnary } from "./rpc.ts";
import { Scope } from "./scope.ts";

/** A first answer that takes longer than this is not waited for. */
const CONNECT_TIMEOUT_MS = 5000;

/** Asks every endpoint once; the first answer is enough. @throws LogError UNAVAILABLE */
export async function firstContact(context: ClientContext, options: CallOptions): Promise<void> {
  checkCallOptions(options);
  const { view, connections, ports } = context;
  using scope = new Scope()
    .follow(options.signal)
    .limit(ports.scheduler, options.timeoutMs ?? CONNECT_TIMEOUT_MS);
  const ask = async (address: string): Promise<StatusResponse> => {
    const client = connections.get(address);
    const { Status } = logService();
    try {
      return await callUnary(client, Status, { cluster: false }, scope.signal);
    } catch (thrown) {
      throw withAddress(LogError.from(thrown), address);
    }
  };
  try {
    await Promise.any(view.addresses.map(ask));
  } catch (thrown) {
    const errors = (thrown as AggregateError).errors.map((each) => LogError.from(each));
    const ended = scope.error;
    if (ended?.code === "ABORTED") throw ended;
    throw noAnswer(view.addresses, errors);
  }
}

function noAnswer(addresses: readonly string[], errors: readonly LogError[]): LogError {
  const [first] = errors;
  if (first !== undefined && errors.every(({ code }) => code === "INVALID_ARGUMENT")) return first;
  return new LogError("UNAVAILABLE", `no member answers at ${addresses.join(", ")}`, {
    hint: "is the cluster up? `balsa cluster up` starts one; --endpoints names another",
    cause: first,
  });
}
