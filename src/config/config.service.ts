import { Injectable } from '@nestjs/common';
import { environmentSchema, type Environment } from './config.schema';
import { readSettings } from './settings';

/** Some settings have values that cannot be used; the message names each of them. */
export class ConfigurationInvalid extends Error {}

/**
 * Reads the settings from the environment. An empty setting has its default; `NAME_FILE` names a file that contains the value of `NAME`.
 *
 * @throws ConfigurationInvalid naming every setting that has an invalid value
 */
export function parseEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { values, problems } = readSettings(environment, Object.keys(environmentSchema.shape));
  const parsed = environmentSchema.safeParse(values);
  if (parsed.success && problems.length === 0) return parsed.data;
  const issues = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ name: String(path[0]), message }));
  const reasons = [...problems, ...issues].map(({ name, message }) => `${name}: ${message}`);
  throw new ConfigurationInvalid(`The configuration is invalid. ${reasons.join('; ')}. See .env.example.`);
}

/** The settings of this process, typed. */
@Injectable()
export class ConfigService {
  constructor(private readonly environment: Environment) {}

  /** The value of one setting. */
  get<Name extends keyof Environment>(name: Name): Environment[Name] {
    return this.environment[name];
  }
}
