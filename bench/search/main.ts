import { parseArgs } from 'node:util';
import type { Connection, Model } from 'mongoose';
import { CommandCounter } from '../../src/database/command-counter';
import { MODELS } from '../../src/database/database.module';
import type { MessageDocument } from '../../src/messages/message.schema';
import { searchTerms } from '../../src/messages/search-terms';
import { AuthorityResolver } from '../../src/permissions/authority-resolver';
import { parseDto } from '../../src/common/dto/parse-dto';
import { SearchQuery } from '../../src/search/search.dto';
import { SearchService } from '../../src/search/search.service';
import { ask, type Bench, register, startBench } from '../support/derailed';
import { median, table } from '../support/statistics';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '1000,1000000' },
    runs: { type: 'string', default: '51' },
  },
});
const SIZES = values.sizes.split(',').map(Number);
const RUNS = Number(values.runs);
const BATCH = 5_000;
/** One message in so many has the rare word, one in two the common one. */
const RARE_EVERY = 250;
const RARE_MOST = 20;
const VOCABULARY = 5_000;
const WORDS = 6;

const SEARCHES: Readonly<Record<string, Record<string, string>>> = {
  'rare word': { q: 'zirconium' },
  'rare prefix': { q: 'zirc' },
  'common word': { q: 'common' },
  'two words, one rare': { q: 'common zirconium' },
  'two common words': { q: 'common often' },
  phrase: { q: '"common zirconium"' },
  'no match': { q: 'xylophone' },
  'filter only': { has: 'link' },
  'word and date': { q: 'common', after: '2026-01-01' },
};

interface Row {
  readonly messages: number;
  readonly search: string;
  readonly milliseconds: number;
  readonly commands: number;
  readonly found: number;
}

/** A pseudorandom generator, so that every run has the same messages. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function contentOf(index: number, random: (below: number) => number): string {
  // Lower numbers more often, roughly as in natural language.
  const words = Array.from(
    { length: WORDS },
    () => `w${Math.floor((random(VOCABULARY) * random(VOCABULARY)) / VOCABULARY).toString(36)}ord`,
  );
  if (index % 2 === 0) words.push('common');
  if (index % 3 === 0) words.push('often');
  if (index % RARE_EVERY === 0 && index < RARE_EVERY * RARE_MOST) words.push('common', 'zirconium');
  if (index % 10 === 0) words.push('https://example.org/');
  return words.join(' ');
}

async function fill(
  bench: Bench,
  size: number,
  { guildId, trackId, authorId }: Record<'guildId' | 'trackId' | 'authorId', bigint>,
): Promise<number> {
  const model = bench.app.get<Connection>('DatabaseConnection').models[
    MODELS.message
  ] as unknown as Model<MessageDocument>;
  const random = generator(1);
  const mentions = { user_ids: [], role_ids: [], everyone: false };
  const start = performance.now();
  for (let created = 0; created < size; created += BATCH) {
    const documents = Array.from({ length: Math.min(BATCH, size - created) }, (_, offset) => {
      const content = contentOf(created + offset, random);
      const _id = BigInt(created + offset + 1) << 30n;
      return {
        _id,
        guild_id: guildId,
        track_id: trackId,
        author_id: authorId,
        content,
        reply_to_id: null,
        edited_at: null,
        terms: searchTerms({ content, authorId, guildId, mentions }),
      };
    });
    await model.collection.insertMany(documents as never[]);
  }
  return performance.now() - start;
}

async function measure(size: number): Promise<{ rows: Row[]; send: Row; fillMs: number }> {
  const bench = await startBench();
  const owner = await register(bench);
  const guild = await ask<{ id: string }>(bench, owner.token, 'POST', '/guilds', { name: 'Search' });
  const [, track] = await ask<{ id: string }[]>(bench, owner.token, 'GET', `/guilds/${guild.id}/tracks`);
  const fillMs = await fill(bench, size, {
    guildId: BigInt(guild.id),
    trackId: BigInt(track!.id),
    authorId: BigInt(owner.id),
  });
  const counter = bench.app.get(CommandCounter);
  const authority = await bench.app.get(AuthorityResolver).resolveInGuild(BigInt(owner.id), BigInt(guild.id));
  const service = bench.app.get(SearchService);
  const timed = async (search: string, run: () => Promise<number>): Promise<Row> => {
    const times: number[] = [];
    let [commands, found] = [0, 0];
    for (let turn = 0; turn < RUNS; turn += 1) {
      commands = 0;
      const stop = counter.listen(() => (commands += 1));
      const start = performance.now();
      found = await run();
      times.push(performance.now() - start);
      stop();
    }
    return { messages: size, search, milliseconds: median(times), commands, found };
  };
  const rows: Row[] = [];
  for (const [name, query] of Object.entries(SEARCHES)) {
    const parsed = parseDto(SearchQuery, query);
    rows.push(await timed(name, async () => (await service.search(authority, parsed)).messages.length));
  }
  const send = await timed('send a message', async () => {
    await ask(bench, owner.token, 'POST', `/tracks/${track!.id}/messages`, { content: contentOf(3, generator(7)) });
    return 1;
  });
  await bench.stop();
  return { rows, send, fillMs };
}

async function main(): Promise<void> {
  const measured = [];
  for (const size of SIZES) measured.push(await measure(size));
  const rows = measured.flatMap((each) => [...each.rows, each.send]);
  if (values.json) process.stdout.write(`${JSON.stringify({ benchmark: 'search', rows })}\n`);
  else {
    const smallest = (search: string): Row | undefined => rows.find((row) => row.search === search);
    const lines = rows.map((row) => [
      `${row.search}, ${row.messages} messages`,
      row.milliseconds.toFixed(2),
      `${row.commands}`,
      `${row.found}`,
      (row.milliseconds / (smallest(row.search)?.milliseconds ?? 1)).toFixed(2),
    ]);
    const filled = measured
      .map(({ fillMs }, index) => `${SIZES[index]} messages: ${(fillMs / (SIZES[index] ?? 1)).toFixed(3)} ms each`)
      .join(', ');
    process.stdout.write(
      `${table(['search', 'ms', 'commands', 'found', 'size×'], lines)}\n\nsize×: time in relation to the smallest number of messages; inserting ${filled}\n`,
    );
  }
}

void main();
