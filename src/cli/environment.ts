import { existsSync } from 'node:fs';
import { SETTING_NAMES, type SettingName } from '../config/config.schema';
import { readEnvFile, readSettings } from '../config/settings';
import { describeUnknownSettings, findUnknownSettings } from '../config/unknown-settings';
import { type CommandInput, textOption } from './command';

const ENV_FILE = '.env';
const DEFAULT_DATA_DIR = '.data';

/** The environment with the variables of `.env` in the working folder; variables of the environment win. */
export interface LoadedEnvironment {
  readonly variables: NodeJS.ProcessEnv;
  /** One line for each variable that looks like a misspelled setting. */
  readonly warnings: readonly string[];
}

export function loadEnvironment(): LoadedEnvironment {
  const fromFile = existsSync(ENV_FILE) ? readEnvFile(ENV_FILE) : {};
  const warnings = describeUnknownSettings(findUnknownSettings(process.env, fromFile, SETTING_NAMES));
  return { variables: { ...fromFile, ...process.env }, warnings };
}

/** Reads one setting without validating the others. @throws Error if its file cannot be read */
export function readSetting(name: SettingName): string | undefined {
  const { values, problems } = readSettings(loadEnvironment().variables, [name]);
  const [problem] = problems;
  if (problem) throw new Error(`${problem.name}: ${problem.message}.`);
  return values[name];
}

/** Returns the folder of the embedded database: `--data`, or DATA_DIR. @throws Error if a MongoDB is configured and no folder is named */
export function dataFolder(input: CommandInput): string {
  const named = textOption(input, 'data');
  if (named !== undefined) return named;
  if (readSetting('MONGODB_URI') !== undefined)
    throw new Error(
      'MONGODB_URI is set, so the data is in MongoDB: use mongodump and mongorestore, or name a folder of the embedded database with --data.',
    );
  return readSetting('DATA_DIR') ?? DEFAULT_DATA_DIR;
}

/** The option that `dataFolder` reads. */
export const DATA_OPTION = {
  data: { type: 'string', value: 'folder', description: 'Folder of the embedded database. Default: DATA_DIR.' },
} as const;
