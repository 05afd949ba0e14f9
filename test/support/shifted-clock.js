/*
 * Preloaded into a process (`NODE_OPTIONS=--require …`): the wall clock is CLOCK_SHIFT_MS milliseconds off, or as many as the file CLOCK_SHIFT_FILE
 * contains at the moment. Timers and `performance.now()` are not affected.
 */
const { readFileSync } = require('node:fs');

const RealDate = Date;
const { CLOCK_SHIFT_MS, CLOCK_SHIFT_FILE } = process.env;

const shiftMs = () => Number(CLOCK_SHIFT_FILE ? readFileSync(CLOCK_SHIFT_FILE, 'utf8') : CLOCK_SHIFT_MS);

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + shiftMs());
    else super(...values);
  }

  static now() {
    return RealDate.now() + shiftMs();
  }
};
