#!/usr/bin/env node
import { runCommandLine } from "./program.ts";
import { leaveQuietlyWhenReaderGoes } from "./terminal.ts";

leaveQuietlyWhenReaderGoes();
process.exitCode = await runCommandLine(process.argv.slice(2));
