import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { ValidationPipe } from '../../src/common/dto/validation.pipe';
import type { DtoClass } from '../../src/common/dto/dto';
import { CreateMessageDto } from '../../src/messages/message.dto';
import { CreateRoleDto } from '../../src/roles/role.dto';
import { median, table } from '../support/statistics';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
});

/** Most CPU time for a typical message, in milliseconds. */
const LIMIT_MS = 0.1;
const WARM_UP = 3_000;
const REPEAT = 3_000;

interface Case {
  readonly name: string;
  readonly dto: DtoClass;
  readonly body: string;
}

const CASES: readonly Case[] = [
  {
    name: 'message of 15 characters',
    dto: CreateMessageDto,
    body: JSON.stringify({ content: 'Hello, <@12345>', nonce: 'c0ffee-1' }),
  },
  {
    name: 'message of 2,000 characters',
    dto: CreateMessageDto,
    body: JSON.stringify({ content: 'wagons '.repeat(285), reply_to_id: '812345678901234567', nonce: 'c0ffee-1' }),
  },
  { name: 'role', dto: CreateRoleDto, body: JSON.stringify({ name: 'Keeper', color: 0x33_66_99, allow: '2048' }) },
];

/** CPU milliseconds of one call. */
async function cpuMsOf(call: () => unknown): Promise<number> {
  for (let index = 0; index < WARM_UP; index += 1) await call();
  const rounds: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const before = process.cpuUsage();
    for (let index = 0; index < REPEAT; index += 1) await call();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 1_000 / REPEAT);
  }
  return median(rounds);
}

/** Measures what the validation of a body costs beside parsing its JSON. */
async function main(): Promise<void> {
  const pipe = new ValidationPipe();
  const rows: { name: string; parseMs: number; validateMs: number }[] = [];
  for (const { name, dto, body } of CASES) {
    const parseMs = await cpuMsOf(() => JSON.parse(body));
    const bothMs = await cpuMsOf(() =>
      pipe.transform(JSON.parse(body) as unknown, { type: 'body', metatype: dto, data: undefined }),
    );
    rows.push({ name, parseMs, validateMs: bothMs - parseMs });
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const lines = rows.map(({ name, parseMs, validateMs }) => [
    name,
    (parseMs * 1_000).toFixed(1),
    (validateMs * 1_000).toFixed(1),
    (validateMs / LIMIT_MS).toFixed(2),
  ]);
  process.stdout.write(
    `${table(['µs of CPU for a body', 'JSON.parse', 'validation', 'of 100 µs'], lines)}\n\nvalidation: the ValidationPipe, from the parsed JSON to an instance of the DTO class\n`,
  );
}

void main();
