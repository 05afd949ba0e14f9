import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { encodeEvent, EVENTS_LOST } from './event-codec';

/**
 * Looks for the entry that a node heard last. When it is gone, though too young to be trimmed or younger than what is there, something was
 * lost: that is put into the log itself, once for all who notice, at a place after everything that they heard. So whoever reads the log later
 * knows it too.
 *
 * ARGV: the entry, the milliseconds that entries are kept for, what is put into the log. Answers with nothing when the entry is there, with
 * the entry that tells of the loss, or with "trimmed".
 */
const DETECT_GAP = new RedisScript(`
local function parts(id)
  local ms, count = string.match(id, '(%d+)-(%d+)')
  return tonumber(ms), tonumber(count)
end
local heardMs, heardCount = parts(ARGV[1])
local function isAfterHeard(id)
  local ms, count = parts(id)
  return ms > heardMs or (ms == heardMs and count > heardCount)
end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) > 0 then return false end
local told = redis.call('GET', KEYS[2])
if told and isAfterHeard(told) then return told end
local time = redis.call('TIME')
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if oldest and isAfterHeard(oldest[1]) and heardMs < time[1] * 1000 - ARGV[2] then return 'trimmed' end
told = redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
if not isAfterHeard(told) then
  redis.call('XDEL', KEYS[1], told)
  told = redis.call('XADD', KEYS[1], ARGV[1]:match('%d+') .. '-' .. string.format('%.0f', heardCount + 1), 'e', ARGV[3])
end
redis.call('SET', KEYS[2], told, 'PX', ARGV[2])
return told
`);

/** What became of the entry that a node heard last: it is there, it is so old that it was trimmed, or it was lost, and this entry says so. */
export type GapStatus = 'kept' | 'trimmed' | { readonly lostAt: string };

/** Finds out whether the log still has the entry that a node heard last. That it was lost is in the log itself from then on. */
export async function detectGap(redis: RedisConnection, id: string, keepMs: number): Promise<GapStatus> {
  const answer = (await redis.run(
    DETECT_GAP,
    [redis.key('log'), redis.key('lost')],
    [id, keepMs, encodeEvent(EVENTS_LOST)],
  )) as string | null;
  if (answer === null) return 'kept';
  return answer === 'trimmed' ? answer : { lostAt: answer };
}
