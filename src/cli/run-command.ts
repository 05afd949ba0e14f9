import { parseArgs } from 'node:util';
import { type Command, type CommandInput, parseOptionsOf, UsageError } from './command';
import { commandHelp, generalHelp } from './help';

/** Exit codes of the command line. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Loads a command only when it runs, so that `--help` and small commands start fast. */
export type CommandLoaders = Readonly<Record<string, () => Promise<Command>>>;

/** Where output goes. */
export interface Output {
  out(line: string): void;
  error(line: string): void;
}

const JSON_FLAG = '--json';

const COMMON_OPTIONS = {
  help: { type: 'boolean', description: 'Show this help.' },
  json: { type: 'boolean', description: 'Print the result, or the error, as one line of JSON.' },
} as const;

/**
 * Runs the command line: a subcommand, its options and arguments.
 *
 * @param argv arguments after the name of the program
 * @returns the exit code: 0, 1 if the command failed, 2 if the command line is wrong
 */
export async function runCommandLine(
  argv: readonly string[],
  loaders: CommandLoaders,
  version: string,
  output: Output,
): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version') return printed(output, version);
  if (name === undefined || name === '--help' || name === 'help') {
    const commands = await Promise.all(Object.values(loaders).map((load) => load()));
    if (name !== undefined) return printed(output, generalHelp(commands));
    output.error(generalHelp(commands));
    return EXIT.usage;
  }
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (!load) {
    if (rest.includes(JSON_FLAG)) output.out(JSON.stringify({ error: `Unknown command: ${name}` }));
    else output.error(`Unknown command: ${name}\nCommands: ${Object.keys(loaders).join(', ')}`);
    return EXIT.usage;
  }
  return runCommand(await load(), rest, output);
}

async function runCommand(command: Command, argv: readonly string[], output: Output): Promise<number> {
  const isJson = argv.includes(JSON_FLAG);
  try {
    const input = parse(command, argv);
    if (input.options['help'] === true)
      return printed(output, commandHelp({ ...command, options: { ...command.options, ...COMMON_OPTIONS } }));
    const result = await command.run(input);
    if (result) output.out(isJson ? JSON.stringify(result.json) : result.text);
    return EXIT.ok;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isUsage = error instanceof UsageError;
    if (isJson) output.out(JSON.stringify({ error: message }));
    else
      output.error(
        isUsage
          ? `${message}\nUsage: derailed ${command.name} ${command.arguments}\nderailed ${command.name} --help shows all options.`
          : `derailed ${command.name}: ${message}`,
      );
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

function parse({ options }: Command, argv: readonly string[]): CommandInput {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: parseOptionsOf({ ...options, ...COMMON_OPTIONS }),
    });
    return { options: values, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function printed(output: Output, text: string): number {
  output.out(text);
  return EXIT.ok;
}
