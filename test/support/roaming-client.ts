import { io, type Socket } from 'socket.io-client';

const TRY_AGAIN_MS = 50;

/** Where a client got to. */
interface Place {
  readonly session_id?: string;
  readonly seq?: string;
}

/** A client that resumes on the next node whenever its connection ends, and records the numbers in messages and their seqs. */
export class RoamingClient {
  readonly numbers: number[] = [];
  readonly places: string[] = [];
  /** How often it was ready to start with, went on, and why it could not. */
  starts = 0;
  resumes = 0;
  readonly refusals: number[] = [];
  /** The codes of CLOSING. */
  readonly closings: number[] = [];
  private socket: Socket | undefined;
  private place: Place = {};
  private isOver = false;

  /** @param nextUrl where to connect to, asked anew for each attempt */
  constructor(
    private readonly token: string,
    private readonly nextUrl: () => string,
  ) {
    this.connect();
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.socket?.io.engine.close();
  }

  close(): void {
    this.isOver = true;
    this.socket?.disconnect();
  }

  private connect(): void {
    const socket = io(`${this.nextUrl()}/gateway`, {
      auth: { token: this.token, ...this.place },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    this.socket = socket;
    let isGone = false;
    const goOn = (): void => {
      if (isGone || this.isOver) return;
      isGone = true;
      setTimeout(() => this.connect(), TRY_AGAIN_MS * Math.random());
    };
    socket.onAny(
      (name: string, data: { session_id: string; content: string; code: number }, seq: string | undefined) => {
        if (seq !== undefined) this.place = { ...this.place, seq };
        if (name === 'READY') this.place = { session_id: data.session_id, ...(seq !== undefined && { seq }) };
        if (name === 'READY') this.starts += 1;
        if (name === 'RESUMED') this.resumes += 1;
        if (name === 'CLOSING') this.closings.push(data.code);
        if (name !== 'MESSAGE_CREATE') return;
        this.numbers.push(Number(data.content));
        this.places.push(String(seq));
      },
    );
    socket.on('disconnect', goOn);
    socket.on('connect_error', (error) => {
      const { data } = error as Error & { data?: { code: number } };
      if (data) this.refusals.push(data.code);
      goOn();
    });
  }
}
