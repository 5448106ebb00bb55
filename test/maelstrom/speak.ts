import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { balsa } from "../cli/run-balsa.ts";

type Body = Readonly<Record<string, unknown>>;

/** What a node said to one script of messages. */
export interface Said {
  readonly code: number | null;
  /** Standard output as it is. */
  readonly stdout: string;
  /** Every line of it, parsed: there is nothing else. */
  readonly messages: readonly {
    readonly src: string;
    readonly dest: string;
    readonly body: Body;
  }[];
  readonly stderr: string;
  /** What is left in the place for temporary files. */
  readonly leftovers: readonly string[];
}

export const INIT = request("c0", {
  ...{ type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1"] },
});

/** One line for n1. */
export function request(src: string, body: Body): string {
  return JSON.stringify({ src, dest: "n1", body });
}

/** Pipes the lines into `balsa maelstrom`, as a shell would, and waits for its end. */
export async function speak(
  lines: readonly string[],
  flags: readonly string[] = [],
): Promise<Said> {
  const temporary = mkdtempSync(join(tmpdir(), "balsa-speak-"));
  try {
    const input = lines.map((line) => `${line}\n`).join("");
    const env = { TMPDIR: temporary };
    const { code, stdout, stderr } = await balsa(["maelstrom", ...flags], { input, env });
    const text = stdout.toString();
    const messages = text.split("\n").filter((line) => line !== "");
    return {
      ...{ code, stdout: text, stderr },
      messages: messages.map((line) => JSON.parse(line) as Said["messages"][number]),
      leftovers: readdirSync(temporary),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The bodies of what was answered to one client, without the numbers. */
export function answersTo(said: Said, client: string): readonly Body[] {
  return said.messages
    .filter(({ dest }) => dest === client)
    .map(({ body: { in_reply_to: _, msg_id: __, ...fields } }) => fields);
}
