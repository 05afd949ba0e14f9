import { Injectable } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Config } from '../config/config';
import type { MemberDocument } from '../members/member.schema';
import { MemberDirectory } from '../members/member-directory';
import { Attendance } from './attendance';
import { type ClientSocket, send } from './connection';
import { Dispatcher } from './dispatcher';
import { CLOSE, HandshakeRefused } from './gateway.errors';
import { GuildViews, type Seat } from './guild-views';
import { sendPaced } from './paced';
import { Past } from './past';
import { type Preparation, Preparations } from './preparations';
import { type Missed, missedBy, packetsOf } from './replay';

// What is sent between two events keeps everybody else waiting.
const FEW_EVENTS = 100;
const FEW_GUILDS = 2;

const UNSENT_BYTES = 262_144;

/** Takes sockets in: between two events, so that what they are told first and what follows have neither a gap nor an overlap. */
@Injectable()
export class Admission {
  private readonly mostUnsent: number;

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly attendance: Attendance,
    private readonly preparations: Preparations,
    private readonly views: GuildViews,
    private readonly past: Past,
    private readonly members: MemberDirectory,
    config: Config,
  ) {
    // So little that the client is never taken for one that doesn't read.
    const limit = config.get('GATEWAY_SEND_BUFFER_BYTES');
    this.mostUnsent = limit === 0 ? UNSENT_BYTES : limit / 4;
  }

  /**
   * Takes a socket in that starts afresh. `welcome` is called right before, with the guilds of its user and the place from which on it gets what
   * happens.
   *
   * @throws HandshakeRefused when its session was revoked meanwhile
   */
  connect(socket: ClientSocket, welcome: (seats: readonly Seat[], seq: string) => void): Promise<void> {
    return this.prepare(socket, async (preparation) => {
      for (let isIn = false; !isIn && socket.connected; ) {
        const memberships = await this.membershipsFor(preparation);
        // Looked at once before, so that the others don't wait for the database.
        await this.views.seats(memberships);
        isIn = await this.between(preparation, memberships, (seats) => {
          welcome(seats, this.dispatcher.position);
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
  resume(socket: ClientSocket, from: string, welcome: (seats: readonly Seat[], seq: string, replayed: number) => void): Promise<void> {
    const { intents, session } = socket.data;
    let [place, replayed] = [from, 0];
    const missedUntil = (seats: readonly Seat[], until: string): Missed => {
      const missed = missedBy({ userId: session.user_id, intents, seats }, place, this.past.between(session.user_id, place, until));
      if (replayed + missed.events.length > LIMITS.replayed) throw new HandshakeRefused(CLOSE.missedTooMuch);
      return missed;
    };
    return this.prepare(socket, async (preparation) => {
      let memberships: readonly MemberDocument[] = [];
      for (let isIn = false; !isIn && socket.connected; ) {
        // What is looked at after an event was dispatched is never older than it.
        const until = this.dispatcher.position;
        if (preparation.isStale) memberships = await this.membershipsFor(preparation);
        const missed = missedUntil(await this.views.seats(memberships), until);
        if (!isLittle(missed)) {
          await sendPaced(socket, packetsOf(missed, place), this.mostUnsent);
          [place, replayed] = [until, replayed + missed.events.length];
          continue;
        }
        isIn = await this.between(preparation, memberships, (seats) => {
          const rest = missedUntil(seats, this.dispatcher.position);
          if (!isLittle(rest)) return false;
          for (const { name, data, seq } of packetsOf(rest, place)) send(socket, name, data, seq);
          welcome(seats, this.dispatcher.position, replayed + rest.events.length);
          return true;
        });
      }
    });
  }

  private async prepare(socket: ClientSocket, take: (preparation: Preparation) => Promise<void>): Promise<void> {
    const preparation = this.preparations.begin(socket);
    try {
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
  private between(preparation: Preparation, memberships: readonly MemberDocument[], tell: (seats: readonly Seat[]) => boolean): Promise<boolean> {
    const { socket } = preparation;
    return this.dispatcher.between(async () => {
      if (preparation.isStale) return false;
      const seats = await this.views.seats(memberships);
      if (!socket.connected) return false;
      if (this.past.hasRevoked(socket.data)) throw new HandshakeRefused(CLOSE.forcedOff);
      const isIn = tell(seats);
      if (isIn) this.attendance.add(socket, seats);
      return isIn;
    });
  }
}

const isLittle = ({ events, changed }: Missed): boolean => events.length <= FEW_EVENTS && changed.length <= FEW_GUILDS;
