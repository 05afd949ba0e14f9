import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { encodeEvent, EVENTS_LOST } from './event-codec';

/**
 * Looks up the last entry that a node has read. If the entry is missing although it is too young to be trimmed, or
 * younger than the oldest entry, data was lost. The script then appends one EVENTS_LOST entry for all nodes, with an id
 * above everything that they have read, so that later readers of the log also learn of the loss.
 *
 * ARGV: the id of the entry, the retention time in ms, the EVENTS_LOST entry. Returns nothing if the entry exists, the
 * id of the EVENTS_LOST entry if data was lost, else "trimmed".
 */
const DETECT_GAP = new RedisScript(`
local function parts(id)
  local ms, count = string.match(id, '(%d+)-(%d+)')
  return tonumber(ms), tonumber(count)
end
local readMs, readCount = parts(ARGV[1])
local function isAfterRead(id)
  local ms, count = parts(id)
  return ms > readMs or (ms == readMs and count > readCount)
end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) > 0 then return false end
local lossId = redis.call('GET', KEYS[2])
if lossId and isAfterRead(lossId) then return lossId end
local time = redis.call('TIME')
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if oldest and isAfterRead(oldest[1]) and readMs < time[1] * 1000 - ARGV[2] then return 'trimmed' end
lossId = redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
if not isAfterRead(lossId) then
  redis.call('XDEL', KEYS[1], lossId)
  lossId = redis.call('XADD', KEYS[1], ARGV[1]:match('%d+') .. '-' .. string.format('%.0f', readCount + 1), 'e', ARGV[3])
end
redis.call('SET', KEYS[2], lossId, 'PX', ARGV[2])
return lossId
`);

/**
 * State of the last entry that a node has read: it exists, it was trimmed because of its age, or it was lost, which the
 * entry `lostAt` reports.
 */
export type GapStatus = 'kept' | 'trimmed' | { readonly lostAt: string };

/** Returns whether the log still contains the last entry that a node has read. Records a loss in the log. */
export async function detectGap(redis: RedisConnection, id: string, keepMs: number): Promise<GapStatus> {
  const answer = (await redis.run(
    DETECT_GAP,
    [redis.key('log'), redis.key('lost')],
    [id, keepMs, encodeEvent(EVENTS_LOST)],
  )) as string | null;
  if (answer === null) return 'kept';
  return answer === 'trimmed' ? answer : { lostAt: answer };
}
