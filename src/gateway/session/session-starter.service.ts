import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import { ConfigService } from '../../config/config.service';
import type { MemberDocument } from '../../members/member.schema';
import { MembersRepository } from '../../members/members.repository';
import { type ClientSocket, send } from '../transport/client-socket';
import { Dispatcher } from '../dispatch/dispatcher';
import { CLOSE, HandshakeRefused } from '../protocol/close-codes';
import { guildCreatePackets, takeWhileFits } from './guild-create-packets';
import { GuildSnapshots, type MemberGuild } from '../dispatch/guild-snapshots.service';
import { sendWithBackpressure } from '../transport/send-with-backpressure';
import { EventHistory } from './event-history.service';
import { type PendingSocket, PendingSockets } from './pending-sockets';
import { type MissedEvents, collectMissed, missedPackets } from './replay';
import { RoundRobin } from '../transport/round-robin';
import { SessionGreeting } from './session-greeting.service';
import type { AccountUser } from '../../users/users.service';

// Maximum number of events sent in one turn, because other events wait meanwhile.
const SMALL_EVENT_COUNT = 100;

// Steps of a handshake take up to half a millisecond each. Connected sockets wait for at most this number of steps.
const STEPS_PER_TURN = 6;

/** Registers sockets between two events, so that the initial state and the following events have neither a gap nor an overlap. */
@Injectable()
export class SessionStarter {
  private readonly maxUnsentBytes: number;
  private readonly turns = new RoundRobin(STEPS_PER_TURN);

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly pendingSockets: PendingSockets,
    private readonly snapshots: GuildSnapshots,
    private readonly history: EventHistory,
    private readonly membersRepository: MembersRepository,
    private readonly greeting: SessionGreeting,
    config: ConfigService,
  ) {
    // Low enough that the client does not count as a slow consumer.
    this.maxUnsentBytes = Math.min(LIMITS.toldAtOnceBytes, config.get('GATEWAY_SEND_BUFFER_BYTES') / 4 || Infinity);
  }

  /**
   * Waits for the next step of a handshake, in the order of the calls. A few steps run in each turn of the event loop, so that a storm of connects
   * does not delay the events of connected clients.
   */
  turn(): Promise<void> {
    return new Promise((resolve) =>
      this.turns.add(() => {
        resolve();
        return false;
      }),
    );
  }

  /**
   * Starts the session of a socket: with READY, or by resuming from the seq that the client sent.
   *
   * @throws HandshakeRefused if the session was revoked meanwhile, or if the missed events are too many, no longer in the log, or not read by the client
   */
  start(socket: ClientSocket, user: AccountUser): Promise<void> {
    const { resumeFrom } = socket.data;
    return resumeFrom === undefined ? this.identify(socket, user) : this.resume(socket, resumeFrom);
  }

  /**
   * Sends READY and adds the socket to the dispatcher between two events.
   *
   * If the guilds exceed what a client should read at once, READY has some of them, the ids of the others, and no seq. The others follow as fast as
   * the client reads, and then the socket is added like one that resumes from its READY.
   */
  private async identify(socket: ClientSocket, user: AccountUser): Promise<void> {
    await this.prepare(socket, async (pending) => {
      for (let isIn = false; !isIn && socket.connected;) {
        const place = this.dispatcher.lastSeq;
        const memberships = await this.membershipsFor(pending);
        // Loaded before the turn, so that other handshakes do not wait for the database.
        const { first, others } = takeWhileFits(this.maxUnsentBytes, await this.snapshots.memberGuilds(memberships));
        if (others.length > 0) {
          const pendingGuildIds = others.map(({ member }) => member.guild_id);
          this.greeting.sendReady(socket, user, { guilds: first, pendingGuildIds, seq: undefined });
          await sendWithBackpressure(socket, guildCreatePackets(others), this.maxUnsentBytes);
          return this.replayUntilCaughtUp(pending, memberships, place);
        }
        isIn = await this.runBetweenEvents(pending, memberships, (guilds) => {
          if (takeWhileFits(this.maxUnsentBytes, guilds).others.length > 0) return false;
          this.greeting.sendReady(socket, user, { guilds, pendingGuildIds: [], seq: this.dispatcher.lastSeq });
          return true;
        });
      }
    });
    await this.greeting.sendReadStates(socket);
  }

  /**
   * Replays what the client missed and may view now, in order, then sends RESUMED and adds the socket to the dispatcher.
   *
   * Most of the missed events are sent before the socket is added, as fast as the client reads; events published meanwhile follow, until few remain.
   */
  private resume(socket: ClientSocket, from: string): Promise<void> {
    return this.prepare(socket, (pending) => this.replayUntilCaughtUp(pending, [], from));
  }

  private async replayUntilCaughtUp(
    pending: PendingSocket,
    existing: readonly MemberDocument[],
    from: string,
  ): Promise<void> {
    const { socket } = pending;
    const { intents, session } = socket.data;
    let memberships = existing;
    let [sentSeq, replayed] = [from, 0];
    const missedUntil = (seats: readonly MemberGuild[], until: string): MissedEvents => {
      const missed = collectMissed(
        { userId: session.user_id, intents, seats },
        sentSeq,
        this.history.range(session.user_id, sentSeq, until),
      );
      if (replayed + missed.events.length > LIMITS.replayed) throw new HandshakeRefused(CLOSE.tooManyMissed);
      return missed;
    };
    for (let isRegistered = false; !isRegistered && socket.connected;) {
      // State that is loaded after an event was dispatched is never older than the event.
      const until = this.dispatcher.lastSeq;
      if (pending.isStale) memberships = await this.membershipsFor(pending);
      const missed = missedUntil(await this.snapshots.memberGuilds(memberships), until);
      if (!this.fitsInOneTurn(missed)) {
        await sendWithBackpressure(socket, missedPackets(missed, sentSeq), this.maxUnsentBytes);
        [sentSeq, replayed] = [until, replayed + missed.events.length];
        continue;
      }
      isRegistered = await this.runBetweenEvents(pending, memberships, (seats) => {
        const rest = missedUntil(seats, this.dispatcher.lastSeq);
        if (!this.fitsInOneTurn(rest)) return false;
        for (const { name, data, seq } of missedPackets(rest, sentSeq)) send(socket, name, data, seq);
        this.greeting.sendResumed(socket, seats, this.dispatcher.lastSeq, replayed + rest.events.length);
        return true;
      });
    }
  }

  private fitsInOneTurn({ events, changed }: MissedEvents): boolean {
    return events.length <= SMALL_EVENT_COUNT && takeWhileFits(this.maxUnsentBytes, changed).others.length === 0;
  }

  private async prepare(socket: ClientSocket, start: (pending: PendingSocket) => Promise<void>): Promise<void> {
    const pending = this.pendingSockets.begin(socket);
    try {
      // From now on, a revocation closes the socket.
      if (this.history.hasRevoked(socket.data)) throw new HandshakeRefused(CLOSE.sessionRevoked);
      await start(pending);
    } finally {
      this.pendingSockets.end(pending);
    }
  }

  private membershipsFor(pending: PendingSocket): Promise<MemberDocument[]> {
    pending.isStale = false;
    return this.membersRepository.listOf(pending.socket.data.session.user_id);
  }

  /**
   * Runs `start` between two events and registers the socket if it returns true. Does not run it if a membership has
   * changed.
   * @returns whether the socket is registered
   */
  private async runBetweenEvents(
    pending: PendingSocket,
    memberships: readonly MemberDocument[],
    start: (seats: readonly MemberGuild[]) => boolean,
  ): Promise<boolean> {
    const { socket } = pending;
    await this.turn();
    return this.dispatcher.runBetweenEvents(async () => {
      if (pending.isStale) return false;
      const seats = await this.snapshots.memberGuilds(memberships);
      if (!socket.connected) return false;
      const isRegistered = start(seats);
      if (isRegistered) this.dispatcher.enter(socket, seats);
      return isRegistered;
    });
  }
}
