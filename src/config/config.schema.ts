import { createField, type Field } from '../common/dto/field';
import type { ValueKind } from '../common/dto/value-kind';
import { fieldsOf } from '../common/dto/dto';
import {
  choiceSetting,
  COUNT,
  integerSetting,
  ORIGINS,
  patternSetting,
  PORT,
  PROXIES,
  RATE_RULE,
  type RateRule,
  REDIS_URL,
  SECRET,
  TEXT,
} from './setting-kinds';

export type { RateRule } from './setting-kinds';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const SWITCH = ['on', 'off'] as const;

/** Declares a setting with a default, as text in the environment. */
const Setting = <Value>(kind: ValueKind<Value>, fallback: string): Field<Value> =>
  createField(kind, { default: fallback });

/** Declares a setting without a default. */
const OptionalSetting = <Value>(kind: ValueKind<Value>): Field<Value, false, true> =>
  createField(kind, { optional: true });

/** Every setting of Derailed. `.env.example` explains each. */
export class Environment {
  @Setting(PORT, '3000')
  readonly PORT!: number;

  @Setting(TEXT, '127.0.0.1')
  readonly HOST!: string;

  @Setting(TEXT, '.data')
  readonly DATA_DIR!: string;

  @OptionalSetting(patternSetting(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://'))
  readonly MONGODB_URI?: string;

  @OptionalSetting(REDIS_URL)
  readonly REDIS_URL?: string;

  @Setting(patternSetting(/^[\w:.-]{1,64}$/, 'must be 1 to 64 letters, digits, or any of _ : . -'), 'derailed:')
  readonly REDIS_PREFIX!: string;

  @OptionalSetting(PROXIES)
  readonly TRUST_PROXY?: string;

  @Setting(ORIGINS, '')
  readonly CORS_ORIGINS!: readonly string[];

  @OptionalSetting(SECRET)
  readonly METRICS_TOKEN?: string;

  @OptionalSetting(PORT)
  readonly METRICS_PORT?: number;

  @Setting(choiceSetting(LOG_LEVELS), 'info')
  readonly LOG_LEVEL!: (typeof LOG_LEVELS)[number];

  @OptionalSetting(integerSetting(0, 1_023))
  readonly WORKER_ID?: number;

  @Setting(choiceSetting(SWITCH), 'on')
  readonly RATE_LIMITS!: (typeof SWITCH)[number];

  @Setting(RATE_RULE, '50/1')
  readonly RATE_USER!: RateRule;

  @Setting(RATE_RULE, '50/1')
  readonly RATE_ADDRESS!: RateRule;

  @Setting(RATE_RULE, '20/1')
  readonly RATE_TRACK!: RateRule;

  @Setting(RATE_RULE, '5/3600')
  readonly RATE_REGISTER!: RateRule;

  @Setting(RATE_RULE, '10/60')
  readonly RATE_LOGIN!: RateRule;

  @Setting(RATE_RULE, '5/60')
  readonly RATE_ACCOUNT!: RateRule;

  @Setting(RATE_RULE, '5/5')
  readonly RATE_SEARCH!: RateRule;

  @Setting(RATE_RULE, '10/1')
  readonly RATE_INVITE_PREVIEW!: RateRule;

  @Setting(RATE_RULE, '3/1')
  readonly RATE_INVITE_ACCEPT!: RateRule;

  @Setting(RATE_RULE, '60/60')
  readonly GATEWAY_BUCKET!: RateRule;

  @Setting(RATE_RULE, '1/5')
  readonly GATEWAY_IDENTIFY!: RateRule;

  @Setting(RATE_RULE, '1000/86400')
  readonly GATEWAY_IDENTIFY_DAILY!: RateRule;

  @Setting(RATE_RULE, '60/60')
  readonly GATEWAY_RESUME!: RateRule;

  @Setting(RATE_RULE, '300/60')
  readonly GATEWAY_ADDRESS_CONNECTIONS!: RateRule;

  @Setting(COUNT, '10000')
  readonly HTTP_CONNECTIONS!: number;

  @Setting(COUNT, '300')
  readonly HTTP_CONNECTIONS_PER_ADDRESS!: number;

  @Setting(COUNT, '20')
  readonly GATEWAY_SOCKETS_PER_USER!: number;

  @Setting(COUNT, '100')
  readonly GATEWAY_SOCKETS_PER_ADDRESS!: number;

  @Setting(COUNT, '64')
  readonly GATEWAY_IN_FLIGHT!: number;

  @Setting(integerSetting(1, 300), '25')
  readonly GATEWAY_PING_INTERVAL_SECONDS!: number;

  @Setting(integerSetting(1, 300), '20')
  readonly GATEWAY_PING_TIMEOUT_SECONDS!: number;

  @Setting(COUNT, '1048576')
  readonly GATEWAY_SEND_BUFFER_BYTES!: number;

  @Setting(integerSetting(1, 3_600), '120')
  readonly RESUME_SECONDS!: number;

  @Setting(integerSetting(0, 60), '5')
  readonly PRESENCE_GRACE_SECONDS!: number;

  @Setting(integerSetting(1, 3_650), '90')
  readonly SESSION_DAYS!: number;

  @Setting(integerSetting(1, 300), '10')
  readonly SHUTDOWN_SECONDS!: number;
}

/** A name of a setting. */
export type SettingName = keyof Environment;

/** The names of all settings. */
export const SETTING_NAMES = fieldsOf(Environment).map(({ name }) => name as SettingName);
