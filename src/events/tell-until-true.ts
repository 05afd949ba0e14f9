import { isDeepStrictEqual } from 'node:util';

/**
 * Tells what something is by now, while others may be changing and telling it too.
 *
 * What is read may be old by the time that it is told, behind the event of who changed it meanwhile. So it is read again, and told again when it is
 * different: whoever changes it later tells it later.
 */
export async function tellUntilTrue<Value>(read: () => Promise<Value>, tell: (value: Value) => Promise<void>): Promise<void> {
  for (let told = await read(); ; ) {
    await tell(told);
    const now = await read();
    if (isDeepStrictEqual(now, told)) return;
    told = now;
  }
}
