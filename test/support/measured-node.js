// Runs what was built in a process of its own, and tells over IPC what it holds after collecting garbage. Needs --expose-gc.
const v8 = require('node:v8');
const { bootstrap } = require('../../dist/bootstrap.js');
const { parseEnvironment } = require('../../dist/config/config.service.js');
const { GuildSockets } = require('../../dist/gateway/dispatch/guild-sockets.js');
const { GuildMemberList } = require('../../dist/gateway/member-list/guild-member-list.js');
const { VisibilityGroup } = require('../../dist/gateway/dispatch/visibility-group.js');
const { Socket } = require('socket.io');
const { Socket: Connection } = require('engine.io');
const { WebSocket } = require('ws');

const CLASSES = { Socket, Connection, WebSocket, VisibilityGroup, GuildSockets, GuildMemberList };

async function measure() {
  // What is over is let go of a few turns later; a second look finds what the first one set free.
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    global.gc();
  }
  return {
    heapBytes: process.memoryUsage().heapUsed,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    objects: Object.fromEntries(
      Object.entries(CLASSES).map(([name, constructor]) => [name, v8.queryObjects(constructor, { format: 'count' })]),
    ),
  };
}

process.once('disconnect', () => process.exit(1));
bootstrap(parseEnvironment(process.env)).then((derailed) => {
  process.on('message', (message) => {
    if (message === 'measure') void measure().then((figures) => process.send(figures));
    else void derailed.stop().then(() => process.exit(0));
  });
  process.send({ url: derailed.url });
});
