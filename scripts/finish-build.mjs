// tsc emits mode 0644; the command must be executable for `npx balsa`.
import { chmodSync } from "node:fs";

chmodSync(new URL("../dist/cli/main.js", import.meta.url), 0o755);
