import { unreachable } from "../common/assert.ts";
import type { Offset } from "../common/brand.ts";
import type { Command } from "./command.ts";
import { KeyedLogs } from "./keyed-logs.ts";
import { KeyValueStore } from "./key-value-store.ts";
import type { Body } from "./message.ts";
import { ValueLog } from "./value-log.ts";
import { WorkbenchError } from "./workbench-error.ts";

/** What a command came to, on every node alike. */
export type CommandResult = Body | WorkbenchError;

/** The workloads' state machines, side by side on one log. Equal logs make equal states. */
export class StateMachines {
  readonly values = new KeyValueStore();
  readonly logs = new KeyedLogs();
  readonly valueLog = new ValueLog();

  /** Applies the command whose record has `offset`. Every command is applied; some are refused. */
  apply(command: Command, offset: Offset): CommandResult {
    try {
      return this.#carryOut(command, offset);
    } catch (thrown) {
      if (thrown instanceof WorkbenchError) return thrown;
      throw thrown;
    }
  }

  #carryOut(command: Command, offset: Offset): Body {
    switch (command.op) {
      case "write":
        return this.values.write(command.key, command.value);
      case "cas":
        return this.values.compareAndSet(command.key, command.from, command.to);
      case "send":
        return this.logs.send(command.key, command.msg);
      case "commit_offsets":
        return this.logs.commit(command.offsets);
      case "log_append":
        this.valueLog.append(offset, command.value);
        return { offset };
      default:
        return unreachable(command);
    }
  }
}
