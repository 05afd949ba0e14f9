import { Injectable } from '@nestjs/common';
import { environmentSchema, type Environment } from './config.schema';

/** A setting has a value that can't be used; the message names each such setting. */
export class ConfigurationInvalid extends Error {}

/**
 * Reads the settings from the environment.
 *
 * @throws ConfigurationInvalid naming every setting that has a wrong value
 */
export function parseEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigurationInvalid(`The configuration can't be used. ${reasons.join('; ')}. See .env.example.`);
}

/** The settings of this process, typed. */
@Injectable()
export class Config {
  constructor(private readonly environment: Environment) {}

  /** The value of one setting. */
  get<Name extends keyof Environment>(name: Name): Environment[Name] {
    return this.environment[name];
  }
}
