import { numberKind, textKind, type ValueKind } from '../common/dto/value-kind';
import { type Parsed, parsed, problem } from '../common/text/parsed';
import { trustedProxies } from '../common/trusted-proxies';

const DIGITS = /^\d{1,10}$/;
const RATE = /^\d{1,9}\/[1-9]\d{0,6}$/;
const MAX_COUNT = 1_000_000_000;

/** A number of events in a window of time. A limit of 0 turns the rule off. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** Returns the kind of whole numbers in decimal digits: `1e3` and `0x10` are rejected. */
export function integerSetting(min: number, max: number): ValueKind<number> {
  const number = numberKind('integer', min, max);
  return textKind((text) =>
    DIGITS.test(text) ? number.parse(Number(text)) : problem(`must be an integer from ${min} to ${max}`),
  );
}

export const PORT = integerSetting(0, 65_535);
export const COUNT = integerSetting(0, MAX_COUNT);

/** Any text that is not empty. */
export const TEXT = textKind((text) => (text === '' ? problem('must not be empty') : parsed(text)));

/** Returns the kind of texts that match a pattern. */
export const patternSetting = (pattern: RegExp, detail: string): ValueKind<string> =>
  textKind((text) => (pattern.test(text) ? parsed(text) : problem(detail)));

/** Returns the kind of one of these words, in any case. */
export const choiceSetting = <const Word extends string>(words: readonly Word[]): ValueKind<Word> =>
  textKind((text) => {
    const choice = words.find((word) => word === text.toLowerCase());
    return choice === undefined ? problem(`must be one of ${words.join(', ')}`) : parsed(choice);
  });

/** A rule as `limit/window_seconds`, for example `50/1`. */
export const RATE_RULE: ValueKind<RateRule> = textKind((text) => {
  if (!RATE.test(text)) return problem('must be written as limit/seconds, for example 50/1; 0/1 turns it off');
  const [limit, seconds] = text.split('/').map(Number);
  return parsed({ limit: limit ?? 0, windowMs: (seconds ?? 1) * 1_000 });
});

/** Comma-separated browser origins, each normalized as browsers send it: no path, no trailing slash, lower case. */
export const ORIGINS: ValueKind<readonly string[]> = textKind((text): Parsed<readonly string[]> => {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  const invalid = items.find((item) => originOf(item) === undefined);
  return invalid === undefined
    ? parsed(items.flatMap((item) => originOf(item) ?? []))
    : problem(`"${invalid}" is not an origin such as https://chat.example.org`);
});

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname, search, hash, username } = new URL(text);
  return origin !== 'null' && pathname === '/' && search + hash + username === '' ? origin : undefined;
}

/** `true`, `false`, a number of hops, or addresses and networks: words in lower case, items trimmed, empty items omitted. */
export const PROXIES: ValueKind<string | undefined> = textKind((text): Parsed<string | undefined> => {
  const items = text
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  const setting = items.length > 0 ? items.join(',') : undefined;
  try {
    trustedProxies(setting);
    return parsed(setting);
  } catch (error) {
    return problem(error instanceof Error ? error.message.replace('TRUST_PROXY: ', '') : String(error));
  }
});

/** URL of a Redis. */
export const REDIS_URL: ValueKind<string> = textKind((text) => {
  if (!/^rediss?:\/\//.test(text)) return problem('must start with redis:// or rediss://');
  return URL.canParse(text) ? parsed(text) : problem('is not a valid URL');
});

/** Bearer token of the metrics. */
export const SECRET: ValueKind<string> = textKind((text) =>
  text.length < 16 || text.length > 500 ? problem('must have 16 to 500 characters') : parsed(text),
);
