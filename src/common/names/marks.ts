/*
 * Combining marks are stacked on the character before them without a limit, and reach over the lines above and below. UTS 39, section 5.4, names four
 * as the most that any language needs. Subjoined letters of Tibetan are marks too, and are stacked in words.
 */

const TOO_MANY = /(?:(?![\u0F90-\u0FBC])[\p{Mn}\p{Me}]){5}/u;

/** Returns whether a text has more than four combining marks in a row, counted in NFD. */
export const hasStackedMarks = (text: string): boolean => TOO_MANY.test(text.normalize('NFD'));
