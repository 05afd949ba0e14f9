import { Injectable } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { Config } from '../config/config';
import type { MemberDocument } from '../members/member.schema';
import { MemberDirectory } from '../members/member-directory';
import { type ClientSocket, send } from './connection';
import { Dispatcher } from './dispatcher';
import { CLOSE, HandshakeRefused } from './gateway.errors';
import { packetsOfGuilds, upTo } from './guild-packets';
import { GuildViews, type Seat } from './guild-views';
import { sendPaced } from './paced';
import { Past } from './past';
import { type Preparation, Preparations } from './preparations';
import { type Missed, missedBy, packetsOf } from './replay';
import { Turns } from './turns';

// What is sent between two events keeps everybody else waiting.
const FEW_EVENTS = 100;

// Steps of a handshake take up to half a millisecond each. The sockets that are connected wait no longer than a few of these.
const STEPS_PER_TURN = 6;

/** Greets a client with guilds of its user, the ids of those to come, and its place when there are none. */
type Greet = (seats: readonly Seat[], toCome: readonly Snowflake[], seq?: string) => void;

/** Tells a client that it was told everything: the guilds of its user, its place, and how many events it has missed. */
type Welcome = (seats: readonly Seat[], seq: string, replayed: number) => void;

/** Takes sockets in: between two events, so that what they are told first and what follows have neither a gap nor an overlap. */
@Injectable()
export class Admission {
  private readonly mostUnsent: number;
  private readonly turns = new Turns(STEPS_PER_TURN);

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly preparations: Preparations,
    private readonly views: GuildViews,
    private readonly past: Past,
    private readonly members: MemberDirectory,
    config: Config,
  ) {
    // So little that the client is never taken for one that doesn't read.
    this.mostUnsent = Math.min(LIMITS.toldAtOnceBytes, config.get('GATEWAY_SEND_BUFFER_BYTES') / 4 || Infinity);
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
   * Takes a socket in that starts afresh. `greet` is called right before, with the guilds of its user and the place from which on it gets what
   * happens.
   *
   * When there is more to tell of these guilds than anybody should have to read at once, `greet` gets only some, the ids of the others, and no
   * place. The others follow as fast as the client reads, and then the socket is taken in like one that goes on from where it was greeted.
   *
   * @throws HandshakeRefused when its session was revoked meanwhile, or as for one that goes on
   */
  connect(socket: ClientSocket, greet: Greet, welcome: Welcome): Promise<void> {
    return this.prepare(socket, async (preparation) => {
      for (let isIn = false; !isIn && socket.connected; ) {
        const place = this.dispatcher.position;
        const memberships = await this.membershipsFor(preparation);
        // Looked at before, so that the others don't wait for the database.
        const { first, others } = upTo(this.mostUnsent, await this.views.seats(memberships));
        if (others.length > 0) {
          greet(first, others.map(({ member }) => member.guild_id));
          await sendPaced(socket, packetsOfGuilds(others), this.mostUnsent);
          return this.goOn(preparation, memberships, place, welcome);
        }
        isIn = await this.between(preparation, memberships, (seats) => {
          if (upTo(this.mostUnsent, seats).others.length > 0) return false;
          greet(seats, [], this.dispatcher.position);
          return true;
        });
      }
    });
  }

  /**
   * Takes a socket in that goes on from a place: with all that happened since and that its user may see now, in order. Then `welcome` is called,
   * which is told how many events that were.
   *
   * Much of it is sent before the socket is taken in, as fast as the client reads; what happens meanwhile comes after it, until it is little.
   *
   * @throws HandshakeRefused when that is more than is sent again, is no longer known, or is not read
   */
  resume(socket: ClientSocket, from: string, welcome: Welcome): Promise<void> {
    return this.prepare(socket, (preparation) => this.goOn(preparation, [], from, welcome));
  }

  private async goOn(preparation: Preparation, known: readonly MemberDocument[], from: string, welcome: Welcome): Promise<void> {
    const { socket } = preparation;
    const { intents, session } = socket.data;
    let memberships = known;
    let [place, replayed] = [from, 0];
    const missedUntil = (seats: readonly Seat[], until: string): Missed => {
      const missed = missedBy({ userId: session.user_id, intents, seats }, place, this.past.between(session.user_id, place, until));
      if (replayed + missed.events.length > LIMITS.replayed) throw new HandshakeRefused(CLOSE.missedTooMuch);
      return missed;
    };
    for (let isIn = false; !isIn && socket.connected; ) {
      // What is looked at after an event was dispatched is never older than it.
      const until = this.dispatcher.position;
      if (preparation.isStale) memberships = await this.membershipsFor(preparation);
      const missed = missedUntil(await this.views.seats(memberships), until);
      if (!this.isLittle(missed)) {
        await sendPaced(socket, packetsOf(missed, place), this.mostUnsent);
        [place, replayed] = [until, replayed + missed.events.length];
        continue;
      }
      isIn = await this.between(preparation, memberships, (seats) => {
        const rest = missedUntil(seats, this.dispatcher.position);
        if (!this.isLittle(rest)) return false;
        for (const { name, data, seq } of packetsOf(rest, place)) send(socket, name, data, seq);
        welcome(seats, this.dispatcher.position, replayed + rest.events.length);
        return true;
      });
    }
  }

  private isLittle({ events, changed }: Missed): boolean {
    return events.length <= FEW_EVENTS && upTo(this.mostUnsent, changed).others.length === 0;
  }

  private async prepare(socket: ClientSocket, take: (preparation: Preparation) => Promise<void>): Promise<void> {
    const preparation = this.preparations.begin(socket);
    try {
      // From now on it is thrown off when that happens.
      if (this.past.hasRevoked(socket.data)) throw new HandshakeRefused(CLOSE.forcedOff);
      await take(preparation);
    } finally {
      this.preparations.end(preparation);
    }
  }

  private membershipsFor(preparation: Preparation): Promise<MemberDocument[]> {
    preparation.isStale = false;
    return this.members.listOf(preparation.socket.data.session.user_id);
  }

  /** Takes a socket in between two events, unless its memberships have changed or `tell` says that it is too early. @returns whether it is in */
  private async between(preparation: Preparation, memberships: readonly MemberDocument[], tell: (seats: readonly Seat[]) => boolean): Promise<boolean> {
    const { socket } = preparation;
    await this.turn();
    return this.dispatcher.between(async () => {
      if (preparation.isStale) return false;
      const seats = await this.views.seats(memberships);
      if (!socket.connected) return false;
      const isIn = tell(seats);
      if (isIn) this.dispatcher.enter(socket, seats);
      return isIn;
    });
  }
}
