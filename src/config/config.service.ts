import { Injectable } from '@nestjs/common';
import { readDto } from '../common/dto/parse-dto';
import { Environment, SETTING_NAMES } from './config.schema';
import { readSettings } from './settings';

/** Some settings have values that cannot be used; the message names each of them. */
export class ConfigurationInvalid extends Error {}

/**
 * Reads the settings from the environment. An empty setting has its default; `NAME_FILE` names a file that contains the value of `NAME`.
 *
 * @throws ConfigurationInvalid naming every setting that has an invalid value
 */
export function parseEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { values, problems } = readSettings(environment, SETTING_NAMES);
  const { instance, errors } = readDto(Environment, values);
  if (errors.length === 0 && problems.length === 0) return instance;
  const reasons = [
    ...problems.map(({ name, message }) => `${name}: ${message}`),
    ...errors.map(({ field, detail }) => `${field}: ${detail}`),
  ];
  throw new ConfigurationInvalid(`The configuration is invalid. ${reasons.join('; ')}. See .env.example.`);
}

/** The validated settings of the process. */
@Injectable()
export class ConfigService {
  constructor(private readonly environment: Environment) {}

  /** Returns the value of a setting. */
  get<Name extends keyof Environment>(name: Name): Environment[Name] {
    return this.environment[name];
  }
}
