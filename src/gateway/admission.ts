import { Injectable } from '@nestjs/common';
import { MembersService } from '../members/members.service';
import { Attendance } from './attendance';
import type { ClientSocket } from './connection';
import { Dispatcher } from './dispatcher';
import { GuildViews, type Seat } from './guild-views';
import { Preparations } from './preparations';

/** Takes sockets in: between two events, so that what they are told first and what follows have neither a gap nor an overlap. */
@Injectable()
export class Admission {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly attendance: Attendance,
    private readonly preparations: Preparations,
    private readonly views: GuildViews,
    private readonly members: MembersService,
  ) {}

  /** Takes a socket in that starts afresh. `welcome` is called right before with the guilds of its user, and the place from which it gets what happens. */
  async connect(socket: ClientSocket, welcome: (seats: readonly Seat[], seq: string) => void): Promise<void> {
    const { user_id: userId } = socket.data.session;
    const preparation = this.preparations.begin(socket);
    try {
      while (preparation.isStale && socket.connected) {
        preparation.isStale = false;
        const memberships = await this.members.listOf(userId);
        // Looked at once before, so that the others don't wait for the database.
        await this.views.seats(memberships);
        await this.dispatcher.between(async () => {
          const seats = preparation.isStale ? [] : await this.views.seats(memberships);
          if (preparation.isStale || !socket.connected) return;
          welcome(seats, this.dispatcher.position);
          this.attendance.add(socket, seats);
        });
      }
    } finally {
      this.preparations.end(preparation);
    }
  }
}
