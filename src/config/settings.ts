import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Appended to the name of a setting: the setting names a file with the value, as container secrets are mounted. */
export const FILE_SUFFIX = '_FILE';

const BYTE_ORDER_MARK = /^\uFEFF/;

/** A setting that cannot be read. */
export interface SettingProblem {
  readonly name: string;
  readonly message: string;
}

/** The text of each setting that is set. */
export interface ReadSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly SettingProblem[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the named settings: trimmed, without empty ones, and from a file where `NAME_FILE` is set. */
export function readSettings(environment: Variables, names: readonly string[]): ReadSettings {
  const values: Record<string, string> = {};
  const problems: SettingProblem[] = [];
  for (const name of names) {
    const own = environment[name]?.trim() ?? '';
    const path = environment[name + FILE_SUFFIX]?.trim() ?? '';
    if (own !== '' && path !== '')
      problems.push({ name, message: `is set, and so is ${name}${FILE_SUFFIX}; set only one of them` });
    const read = path === '' ? { text: own } : readSecret(path);
    if ('message' in read) problems.push({ name: name + FILE_SUFFIX, message: read.message });
    else if (read.text !== '') values[name] = read.text;
  }
  return { values, problems };
}

/** Returns the variables of a `.env` file. Skips a byte order mark and accepts CRLF line ends. */
export const readEnvFile = (path: string): Variables => parseEnv(readText(path));

function readSecret(path: string): { readonly text: string } | { readonly message: string } {
  try {
    const text = readText(path).trim();
    return text === '' ? { message: `${path} is empty` } : { text };
  } catch (error) {
    return { message: `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})` };
  }
}

const readText = (path: string): string =>
  readFileSync(path, 'utf8').replace(BYTE_ORDER_MARK, '').replaceAll('\r\n', '\n');
