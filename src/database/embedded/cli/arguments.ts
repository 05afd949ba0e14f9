import { parseArgs } from 'node:util';

/** The folder that the application uses when nothing else is said. @see ../../../config/config.schema.ts */
const DEFAULT_DATA_DIR = '.data';

/** What a command line says: options by their names, and the rest in order. */
export interface Arguments {
  readonly dataDir: string;
  readonly port: number | undefined;
  readonly from: boolean;
  readonly positionals: readonly string[];
}

/** Reads the command line of these tools: `--data <folder>`, `--port <number>`, `--from`, and what else is named. */
export function readArguments(argv = process.argv.slice(2)): Arguments {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { data: { type: 'string' }, port: { type: 'string' }, from: { type: 'boolean', default: false } },
  });
  const dataDir = values.data ?? process.env.DATA_DIR ?? DEFAULT_DATA_DIR;
  return { dataDir, port: values.port === undefined ? undefined : Number(values.port), from: values.from, positionals };
}

/** Runs a tool: what it throws is shown in one line, and ends the process with 1. */
export function runTool(tool: () => Promise<void>): void {
  tool().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
