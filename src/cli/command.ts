import type { ParseArgsConfig } from 'node:util';

/** An option of a command: `--name <value>`, or `--name` for a flag. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  /** Placeholder of the value in the help text. */
  readonly value?: string;
  readonly description: string;
}

/** What the command line contains after the name of the command. */
export interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** A result: one object for `--json`, and the text that is printed otherwise. */
export interface CommandResult {
  readonly json: object;
  readonly text: string;
}

/** A subcommand of `derailed`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments in the help text: `<folder>`. All are required unless they are in brackets. */
  readonly arguments: string;
  readonly details: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Runs the command. A command that keeps running returns no result. @throws UsageError for wrong arguments, Error if the command fails */
  run(input: CommandInput): Promise<CommandResult | undefined>;
}

/** The command line is wrong; the process ends with exit code 2. */
export class UsageError extends Error {}

/** Converts the options of a command into the form of `util.parseArgs`. */
export const parseOptionsOf = (options: Command['options']): ParseArgsConfig['options'] =>
  Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));

/** Returns the value of an option that has one. */
export function textOption({ options }: CommandInput, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Returns the only positional argument. @throws UsageError if it is missing or there are others */
export function onlyArgument({ positionals }: CommandInput, what: string): string {
  const [value, ...others] = positionals;
  if (value === undefined) throw new UsageError(`${what} is missing.`);
  if (others.length > 0) throw new UsageError(`Unexpected argument: ${others.join(' ')}`);
  return value;
}

/** @throws UsageError if there are positional arguments */
export function noArguments({ positionals }: CommandInput): void {
  if (positionals.length > 0) throw new UsageError(`Unexpected argument: ${positionals.join(' ')}`);
}
