import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { of } from './support/answer';
import type { Client } from './support/client';
import { eventually } from './support/eventually';
import { describeOnce } from './support/once';
import type { Person } from './support/person';
import { describeWithRedis, TestRedis } from './support/redis';
import { type GuildWorld, World } from './support/world';

const MAIN = resolve(__dirname, '../dist/main.js');
const START_MS = 60_000;
const GONE_WITHIN_MS = 30_000;
const PREFIX = 'derailed:presence:';

describeOnce(
  'presence on several nodes',
  () => {
    let redis: TestRedis;
    let world: World;
    let guild: GuildWorld;
    let mo: Person;
    let owner: Client;
    beforeAll(async () => {
      Logger.overrideLogger(false);
      redis = await TestRedis.start();
      world = await World.start(
        { REDIS_URL: redis.url, REDIS_PREFIX: PREFIX, GATEWAY_BUCKET: '0/60', PRESENCE_GRACE_SECONDS: '1' },
        2,
      );
    });
    afterAll(async () => {
      await world.stop();
      await redis.stop();
    });
    beforeEach(async () => {
      guild = await world.guild({ members: { mo: [], eve: [] } });
      mo = guild.members['mo']!;
      owner = await guild.owner.connect(undefined, world.urls[0]);
    });
    afterEach(async () => {
      owner.close();
      await redis.start();
    });

    const statusOf = async (who: Person, client = owner): Promise<string> => {
      const { data } = of<{ data: { members: { user_id: string; status: string }[] } }>(
        await client.say('guild.subscribe', { guild_id: guild.id, members: [0, 9] }),
      );
      return data.members.find(({ user_id }) => user_id === who.id)!.status;
    };
    const comesTo = async (who: Person, status: string, withinMs = 20_000): Promise<void> => {
      await eventually(async () => expect(await statusOf(who)).toBe(status), withinMs);
    };

    it('counts the sockets of all nodes', async () => {
      const [here, there] = [await mo.connect(undefined, world.urls[0]), await mo.connect(undefined, world.urls[1])];
      await comesTo(mo, 'online');
      const marker = await guild.members['eve']!.connect(undefined, world.urls[0]);
      await comesTo(guild.members['eve']!, 'online');
      here.close();
      marker.close();
      await comesTo(guild.members['eve']!, 'offline');
      expect(await statusOf(mo)).toBe('online');
      there.close();
      await comesTo(mo, 'offline');
    });

    it('is set on one node and applies on all', async () => {
      const there = await mo.connect(undefined, world.urls[1]);
      const here = await mo.connect(undefined, world.urls[0]);
      await here.say('presence.update', { status: 'dnd' });
      await comesTo(mo, 'dnd');
      await there.next('PRESENCE_UPDATE', (data) => of<{ guild_id: null }>(data).guild_id === null);
      await here.say('presence.update', { status: 'invisible' });
      await comesTo(mo, 'offline');
      for (const client of [here, there]) client.close();
    });

    it('is local to a node while Redis is down, and is correct again afterwards', async () => {
      const there = await mo.connect(undefined, world.urls[1]);
      await comesTo(mo, 'online');
      const witness = await guild.members['eve']!.connect(undefined, world.urls[1]);
      await redis.stopKeeping();
      const eve = await guild.owner.connect(undefined, world.urls[0]);
      expect(await statusOf(guild.owner, eve)).toBe('online');
      there.close();
      // The node of the closed socket has ended its presence before Redis is back.
      await eventually(async () => expect(await statusOf(mo, witness)).toBe('offline'));
      await redis.start();
      await comesTo(mo, 'offline');
      const again = await mo.connect(undefined, world.urls[1]);
      await comesTo(mo, 'online');
      for (const client of [eve, again, witness]) client.close();
    });

    describe('with one node in its own process', () => {
      let child: ChildProcess;
      let dataDir: string;
      let url: string;
      beforeEach(async () => {
        dataDir = mkdtempSync(join(tmpdir(), 'derailed-presence-'));
        const settings = {
          PORT: '0',
          DATA_DIR: dataDir,
          RATE_LIMITS: 'off',
          LOG_LEVEL: 'warn',
          MONGODB_URI: world.databaseUri,
          REDIS_URL: redis.url,
          REDIS_PREFIX: PREFIX,
          PRESENCE_GRACE_SECONDS: '1',
        };
        child = spawn(process.execPath, [MAIN], { cwd: dataDir, env: { ...process.env, ...settings } });
        let output = '';
        child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
        child.stderr!.on('data', (text: Buffer) => (output += text.toString()));
        await eventually(() => {
          url = /API\s+(http:\S+)\/api\/v1/.exec(output)?.[1] ?? '';
          return url !== '' || child.exitCode !== null;
        }, START_MS);
        if (!url) throw new Error(`The node did not start: ${output}`);
      });
      afterEach(() => {
        child.kill('SIGKILL');
        rmSync(dataDir, { recursive: true, force: true });
      });
      const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
        const exited = once(child, 'exit');
        child.kill(signal);
        await exited;
      };

      it('is sent to a node that starts later', async () => {
        const early = await mo.connect(undefined, world.urls[1]);
        const late = await guild.owner.connect(undefined, url);
        await comesTo(mo, 'online');
        await eventually(async () => expect(await statusOf(mo, late)).toBe('online'));
        for (const client of [early, late]) client.close();
      });

      it('ends within 30 s when the node is killed', async () => {
        await mo.connect(undefined, url);
        await comesTo(mo, 'online');
        await end('SIGKILL');
        const killedAt = Date.now();
        await comesTo(mo, 'offline', GONE_WITHIN_MS);
        process.stdout.write(
          `presence of a killed node was gone after ${((Date.now() - killedAt) / 1_000).toFixed(1)} s\n`,
        );
      });

      it('ends soon when the node stops', async () => {
        await mo.connect(undefined, url);
        await comesTo(mo, 'online');
        await end('SIGTERM');
        await comesTo(mo, 'offline');
      });
    });
  },
  describeWithRedis,
);
