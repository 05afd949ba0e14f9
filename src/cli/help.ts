import type { Command } from './command';

const WIDTH = 22;

const row = (left: string, right: string): string => `  ${left.padEnd(WIDTH)} ${right}`;

/** Returns the help text of the program. */
export const generalHelp = (commands: readonly Command[]): string =>
  [
    'Usage: derailed <command> [options]',
    '',
    'Commands:',
    ...commands.map(({ name, arguments: positionals, summary }) => row(`${name} ${positionals}`.trim(), summary)),
    '',
    'Options:',
    row('--help', 'Show this help. derailed <command> --help shows the options of a command.'),
    row('--version', 'Show the version.'),
    '',
    'Exit codes: 0 success, 1 the command failed, 2 the command line is wrong.',
  ].join('\n');

/** Returns the help text of one command. */
export const commandHelp = ({ name, arguments: positionals, summary, details, options }: Command): string =>
  [
    `Usage: derailed ${[name, '[options]', positionals].filter(Boolean).join(' ')}`,
    '',
    summary,
    ...details,
    '',
    'Options:',
    ...Object.entries(options).map(([option, { value, description }]) =>
      row(`--${option}${value === undefined ? '' : ` <${value}>`}`, description),
    ),
  ].join('\n');
