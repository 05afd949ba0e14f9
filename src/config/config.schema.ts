import { z } from 'zod';
import { trustedProxies } from '../common/trusted-proxies';

/** Decimal digits only, so that `1e3` or `0x10` is not read as a number by accident. */
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, { error: `must be an integer from ${min} to ${max}` })
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, { error: `must be at least ${min}` })
        .max(max, { error: `must be at most ${max}` }),
    );

const port = integer(0, 65_535);
const count = integer(0, 1_000_000_000);

/** One of these words, in any case. */
const choice = <const Words extends readonly string[]>(words: Words) =>
  z
    .string()
    .transform((word) => word.toLowerCase())
    .pipe(z.enum(words, { error: `must be one of ${words.join(', ')}` }));

/** Comma-separated browser origins, each normalized as browsers send it: no path, no trailing slash, lower case. */
const origins = z
  .string()
  .max(2_000)
  .transform((text, context): readonly string[] =>
    text.split(',').flatMap((item) => {
      const trimmed = item.trim();
      const origin = trimmed === '' ? trimmed : originOf(trimmed);
      if (origin === undefined)
        context.addIssue({ code: 'custom', message: `"${trimmed}" is not an origin such as https://chat.example.org` });
      return origin ? [origin] : [];
    }),
  );

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname, search, hash, username } = new URL(text);
  return origin !== 'null' && pathname === '/' && search + hash + username === '' ? origin : undefined;
}

/** `true`, `false`, a number of hops, or addresses and networks: words in lower case, items trimmed, empty items left out. */
const proxies = z
  .string()
  .max(500)
  .transform((text, context): string | undefined => {
    const items = text
      .toLowerCase()
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    const setting = items.length > 0 ? items.join(',') : undefined;
    try {
      trustedProxies(setting);
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: error instanceof Error ? error.message.replace('TRUST_PROXY: ', '') : String(error),
      });
    }
    return setting;
  });

/** `limit/window_seconds`, for example `50/1`; a limit of 0 turns it off. */
const rate = (fallback: string) =>
  z
    .string()
    .regex(/^\d{1,9}\/[1-9]\d{0,6}$/, { error: 'must be written as limit/seconds, for example 50/1; 0/1 turns it off' })
    .default(fallback)
    .transform((text): RateRule => {
      const [limit = '0', seconds = '1'] = text.split('/');
      return { limit: Number(limit), windowMs: Number(seconds) * 1_000 };
    });

/** So many in so much time. A limit of 0 means that there is none. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
}

const optional = <Schema extends z.ZodType>(schema: Schema) => schema.optional();

/** Every setting of Derailed, as text in the environment. An absent setting has its default. `.env.example` explains each. */
export const environmentSchema = z.object({
  PORT: port.default(3_000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('.data'),
  MONGODB_URI: optional(
    z.string().regex(/^mongodb(\+srv)?:\/\//, { error: 'must start with mongodb:// or mongodb+srv://' }),
  ),
  REDIS_URL: optional(
    z
      .string()
      .regex(/^rediss?:\/\//, { error: 'must start with redis:// or rediss://' })
      .refine((text) => URL.canParse(text), { error: 'is not a valid URL' }),
  ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w:.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, or any of _ : . -' })
    .default('derailed:'),
  TRUST_PROXY: optional(proxies),
  CORS_ORIGINS: origins.default([]),
  METRICS_TOKEN: optional(z.string().min(16, { error: 'must have at least 16 characters' }).max(500)),
  METRICS_PORT: optional(port),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  WORKER_ID: optional(integer(0, 1_023)),
  RATE_LIMITS: choice(['on', 'off']).default('on'),
  RATE_USER: rate('50/1'),
  RATE_ADDRESS: rate('50/1'),
  RATE_TRACK: rate('20/1'),
  RATE_REGISTER: rate('5/3600'),
  RATE_LOGIN: rate('10/60'),
  RATE_ACCOUNT: rate('5/60'),
  RATE_SEARCH: rate('5/5'),
  RATE_INVITE_LOOK: rate('10/1'),
  RATE_INVITE_ACCEPT: rate('3/1'),
  GATEWAY_BUCKET: rate('60/60'),
  GATEWAY_IDENTIFY: rate('1/5'),
  GATEWAY_IDENTIFY_DAILY: rate('1000/86400'),
  GATEWAY_RESUME: rate('60/60'),
  GATEWAY_ADDRESS_CONNECTIONS: rate('300/60'),
  HTTP_CONNECTIONS: count.default(10_000),
  HTTP_CONNECTIONS_PER_ADDRESS: count.default(300),
  GATEWAY_SOCKETS_PER_USER: count.default(20),
  GATEWAY_SOCKETS_PER_ADDRESS: count.default(100),
  GATEWAY_IN_FLIGHT: count.default(64),
  GATEWAY_PING_INTERVAL_SECONDS: integer(1, 300).default(25),
  GATEWAY_PING_TIMEOUT_SECONDS: integer(1, 300).default(20),
  GATEWAY_SEND_BUFFER_BYTES: count.default(1_048_576),
  RESUME_SECONDS: integer(1, 3_600).default(120),
  PRESENCE_GRACE_SECONDS: integer(0, 60).default(5),
  SESSION_DAYS: integer(1, 3_650).default(90),
  SHUTDOWN_SECONDS: integer(1, 300).default(10),
});

/** The environment, validated. */
export type Environment = z.output<typeof environmentSchema>;
